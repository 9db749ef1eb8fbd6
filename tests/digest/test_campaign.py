"""What a message alone says of the campaign that it answers."""

from collections.abc import Sequence

from digest.digest import Digest, digest_message
from mail.address import Domain
from mail.campaign import read_tag
from mail.raw import RawMessage
from mail.reply_address import ReplyKey, mint

KEY = ReplyKey("aa", b"0123456789abcdef")
OURS = "inbox@reply.acme.example"


def digested(
    *lines: str, rcpt: Sequence[str] | None = (OURS,), mail_from: str | None = "li@kunde.example"
) -> Digest:
    head = ["From: Li <li@kunde.example>", "Subject: Re: Our catalogue"]
    if lines[:1] == RETURNED[:1]:
        head = ["From: <mailer-daemon@kunde.example>", "Subject: Undelivered mail"]
        mail_from = ""
    content = "\r\n".join([*head, *lines]).encode()
    return digest_message(RawMessage(len(content), "", memory=content), mail_from, rcpt)


def claimed(*lines: str, rcpt: Sequence[str] | None = (OURS,)) -> tuple[str, str | None, str]:
    found = digested(*lines, rcpt=rcpt).campaign
    assert found is not None
    return found.id, found.recipient, found.how.value


def test_a_tag_in_the_recipient_says_campaign_and_recipient() -> None:
    found = claimed("", "Yes", rcpt=["reply+spring26.li.wei=kunde.example@reply.acme.example"])
    assert found == ("spring26", "li.wei@kunde.example", "address")


def test_a_recipient_may_be_whatever_the_sender_calls_them() -> None:
    found = claimed("", "Yes", rcpt=["Reply+Spring26.c1007@reply.acme.example"])
    assert found == ("Spring26", "c1007", "address")


def test_a_tag_in_delivered_to_counts_like_one_in_the_envelope() -> None:
    line = "Delivered-To: reply+spring26.li=kunde.example@reply.acme.example"
    assert claimed(line, "", "Yes")[2] == "address"


def test_a_tag_in_to_counts_where_the_envelope_is_not_known() -> None:
    line = "To: Acme <reply+spring26.li=kunde.example@reply.acme.example>"
    assert claimed(line, "", "Yes", rcpt=None)[0] == "spring26"


def test_a_private_plus_address_is_no_campaign() -> None:
    assert digested("To: anna+shop.berlin@gmail.example", "", "Yes").campaign is None
    assert digested("", "Yes", rcpt=["anna+shop.berlin@reply.acme.example"]).campaign is None


def test_gmails_mark_of_a_forward_is_no_campaign() -> None:
    rcpt = ["inbox+caf_=li=kunde.example@reply.acme.example"]
    assert digested("", "Yes", rcpt=rcpt).campaign is None


def test_a_ticket_systems_token_in_cc_is_no_campaign() -> None:
    assert digested("Cc: reply+AABBCC7@notes.example", "", "Yes").campaign is None


def test_a_signed_address_says_both_in_clear() -> None:
    minted = mint(KEY, Domain("reply.acme.example"), "spring26", "li@kunde.example")
    found = claimed("", "Yes", rcpt=[str(minted.address).upper()])
    assert found == ("spring26", "li@kunde.example", "address")


def test_a_handle_says_nothing_without_the_store() -> None:
    minted = mint(KEY, Domain("reply.acme.example"), "Frühling 26", "li@kunde.example")
    found = digested("", "Yes", rcpt=[str(minted.address)])
    assert found.campaign is None
    assert found.lineage.clues.addresses == (str(minted.address),)


def test_our_reply_address_in_the_quotation_says_what_is_answered() -> None:
    found = claimed(
        "",
        "We take 500.",
        "> From: Acme <news@acme.example>",
        "> Reply-To: reply+spring26.li=kunde.example@reply.acme.example",
        "> Our catalogue is out.",
    )
    assert found == ("spring26", "li@kunde.example", "quoted")


RETURNED = (
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
    "",
    "--b",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.kunde.example",
    "",
    "Final-Recipient: rfc822; li@kunde.example",
    "Action: failed",
    "Status: 5.1.1",
    "",
    "--b",
    "Content-Type: text/rfc822-headers",
    "",
    "Message-ID: <20261101.17@acme.example>",
    "X-Campaign-Id: spring26",
    "Reply-To: reply+spring26.li=kunde.example@reply.acme.example",
    "--b--",
)


def test_a_bounce_is_about_the_campaign_of_what_it_returns() -> None:
    assert claimed(*RETURNED) == ("spring26", "li@kunde.example", "quoted")


def test_a_bounce_gives_the_message_id_of_what_it_returns() -> None:
    assert "<20261101.17@acme.example>" in digested(*RETURNED).lineage.clues.quoted_ids


def test_a_label_of_the_returned_header_is_enough() -> None:
    without = [line for line in RETURNED if not line.startswith("Reply-To")]
    assert claimed(*without) == ("spring26", "li@kunde.example", "quoted")


def test_a_message_id_in_the_text_is_a_clue() -> None:
    found = digested("", "see below", "> Message-ID: <20261101.17@acme.example>")
    assert found.lineage.clues.quoted_ids == ("<20261101.17@acme.example>",)
    assert found.campaign is None


def test_common_mail_has_no_clues() -> None:
    found = digested("To: Acme <sales@acme.example>", "", "Over-ripe + green? 1+1=2 r-x@y")
    assert found.lineage.clues.addresses == ()
    assert found.lineage.clues.quoted_addresses == ()
    assert found.campaign is None


def test_a_tag_with_dots_has_several_readings() -> None:
    assert read_tag("reply+2026.spring.li=kunde.example@reply.acme.example") == (
        ("2026", "spring.li@kunde.example"),
        ("2026.spring", "li@kunde.example"),
    )


def test_a_text_full_of_plus_signs_is_read_in_time_that_grows_with_its_length() -> None:
    assert digested("", "+a" * 500_000 + "r-" * 500_000 + "essage-ID:" * 100_000).campaign is None
