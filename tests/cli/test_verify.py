"""`postern verify`: one message for a person, and many for a program."""

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import main

ZONES = """
bank.example: [{TXT: "v=spf1 ip4:192.0.2.1 -all"}]
_dmarc.bank.example: [{TXT: "v=DMARC1; p=reject"}]
slow.example: [{TXT: TIMEOUT}]
_dmarc.slow.example: [{TXT: "v=DMARC1; p=reject"}]
_dmarc.wary.example: [{TXT: "v=DMARC1; p=quarantine"}]
"""
GOOD, BAD = "192.0.2.1", "192.0.2.9"


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration but the defaults, and a name of our own."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("POSTERN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("POSTERN_HOSTNAME", "mx.reply.example")
    (tmp_path / "zones.yaml").write_text(ZONES)


def message(domain: str = "bank.example", end: str = "\r\n") -> bytes:
    lines = [f"From: Li <li@{domain}>", "Subject: hello", "", "at noon?", ""]
    return end.join(lines).encode()


def verify(content: bytes, ip: str, sender: str = "li@bank.example", *more: str) -> int:
    Path("message.eml").write_bytes(content)
    words = ["verify", "message.eml", "--ip", ip, "--helo", "mx.bank.example"]
    return main([*words, "--mail-from", sender, "--dns", "zones.yaml", *more])


@pytest.mark.parametrize(
    ("domain", "ip", "status"),
    [
        ("bank.example", GOOD, 0),
        ("bank.example", BAD, 1),
        ("slow.example", BAD, 3),
        ("wary.example", BAD, 0),
        ("nobody.example", BAD, 0),
    ],
)
def test_exit_status_says_what_would_be_done(domain: str, ip: str, status: int) -> None:
    assert verify(message(domain), ip, f"li@{domain}") == status


def test_a_person_reads_what_was_checked_found_answered_and_why(
    capsys: pytest.CaptureFixture[str],
) -> None:
    verify(message(), BAD)
    shown = capsys.readouterr().out
    for line in (
        "Author  bank.example",
        "SPF     fail",
        "DKIM    none",
        "DMARC   fail      neither SPF nor DKIM passed",
        "record of bank.example, so the policy is reject: v=DMARC1; p=reject",
        "Answer  550 5.7.26 Unauthenticated email from bank.example is not accepted",
        "Rule    dmarc-reject",
        "Why     The author's domain asks",
        "Authentication-Results: mx.reply.example; spf=fail",
    ):
        assert line in shown


def test_json_has_the_form_that_the_log_keeps(capsys: pytest.CaptureFixture[str]) -> None:
    verify(message(), BAD, "li@bank.example", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"]["code"] == 550
    assert answer["dmarc"]["policy_domain"] == "bank.example"


def test_a_file_with_unix_line_ends_is_taken_as_smtp_would_bring_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verify(message(end="\n"), GOOD) == 0
    assert "LF alone; taken as CRLF" in capsys.readouterr().err


def test_a_message_may_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(message())))
    words = ["verify", "-", "--ip", BAD, "--mail-from", "<li@bank.example>", "--dns", "zones.yaml"]
    assert main(words) == 1


def test_the_null_sender_is_an_empty_word(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(message("nobody.example"), GOOD, "") == 0
    assert "helo mx.bank.example" in capsys.readouterr().out


def test_a_postmaster_is_never_refused() -> None:
    assert verify(message(), BAD, "li@bank.example", "--rcpt", "postmaster") == 0
    assert verify(message(), BAD, "li@bank.example", "--rcpt", "postmaster@reply.example") == 0
    assert verify(message(), BAD, "li@bank.example", "--rcpt", "li@reply.example") == 1


def test_settings_of_the_server_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTERN_VERIFY__ENFORCE", "monitor")
    assert verify(message(), BAD) == 0
    monkeypatch.setenv("POSTERN_VERIFY__ENFORCE", "authenticated")
    assert verify(message("nobody.example"), BAD, "li@nobody.example") == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["message.eml", "--mail-from", "x@y.example"], "--ip is missing"),
        (["message.eml", "--ip", GOOD], "--mail-from is missing"),
        (["--ip", GOOD, "--mail-from", ""], "MESSAGE is missing"),
        (["gone.eml", "--ip", GOOD, "--mail-from", ""], "gone.eml: No such file"),
        (["message.eml", "--ip", GOOD, "--mail-from", "a b"], "--mail-from 'a b': it has no @"),
        (
            ["message.eml", "--ip", GOOD, "--mail-from", "", "--dns", "broken.yaml"],
            "broken.yaml",
        ),
    ],
)
def test_wrong_use_is_one_line(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("message.eml").write_bytes(message())
    Path("broken.yaml").write_text("bank.example: [{TYT: x}]")
    assert main(["verify", *words]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert complaint in lines[0]


def test_an_address_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["verify", "message.eml", "--ip", "300.1.1.1", "--mail-from", ""])
    assert stopped.value.code == 2
    assert "'300.1.1.1' is not an IP address" in capsys.readouterr().err


def request(number: Any, domain: str = "bank.example", **changes: Any) -> dict[str, Any]:
    found = {
        "id": number,
        "message_b64": base64.b64encode(message(domain)).decode(),
        "ip": BAD,
        "helo": "mx.bank.example",
        "mail_from": f"li@{domain}",
        "rcpt": ["wu@reply.example"],
        "dns": {f"_dmarc.{domain}": [{"TXT": "v=DMARC1; p=reject"}]},
        **changes,
    }
    return {key: value for key, value in found.items() if value is not ...}


def batch(*lines: str) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "verify", "--batch"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_batch_answers_in_order_in_the_agreed_form() -> None:
    numbers: list[Any] = [3, "two", None, {"a": [1]}, 1.5, True, *range(40)]
    answers = batch(*(json.dumps(request(number)) for number in numbers))
    assert [one["id"] for one in answers] == numbers
    first = answers[0]
    assert first["spf"].keys() >= {"result", "domain", "identity", "reason"}
    assert first["dkim"][0].keys() >= {"result", "domain", "selector", "algorithm", "reason"}
    assert first["arc"].keys() >= {"result", "reason", "sealers", "trusted"}
    expected = {"result": "fail", "domain": "bank.example", "policy_domain": "bank.example"}
    assert first["dmarc"].items() >= {**expected, "policy": "reject"}.items()
    assert first["iprev"].keys() >= {"result", "name"}
    assert first["verdict"].items() >= {
        "action": "reject",
        "code": 550,
        "enhanced": "5.7.26",
        "rule": "dmarc-reject",
        "override": None,
    }.items()  # fmt: skip
    assert first["authentication_results"].startswith("mx.reply.example; spf=none ")


def test_batch_asks_only_the_zone_of_each_request() -> None:
    strict = {"_dmarc.bank.example": [{"TXT": "v=DMARC1; p=reject"}]}
    zones = [strict, {}, {"_dmarc.bank.example": ["TIMEOUT"]}, strict]
    answers = batch(*(json.dumps(request(n, dns=dns)) for n, dns in enumerate(zones)))
    assert [one["verdict"]["code"] for one in answers] == [550, 250, 451, 550]


@pytest.mark.parametrize("blank", ["", "   "])
def test_batch_skips_blank_lines(blank: str) -> None:
    answers = batch(blank, json.dumps(request(1)), blank, json.dumps(request(2)))
    assert [one["id"] for one in answers] == [1, 2]


WRONG: list[tuple[str, Any, str]] = [
    ("junk", None, "Expecting value"),
    ("[1, 2]", None, "a request is a JSON object"),
    ("[" * 100_000, None, "recursion"),
    (json.dumps(request(1, message_b64=...)), 1, "message_b64 must be a text"),
    (json.dumps(request(2, message_b64="%%%")), 2, "message_b64 is not base64"),
    (json.dumps(request(3, message_b64="aGVsbG8")), 3, "message_b64 is not base64"),
    (json.dumps(request(4, ip="300.0.0.1")), 4, "300.0.0.1"),
    (json.dumps(request(5, ip=...)), 5, "ip must be a text"),
    (json.dumps(request(6, ip=1)), 6, "ip must be a text"),
    (json.dumps(request(7, mail_from="nobody")), 7, "mail_from: it has no @"),
    (json.dumps(request(8, mail_from="a@b\r\nRSET")), 8, "mail_from: "),
    (json.dumps(request(9, mail_from=["x"])), 9, "mail_from must be a text"),
    (json.dumps(request(10, rcpt="x@y.example")), 10, "rcpt must be a list"),
    (json.dumps(request(11, rcpt=[5])), 11, "rcpt must be text"),
    (json.dumps(request(12, dns=[])), 12, "dns an object"),
    (json.dumps(request(13, dns={"x.example": [{"TYT": "x"}]})), 13, "TYT"),
    (json.dumps(request(14, helo=7)), 14, "helo must be a text"),
    (json.dumps(request(15, mail_from="\ud800@b.example")), 15, "mail_from: "),
]


def test_batch_says_what_is_wrong_with_a_request_and_goes_on() -> None:
    lines = [line for line, _, _ in WRONG]
    answers = batch(*lines, json.dumps(request("last")))
    assert answers[-1]["verdict"]["code"] == 550
    for answer, (_, number, complaint) in zip(answers, WRONG, strict=False):
        assert answer.keys() == {"id", "error"}
        assert answer["id"] == number
        assert complaint in answer["error"], answer


def test_batch_takes_senders_that_only_other_servers_let_in() -> None:
    odd = ["@bank.example", "Macro Error@bank.example", "x@A..example", "a@b@bank.example"]
    answers = batch(*(json.dumps(request(n, mail_from=sender)) for n, sender in enumerate(odd)))
    assert all("error" not in one for one in answers)
    assert answers[2]["spf"]["result"] == "none"


def test_batch_keeps_bytes_as_they_are() -> None:
    unix = base64.b64encode(message(end="\n")).decode()
    assert batch(json.dumps(request(1, message_b64=unix)))[0]["dmarc"]["domain"] == "bank.example"


def conversation() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "verify", "--batch"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as process:
        yield process


def test_batch_answers_each_line_before_the_next_is_sent() -> None:
    for process in conversation():
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(json.dumps(request(number)) + "\n")
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait() == 0


@pytest.mark.parametrize(
    "sender",
    [
        '"x; dkim=pass header.d=bank.example"@evil.example',
        "x\u2028y@evil.example",
        '"a\\"b"@c.example',
    ],
)
def test_strangers_words_stay_out_of_texts_reasons_and_results(sender: str) -> None:
    answer = batch(json.dumps(request(1, mail_from=sender)))[0]
    for text in (
        answer["verdict"]["text"],
        *answer["verdict"]["reasons"],
        answer["spf"]["reason"],
        answer["authentication_results"],
    ):
        assert text.isprintable()
        assert text.isascii()
    assert "dkim=pass" not in answer["authentication_results"]


def test_a_refused_message_comes_with_what_its_sender_can_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    verify(message(), BAD)
    text = capsys.readouterr().out
    assert "What the sender can do:" in text
    assert f'bank.example. IN TXT "v=spf1 ip4:{BAD} ip4:192.0.2.1 -all"' in text
    verify(message(), GOOD)
    assert "What the sender can do" not in capsys.readouterr().out
