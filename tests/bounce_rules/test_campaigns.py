"""What is said of samples of mailings."""

from pathlib import Path

import pytest

from bounce_rules.campaigns.check import Level, check_sample
from bounce_rules.campaigns.personal import personal_domains, read_personal
from mail.address import Domain
from mail.errors import SettingsProblem
from mail.message import parse_message
from mail.raw import RawMessage
from mail.reply_address import ReplyKey, mint
from web import i18n

KEY = ReplyKey("aa", b"0123456789abcdef")
DOMAINS = ("reply.acme.example",)
SIGNED = str(mint(KEY, Domain("reply.acme.example"), "spring26", "li@kunde.example").address)
GOOD = {
    "From": "Acme <news@acme.example>",
    "Reply-To": f'"Sales, Acme" <{SIGNED}>',
    "Message-ID": "<1@acme.example>",
    "DKIM-Signature": "v=1; a=rsa-sha256; d=mail.Acme.example; s=x; h=from; bh=; b=",
    "List-Unsubscribe": "<https://acme.example/u/1>, <mailto:u@acme.example>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}


def found(keys: tuple[ReplyKey, ...] | None = (KEY,), **changed: str | None) -> dict[str, Level]:
    fields = GOOD | {name.replace("_", "-"): value for name, value in changed.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    message = parse_message(RawMessage.in_memory(f"{head}\r\nHello".encode()))
    return {one.code: one.level for one in check_sample(message, DOMAINS, keys)}


def test_a_good_sample_has_nothing_bad() -> None:
    assert found() == {
        "aligned": Level.GOOD,
        "reply_to_signed": Level.GOOD,
        "message_id": Level.GOOD,
        "unsubscribe": Level.GOOD,
    }


def test_reply_to_outside_of_our_domains_loses_answers() -> None:
    assert found(Reply_To="sales@elsewhere.example")["reply_to_outside"] is Level.BAD


def test_a_personal_mailbox_as_reply_to_can_get_listed() -> None:
    assert found(Reply_To="Wang <wang@QQ.com>")["reply_to_personal"] is Level.BAD


def test_without_reply_to_answers_go_to_the_author() -> None:
    assert found(Reply_To=None)["no_reply_to"] is Level.BAD
    author = found(Reply_To=None, From=f"Acme <{SIGNED}>", DKIM_Signature=None)
    assert author["reply_to_signed"] is Level.GOOD


def test_one_of_several_reply_addresses_may_be_outside() -> None:
    codes = found(Reply_To=f"<{SIGNED}>, <boss@acme.example>")
    assert codes["reply_to_signed"] is Level.GOOD
    assert codes["reply_to_outside"] is Level.BAD


def test_a_signature_that_no_key_of_ours_made_is_found() -> None:
    other = mint(ReplyKey("aa", b"another key here"), Domain("reply.acme.example"), "c", "a@b.c")
    assert found(Reply_To=str(other.address))["reply_to_forged"] is Level.BAD
    assert found(None, Reply_To=str(other.address))["reply_to_signed"] is Level.GOOD


def test_a_plain_address_of_ours_says_nothing_and_a_tagged_one_does() -> None:
    assert found(Reply_To="in@reply.acme.example")["reply_to_plain"] is Level.WARN
    tagged = "reply+spring26.li=kunde.example@reply.acme.example"
    assert found(Reply_To=tagged)["reply_to_tagged"] is Level.GOOD


def test_an_author_that_nothing_can_prove_is_found() -> None:
    assert found(DKIM_Signature="v=1; d=esp.example; s=x")["not_aligned"] is Level.BAD
    assert found(DKIM_Signature="v=1; d=notacme.example; s=x")["not_aligned"] is Level.BAD
    assert found(DKIM_Signature=None)["unsigned"] is Level.WARN
    assert found(From="Acme <acme@gmail.com>")["from_personal"] is Level.BAD
    assert found(From=None)["no_from"] is Level.BAD
    assert found(From="a@acme.example, b@other.example")["several_from"] is Level.BAD


def test_a_message_id_must_be_there_and_well_formed() -> None:
    assert found(Message_ID=None)["no_message_id"] is Level.BAD
    assert found(Message_ID="4711")["bad_message_id"] is Level.BAD


def test_unsubscribing_should_take_one_click() -> None:
    assert found(List_Unsubscribe=None)["no_unsubscribe"] is Level.WARN
    assert found(List_Unsubscribe_Post=None)["no_one_click"] is Level.WARN
    assert found(List_Unsubscribe="<mailto:u@acme.example>")["no_one_click"] is Level.WARN


@pytest.mark.parametrize("sample", [b"", b"\r\n\r\n", b"no header", b"\x00\xff" * 5000])
def test_what_is_no_message_is_told_like_one(sample: bytes) -> None:
    findings = check_sample(parse_message(RawMessage.in_memory(sample)), DOMAINS, ())
    assert {one.code for one in findings} >= {"no_from", "no_message_id"}


def test_every_finding_has_its_sentences_and_every_sentence_its_finding() -> None:
    source = Path(check_sample.__code__.co_filename).read_text("utf-8")
    keys = {key.split(".")[1] for key in i18n.catalogue("en") if key.startswith("sample.")}
    assert {key for key in keys if f'"{key}"' not in source} == set()


def test_personal_domains_are_data_with_a_source(tmp_path: Path) -> None:
    assert {"gmail.com", "qq.com", "163.com", "yandex.ru"} <= personal_domains()
    file = tmp_path / "personal.toml"
    file.write_text('[[provider]]\nname = "X"\ndomains = ["x.example"]\n', "utf-8")
    with pytest.raises(SettingsProblem, match="confidence"):
        read_personal(file)
