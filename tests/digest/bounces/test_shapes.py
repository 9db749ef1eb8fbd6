"""Reports in shapes that no standard knows; each of them has to be read."""

from digest.bounce.prose import refusal
from tests.digest.bounces.reports import Case, mail, original, part, returned, status_of
from tests.digest.messages import json_of

_TO = "m.rossi@azienda.example"
_ID = "<sent-1@acme.example>"
_DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.relay.example>"
_REPORT = "multipart/report; report-type=delivery-status"


def _told(name: str, text: str, kind: str, **more: str) -> Case:
    subject, sender = more.get("subject", "Delivery failure"), more.get("sender", _DAEMON)
    raw = mail(sender, subject, f"{text}\n\n{original(_TO, _ID)}")
    if "path" in more:
        raw = raw.replace(b"Return-Path: <>", f"Return-Path: {more['path']}".encode())
    envelope = more.get("mail_from", "")
    return Case(
        name,
        raw,
        kind,
        _TO,
        None,
        _ID,
        more.get("keeps") != "trying",
        mail_from=None if envelope == "unknown" else envelope,
    )


def _fields(name: str, status: str, words: str, kind: str) -> Case:
    parts = [
        part(f"Your message was not delivered to {_TO}.\n"),
        part(status_of(_TO, status, words), "message/delivery-status"),
        returned(_TO, _ID),
    ]
    return Case(name, mail(_DAEMON, "Undelivered Mail", parts, _REPORT), kind, _TO, None, _ID)


def _broken_boundary() -> Case:
    parts = [
        part("Nobody of that name is here.\n"),
        part(f"{status_of(_TO)}\n--another=boundary\n\n{original(_TO, _ID)}", "message/x-report"),
    ]
    parts[1] = parts[1].replace(b"message/x-report", b"message/delivery-status")
    return Case("boundary", mail(_DAEMON, "Undelivered", parts, _REPORT), "hard", _TO, None, _ID)


def _header_as_a_part() -> Case:
    content = f"The following address failed:\n\n{_TO} [User unknown]\n"
    parts = [part(content), original(_TO, _ID).encode()]
    raw = mail(_DAEMON, "Returned Mail: User unknown", parts, "multipart/mixed")
    return Case("header-as-a-part", raw, "hard", _TO, None, _ID)


CASES = [
    _fields(
        "gmail-no-domain",
        "4.0.0",
        "smtp; DNS Error: 4711 DNS type 'mx' lookup of azienda.example responded with code NXDOMAIN",
        "hard",
    ),
    _fields("null-mx", "4.0.0", "smtp; azienda.example doesn't receive email (null MX)", "hard"),
    _fields("no-route", "5.4.4", "", "hard"),
    _fields(
        "gateway-title",
        "5.1.0",
        "smtp; 5.1.0 - Unknown address error 550-'access denied'",
        "policy",
    ),
    _broken_boundary(),
    _header_as_a_part(),
    _told(
        "from-nobody",
        f"   ----- These addresses had fatal errors -----\n<{_TO}>\n    (reason: 550 5.1.1 unknown)\n"
        "\n   ----- Message header follows -----",
        "hard",
        sender="<>",
        subject="Returned mail: see transcript for details",
        mail_from="unknown",
    ),
    _told(
        "sendmail-path",
        f"****** InterScan ******\n\nSent <<< RCPT TO:<{_TO}>\nReceived >>> 550 5.1.1 unknown user.\n\n"
        f"Unable to deliver message to <{_TO}>.",
        "hard",
        sender="imss@gate.azienda.example",
        subject="Mail could not be delivered",
        path="<MAILER-DAEMON@gate.azienda.example>",
        mail_from="unknown",
    ),
    _told(
        "own-words",
        f"Your message to {_TO} has reached us, but this address is wrong or no longer valid.\n\n"
        "A summary of the undelivered message you sent follows:\n--------------\n"
        f"Subject: An offer\nFrom: news@acme.example\nTo: {_TO}\n\nYou are not allowed to post.",
        "hard",
        subject=f"Your message to {_TO} could not be delivered.",
    ),
    _told(
        "just-a-warning",
        f"Your message to:\n\t{_TO}\n\nhas not yet been delivered because the other server is silent.\n"
        "This is just a warning. We will continue to attempt delivery for 5 days.",
        "soft",
        subject="Warning: message has not yet been delivered",
        path="<MAILER-DAEMON@mx.relay.example>",
        mail_from="unknown",
        keeps="trying",
    ),
    _told(
        "virus-scanner",
        f"Your message with the subject An offer\ncould not be delivered to the following:\n\n{_TO}\n\n"
        "Please do not send it again. Delivery attempts will continue to be made for 5 days.",
        "soft",
        sender="Symantec_Mail_Security@gate.azienda.example",
        subject="Delivery failure notification",
        keeps="trying",
    ),
    _told(
        "local-mailer",
        "   ----- Transcript of session follows -----\nmail.local: unknown user: m.rossi\n"
        f"554 <{_TO}>... Service unavailable",
        "hard",
        subject="Returned mail: see transcript for details",
    ),
    _told(
        "nobody-through-a-list",
        f"Your mail cannot be delivered to the following address(es):\n\n {_TO}: mail box full",
        "quota",
        subject="Mail Error",
        sender='"Jet System" <>',
        path="<list-admin@acme.example>",
        mail_from="unknown",
    ),
    _told(
        "mdaemon",
        f"{_TO} - no such user here.\n\nThere is no user by that name at this server.",
        "hard",
        sender="MDaemon@mail.azienda.example",
        subject=f"Warning: {_TO} - User unknown!",
        mail_from="mdaemon@mail.azienda.example",
    ),
]


_ONLY_TOLD = [
    (
        "german-delay",
        "Warnung: Angebot - Zustellung verzögert",
        f"Diese Mail wurde noch nicht zugestellt, der Server versucht es weiter:\n\nAn: {_TO}\nID: {_ID}\n",
        ("soft", False),
    ),
    (
        "spanish-qmail",
        "failure notice",
        f"<{_TO}>:\nAqui no hay ningun buzon con ese nombre.\n\nID del mensaje: {_ID}\n",
        ("hard", True),
    ),
    (
        "event",
        "Bounce notification: An offer",
        f"Event: bounce\nEmail: {_TO}\nReason: bad_mailbox\nMessage : {_ID}\n",
        ("hard", True),
    ),
    (
        "italian-virus",
        "Rifiuto",
        f"Il messaggio per {_TO} conteneva un virus e non è stato consegnato.\nID: {_ID}\n",
        ("blocked", True),
    ),
]


def test_reports_that_only_tell_are_read() -> None:
    for name, subject, text, (kind, permanent) in _ONLY_TOLD:
        told = json_of(mail(_DAEMON, subject, text), "")["bounce"]
        assert told is not None, name
        said = told["kind"], told["permanent"], told["recipient"], told["original_message_id"]
        assert said == (kind, permanent, _TO, _ID), name


def test_a_mailing_list_that_keeps_mail_out_is_what_failed() -> None:
    for text in [
        "You are not allowed to post to this list, and it has been automatically rejected.\n",
        "Your posting was rejected by the list moderator, because only members may post.\n"
        "Questions go to wood-owner@lists.example.\n",
    ]:
        raw = mail("wood-bounces@lists.example", "Our offer for spring", text)
        told = json_of(raw, "wood-bounces@lists.example")["bounce"]
        assert (told["kind"], told["recipient"]) == ("policy", "wood@lists.example")


def test_folded_fields_within_a_text_are_read_whole() -> None:
    folded = status_of(
        _TO, "4.4.1", "X-Postfix; connect to\n    mx.azienda.example: No route to host"
    )
    text = f"It was not delivered.\n\n{folded}"
    told = json_of(mail(_DAEMON, "Undelivered", text), "")["bounce"]
    assert told["diagnostic"] == "connect to mx.azienda.example: No route to host"


def test_a_report_that_a_gateway_wrapped_is_the_one_that_counts() -> None:
    inner = _fields("inner", "5.1.1", "smtp; 550 5.1.1 User unknown", "hard").raw
    inner = inner.replace(b"\r\n", b"\n").replace(b"=_report_1", b"=_inner_1")
    parts = [
        part("This message is for its addressee only.\n"),
        b"Content-Type: message/rfc822\n\n" + inner,
    ]
    raw = mail("postmaster@gate.acme.example", "Undelivered Mail", parts, "multipart/mixed")
    told = json_of(raw, "")["bounce"]
    assert (told["kind"], told["recipient"], told["status"]) == ("hard", _TO, "5.1.1")
    assert (told["original_message_id"], told["reporter"]) == (_ID, "mx.relay.example")


def test_a_full_mailbox_of_ours_is_no_bounce() -> None:
    for subject, text in [
        ("Ваш почтовый ящик почти заполнен", "В ящике news@acme.example занято 98% места."),
        ("Melding", "Postboksen news@acme.example er nesten full. Slett det du ikke trenger."),
    ]:
        told = json_of(mail("postmaster@acme.example", subject, text), "")
        assert (told["category"], told["bounce"]) == ("notice", None)


def test_a_mail_system_asks_for_nothing_and_complains_of_nothing() -> None:
    text = f"Your complaint and your order for {_TO} could not be put in, please remove the price list."
    told = json_of(mail("MAILER-DAEMON@mx.relay.example", "Complaint", text), "")
    assert told["category"] in ("bounce", "notice", "to_reply")


def test_reports_of_odd_shape_are_read() -> None:
    wrong = []
    for case in CASES:
        found = json_of(case.raw, case.mail_from)
        told = found["bounce"] or {}
        names = ("kind", "recipient", "original_message_id", "permanent")
        said = (found["category"], *(told.get(name) for name in names))
        wanted = ("bounce", case.kind, case.recipient, case.message_id, case.permanent)
        if said != wanted:
            wrong.append(f"{case.name}: {said} is not {wanted}")
    assert not wrong, "\n".join(wrong)


def test_who_wrote_to_himself_is_the_recipient_too() -> None:
    text = (
        "Hi. This is the qmail-send program at acme.example.\n\n"
        "<news@acme.example>:\nRemote host said: 552 Error: disk quota exceeded\n"
    )
    told = json_of(mail("MAILER-DAEMON@acme.example", "failure notice", text), "")["bounce"]
    assert (told["recipient"], told["kind"]) == ("news@acme.example", "quota")


def test_the_words_of_a_refusal_are_whole_and_nothing_else() -> None:
    for said, words in {
        f"<{_TO}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\nBye": (
            "Sorry, no mailbox here by that name. (#5.1.1)"
        ),
        f"To:\n  {_TO}\nNobody (550 5.1.1 No such user here)\n": "550 5.1.1 No such user here)",
        f"It was not delivered to\n\n  {_TO}\n\nbecause:\n\n  not listed in our directory\n": (
            "not listed in our directory"
        ),
        f"Your message\n\n  To: {_TO}\n  Subject: An offer\n\nfailed: the mailbox is closed\n": (
            "failed: the mailbox is closed"
        ),
        f"We gave up after 20 attempts:\n\n  {_TO}\n": "We gave up after 20 attempts:",
    }.items():
        assert refusal(said, _TO) == words


def _report_within(sender: str = _DAEMON) -> str:
    parts = [
        part(f"Nobody reads {_TO}.\n"),
        part(status_of(_TO, "5.1.1", "smtp; 550 5.1.1 unknown"), "message/delivery-status"),
        returned(_TO, _ID),
    ]
    return mail(sender, "Undelivered Mail", parts, _REPORT).replace(b"=_report_1", b"=_in").decode()


def test_a_report_that_somebody_or_a_gateway_passes_on_tells_what_is_in_it() -> None:
    above = part("A report on mail of your domain is attached.\n")
    generated = "Auto-Submitted: auto-generated\n"
    for sender, subject, more, envelope in [
        ("Bob <bob@acme.example>", "Fwd: Undelivered Mail", "", "bob@acme.example"),
        ("Bob <bob@acme.example>", "look at this", "", None),
        ("Gateway <no-reply@gateway.example>", "[EXT] FW: Undelivered Mail", generated, ""),
        ("Gateway <alerts@gateway.example>", "Bounce report", generated, "alerts@gateway.example"),
        ("Gateway <alerts@gateway.example>", "Bounce report", "", ""),
    ]:
        parts = [above, part(_report_within(), "message/rfc822")]
        raw = mail(sender, subject, parts, "multipart/mixed", more=more)
        if envelope != "":
            raw = raw.replace(b"Return-Path: <>\r\n", b"")
        told = json_of(raw, envelope)
        bounce = told["bounce"] or {}
        assert told["category"] == "bounce", (sender, told["why"])
        assert [bounce[one] for one in ("kind", "recipient", "status")] == ["hard", _TO, "5.1.1"]
        assert bounce["original_message_id"] == _ID


def test_a_report_by_a_mailer_without_a_domain_has_no_sender() -> None:
    parts = [part("See below.\n"), part(_report_within("Mailer <MAILER-DAEMON>"), "message/rfc822")]
    raw = mail("Bob <bob@acme.example>", "Fwd: Undelivered Mail", parts, "multipart/mixed")
    told = json_of(raw.replace(b"Return-Path: <>\r\n", b""), "bob@acme.example")
    assert (told["category"], told["forward"]["original_sender"]) == ("bounce", None)


def test_a_report_in_the_text_of_a_forward_is_read() -> None:
    for author, sender in [
        ("Mail Delivery System <MAILER-DAEMON@mx.relay.example>", "MAILER-DAEMON@mx.relay.example"),
        ("Mail Delivery System <MAILER-DAEMON>", None),
        ("MAILER-DAEMON", None),
    ]:
        text = (
            "This came back.\n\n---------- Forwarded message ---------\n"
            f"From: {author}\nSubject: Undelivered Mail Returned to Sender\n\n"
            f"This is the mail system at host mx.relay.example.\n\n<{_TO}>: host mx.azienda.example"
            " said: 550 5.1.1 User unknown (in reply to RCPT TO command)\n"
        )
        raw = mail("Bob <bob@acme.example>", "Fwd: Undelivered Mail Returned to Sender", text)
        told = json_of(raw.replace(b"Return-Path: <>\r\n", b""), "bob@acme.example")
        assert (told["category"], told["forward"]["original_sender"]) == ("bounce", sender)
        assert [told["bounce"][one] for one in ("kind", "recipient")] == ["hard", _TO]


def test_who_shows_us_that_our_own_mailbox_is_gone_waits_for_an_answer() -> None:
    text = (
        "I get this whenever I write to Petra at your office. Who should get the drawings now?\n\n"
        "---------- Forwarded message ---------\n"
        "From: Mail Delivery System <MAILER-DAEMON@mx.azienda.example>\n"
        "Subject: Undelivered Mail Returned to Sender\n\n"
        "<petra@acme.example>: host mx.acme.example said: 550 5.1.1 User unknown\n"
    )
    raw = mail("Milo <milo@azienda.example>", "Fwd: Undelivered Mail Returned to Sender", text)
    told = json_of(raw.replace(b"Return-Path: <>\r\n", b""), "milo@azienda.example")
    assert told["category"] in ("inquiry", "to_reply") and told["bounce"] is None


def test_what_a_list_s_program_tells_its_member_is_a_notice() -> None:
    for sender, subject, text in [
        (
            "weavers-request@lists.guild.example",
            "confirm 0a1b - your membership in the mailing list Weavers has been disabled",
            "Your membership in the mailing list Weavers has been disabled due to\nexcessive"
            " bounces. The last bounce from you is of yesterday.",
        ),
        (
            "potters-bounces@lists.guild.example",
            "Your message to Potters awaits moderator approval",
            "Your mail to 'Potters' with the subject\n\n    Kilns\n\nIs being held until the"
            " list moderator can review it.",
        ),
        ("potters-owner@lists.guild.example", "等待审核", "您的邮件正在等待审核，请勿重复发送。"),
    ]:
        raw = mail(sender, subject, text, "text/plain", more="List-Id: <x.guild.example>\n")
        for envelope in ("", sender):
            told = json_of(raw, envelope)
            assert (told["category"], told["bounce"]) == ("notice", None), (sender, told["why"])


def test_who_asks_whether_a_person_wrote_tells_of_no_failure_and_no_absence() -> None:
    generated = "Auto-Submitted: auto-replied\n"
    for text in [
        "Please confirm that you are a human, and your mail is delivered: https://g.example/1",
        "Your mail waits. Click to deliver it: https://g.example/1",
        "Bitte bestätigen Sie, dass Sie ein Mensch sind: https://g.example/1",
        "Veuillez cliquer et confirmez que vous êtes un humain : https://g.example/1",
        "Подтвердите, что вы человек: https://g.example/1",
        "请点击链接确认您是真人，邮件才能送达：https://g.example/1",
        "I protect myself from junk mail. Just once, follow this: https://g.example/1",
    ]:
        raw = mail("Ann <ann@azienda.example>", "Your mail to Ann", text, "", more=generated)
        assert json_of(raw, "")["category"] == "notice", text
    text = "Your message was refused: 550 5.7.1 confirm that you are a human first"
    assert json_of(mail(_DAEMON, "Undelivered Mail", text), "")["category"] == "bounce"
