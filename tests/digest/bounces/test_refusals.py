"""What refusals mean, in the words of many servers; and rule files that are wrong."""

from pathlib import Path

import pytest

from digest.bounce.kinds import meaning_of, status_of
from digest.bounce.rules import FOLDER, load, shipped_rules
from mail.errors import SettingsProblem

REFUSALS = [
    ("550 5.1.8 <a@b.example>: Sender address rejected: Domain not found", "policy"),
    ("450 4.1.8 <a@b.example>: Sender address rejected: Domain not found", "policy"),
    (
        "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: cannot find your reverse hostname",
        "policy",
    ),
    ("550 5.7.1 Your account has exceeded the sending limit", "soft"),
    ("554 5.7.1 Spam message rejected", "blocked"),
    ("550 5.7.1 Message rejected due to unacceptable content", "blocked"),
    ("550 5.7.0 Blocked attachment type .exe", "policy"),
    (
        "421 4.7.0 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail originating from your IP address.",
        "soft",
    ),
    (
        "550-5.7.1 Our system has detected an unusual rate of 550-5.7.1 unsolicited mail originating from your IP address.",
        "blocked",
    ),
    ("550 5.7.1 Unable to relay", "policy"),
    ("550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", "policy"),
    ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", "policy"),
    ("550 5.6.0 Lone CR or LF in headers", "policy"),
    ("550 5.4.4 Invalid domain name", "hard"),
    ("550 5.4.4 [internal] Domain Lookup Failed", "soft"),
    ("451 4.7.1 Greylisting in action, please come back in 00:04:59", "soft"),
    (
        "451 4.7.651 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation.",
        "blocked",
    ),
    ("550 5.1.1 Mailbox unavailable", "hard"),
    (
        "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents",
        "soft",
    ),
    ("552 5.2.3 Message exceeds local size limit", "policy"),
    ("550 5.7.26 This mail has been blocked because the sender is unauthenticated.", "policy"),
    ("550 5.7.15 ... suspected spam", "blocked"),
    ("550 High probability of spam", "blocked"),
    ("554 5.7.1 [CS] Message blocked. Please visit Zimbra", "blocked"),
    ("535 5.7.8 Authentication credentials invalid", "policy"),
    ("553 5.3.0 <a@b.example>... Addressee unknown, relay=[192.0.2.1]", "hard"),
    (
        "550 <a@b.example>: Recipient address rejected: User unknown in local recipient table",
        "hard",
    ),
    ("550 sorry, no mailbox here by that name. (#5.7.17)", "hard"),
    ("550 Account blocked", "hard"),
    (
        "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.",
        "blocked",
    ),
    ("554 Email rejected due to security policies - MCSpamSignature.x.x", "blocked"),
    ("554 Denied (Mode: normal)", "soft"),
    ("550 IP Reputation rejected", "blocked"),
    ("550 Message rejected because of unacceptable content", "blocked"),
    ("552 5.2.0 sender rejected AUP#CDRBL", "blocked"),
    (
        "554 resimta-po-01v.sys.comcast.net comcast 192.0.2.1 Comcast block for spam. Please see ...",
        "blocked",
    ),
    ("550 5.2.1 Administrative prohibition", "policy"),
    ("550 5.5.4 Invalid argument", "policy"),
    ("421 Service not available, closing transmission channel", "soft"),
    ("450 4.2.1 The user is receiving mail too quickly", "soft"),
    ("550 relay not permitted", "policy"),
    ("550 Verification failed for <a@b.example>", "policy"),
    ("550 unrouteable address", "hard"),
    ("554 5.4.0 Error: too many hops", "policy"),
    ("550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", "hard"),
    ("501 5.1.8 Domain of sender address does not exist", "policy"),
    ("550 4.4.7 QUEUE.Expired; message expired", "soft"),
    ("550 Blocked: recipient has blocked your address", "policy"),
    ("510 5.1.1 Addressee unknown", "hard"),
    ("550 5.1.1 User is disabled", "hard"),
    ("554 5.7.1 <a@b.example>: Recipient address rejected: Access denied", "policy"),
    ("550 permanent failure for one or more recipients (a@b.example:blocked)", "blocked"),
    ("554 mail server permanently rejected message (#5.3.0)", "soft"),
    ("554 5.6.1 Body type not supported by Remote Host", "policy"),
    ("557 5.7.1 sender denied", "policy"),
    ("550 5.0.1 Recipient rejected", "hard"),
    ("550 Rejected by recipient policy", "policy"),
    ("523 the message size exceeds the recipient's size limit", "policy"),
    ("550 RBL restriction: zen.example", "blocked"),
    ("553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", "policy"),
    ("553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)", "blocked"),
    (
        "554 delivery error: dd Sorry your message to a@yahoo.example cannot be delivered. This account has been disabled or discontinued [#102].",
        "hard",
    ),
    ("550 User email address is marked as invalid", "hard"),
    ("550 mailbox a@b.example is restricted", "policy"),
    ("550 This account is not allowed to receive mail", "policy"),
    ("550 host mx.azienda.example not found", "hard"),
    ("553 azienda.example does not exist", "hard"),
    ("Name service error for azienda.example: Host not found, try again", "soft"),
    ("Sorry, I could not find a mail exchanger or IP address. (#5.4.4)", "hard"),
    ("550 an MX or SRV record indicated no SMTP service", "hard"),
    ("550 This server does not accept mail from dynamic IP addresses", "blocked"),
    ("550 5.7.0 Use the SMTP server of your ISP", "blocked"),
    ("550 5.7.1 192.0.2.10 listed by zen.example", "blocked"),
    ("550 SC-001 Mail from 192.0.2.10 was rejected", "blocked"),
    ("550 5.7.1 refused as bulk mail", "blocked"),
    ("550 Turn on SMTP authentication in your mail program", "policy"),
    ("554 The email address is not verified in this region", "policy"),
    ("500 Line limit exceeded", "policy"),
    ("550 the user has too many messages on the server", "quota"),
    ("550 5.2.3 the maildir has overdrawn its diskspace quota", "quota"),
    ("Resources unavailable (#4.1.9); this message has been in the queue too long", "soft"),
    ("550 5.3.0 internal system error", "soft"),
    ("554 Rcpt <a@b.example> does not exist", "hard"),
    ("550 a@b.example...User unknown", "hard"),
    ("450 service permits no unverifiable sending hosts", "policy"),
    ("554 5.7.1 <pool.b.example[192.0.2.1]>: Client host rejected: no mail exchanger", "blocked"),
    ("550 You use a mass mailer here", "blocked"),
    ("421 4.3.2 Trop de connexions depuis votre serveur. OFR004_104 [104]", "soft"),
    ("550 5.5.0 OFR004_104", "soft"),
    ("550 5.1.1 LPN204_416", "hard"),
    ("554 Service refuse. LPN007_510", "blocked"),
    ("554 Zu viele Verbindungen von Ihrem Rechner", "soft"),
    ("550 您的服务器连接过多", "soft"),
    ("421 接続数が上限を超えました", "soft"),
    ("421 Too many connections for a host of poor reputation", "blocked"),
    ("DNS query error（域名解析超时），请稍后再试", "soft"),
    ("DNS lookup of b.example timed out", "soft"),
    ("域名没有MX记录", "hard"),
    ("Kein MX-Eintrag gefunden", "hard"),
    ("552 mailbox over quota）。请稍后再试", "quota"),
    ("550 5.6.0 <a@b.example>: Recipient address rejected: what is this?", "policy"),
]


@pytest.mark.parametrize(("words", "kind"), REFUSALS)
def test_a_refusal_means_what_it_says(words: str, kind: str) -> None:
    assert meaning_of(status_of("", words), words).kind == kind


def test_a_refusal_of_unknown_meaning_asks_a_person() -> None:
    words = "550 Mailbox unavailable or access denied [MGX IP: 192.0.2.10]"
    meaning = meaning_of(status_of("", words), words)
    assert (meaning.kind, meaning.why[-1]) == ("soft", "ask-after-three")


def test_a_reply_without_an_enhanced_code_has_no_status() -> None:
    for field, words, expected in [
        ("", "550 No such user", None),
        ("550", "550 No such user", None),
        ("", "421 Too busy", None),
        ("5.0.0", "550 No such user", "5.0.0"),
        ("5.0.0", "550 5.1.1 No such user", "5.1.1"),
        ("", "550 5.7.1 Refused", "5.7.1"),
    ]:
        assert status_of(field, words) == expected


def test_a_temporary_reply_is_never_hard() -> None:
    assert meaning_of("4.1.1", "450 4.1.1 user unknown").kind == "soft"


def test_what_is_unknown_before_a_recipient_was_named_is_ours() -> None:
    words = "550 5.0.0 Invalid domain name"
    for told, kind in [
        ("in reply to MAIL FROM command", "policy"),
        ("Connected to 192.0.2.1 but my name was rejected.", "policy"),
        ("in reply to RCPT TO command", "hard"),
        (">>> MAIL FROM:<a@b.example>\n>>> RCPT TO:<c@d.example>", "hard"),
    ]:
        assert meaning_of("5.0.0", words, told=told).kind == kind


def test_a_person_may_be_called_spam() -> None:
    words = "550 5.1.1 <spam.full@quota.example>: no such user"
    assert meaning_of("5.1.1", words).kind == "hard"


def _copied(folder: Path) -> Path:
    for file in FOLDER.glob("*.toml"):
        (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    return folder


RULE = """
[[rule]]
name = "odd"
kind = "hard"
text = ["quite odd words"]
source = "us"
checked_on = 2026-11-21
confidence = "high"
case = "550 quite odd words"
"""


def test_a_rule_can_be_added(tmp_path: Path) -> None:
    folder = _copied(tmp_path)
    (folder / "ours.toml").write_text(RULE, "utf-8")
    assert len(load(folder).providers) == len(shipped_rules().providers) + 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('kind = "hard"', 'kind = "dead"', "dead"),
        ('text = ["quite odd words"]', "", "text or pattern"),
        ('text = ["quite odd words"]', 'text = ["a"]', "too short"),
        ('text = ["quite odd words"]', 'pattern = "("', "unterminated"),
        ('source = "us"', "", "source"),
        ('source = "us"', 'source = "us"\nodd = 1', "odd"),
        ('case = "550 quite odd words"', 'case = "550 other words"', "is decided by"),
        ("[[rule]]", "[[rule", "cannot be read"),
    ],
)
def test_a_rule_that_is_wrong_is_refused(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    folder = _copied(tmp_path)
    (folder / "ours.toml").write_text(RULE.replace(before, after), "utf-8")
    with pytest.raises(SettingsProblem, match=said):
        load(folder)
