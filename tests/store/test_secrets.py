import base64
from pathlib import Path

import pytest

from mail.errors import StoreProblem
from store.secrets import SecretBox


def test_what_is_sealed_opens_again(tmp_path: Path) -> None:
    box = SecretBox(tmp_path / "sub" / "keys")
    for secret in ("", "hunter2", "密码 🔑", "x" * 10_000):
        assert box.open(box.seal(secret, "A1"), "A1") == secret


def test_equal_secrets_look_different(tmp_path: Path) -> None:
    box = SecretBox(tmp_path / "keys")
    assert box.seal("hunter2", "A1") != box.seal("hunter2", "A1")
    assert b"hunter2" not in box.seal("hunter2", "A1")


def test_a_seal_belongs_to_its_account(tmp_path: Path) -> None:
    box = SecretBox(tmp_path / "keys")
    with pytest.raises(StoreProblem, match="belongs to another account"):
        box.open(box.seal("hunter2", "A1"), "A2")


def test_any_altered_octet_is_noticed(tmp_path: Path) -> None:
    box = SecretBox(tmp_path / "keys")
    sealed = box.seal("hunter2", "A1")
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(StoreProblem):
            box.open(bytes(altered), "A1")
    for length in range(len(sealed)):
        with pytest.raises(StoreProblem):
            box.open(sealed[:length], "A1")


def test_the_key_file_is_its_owners_alone_and_shared_by_all_who_use_it(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    sealed = SecretBox(file).seal("hunter2", "A1")
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]
    assert SecretBox(file).open(sealed, "A1") == "hunter2"


def test_a_new_key_seals_while_the_old_one_still_opens(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    old = SecretBox(file).seal("old", "A1")
    fresh = base64.b64encode(bytes(32)).decode()
    file.write_text(file.read_text() + f"00000001 {fresh}\n")
    box = SecretBox(file)
    new = box.seal("new", "A1")
    assert (box.open(old, "A1"), box.open(new, "A1")) == ("old", "new")
    assert new[1:5] == bytes.fromhex("00000001")
    file.write_text(f"00000001 {fresh}\n")
    with pytest.raises(StoreProblem, match="bring that file back"):
        SecretBox(file).open(old, "A1")


@pytest.mark.parametrize("content", ["", "rubbish\n", "zz xx\n", "00000001 AAAA\n", "密\n"])
def test_a_damaged_key_file_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys"
    file.write_text(content)
    with pytest.raises(StoreProblem, match="key file"):
        SecretBox(file).seal("hunter2", "A1")
    assert file.read_text() == content


def test_reply_keys_come_from_the_file_and_are_not_its_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    keys = SecretBox(file).reply_keys()
    assert keys == SecretBox(file).reply_keys()
    assert base64.b64decode(file.read_text().split()[1]) != keys[0].secret
    assert repr(keys[0].secret) not in repr(keys[0])


def test_an_added_key_is_seen_by_those_who_run(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    running = SecretBox(file)
    old = running.seal("old", "A1")
    (first,) = running.reply_keys()
    SecretBox(file).add_key()
    assert running.reply_keys()[0] == first
    assert len({key.name for key in running.reply_keys()}) == 2
    new = running.seal("new", "A1")
    assert new[1:5] != old[1:5]
    assert (running.open(old, "A1"), running.open(new, "A1")) == ("old", "new")
    assert file.stat().st_mode & 0o777 == 0o600
