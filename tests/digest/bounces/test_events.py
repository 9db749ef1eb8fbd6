"""What sending services and abuse desks tell in forms of their own: JSON, and the extended ARF."""

import base64
import json
from typing import Any

from digest.bounce.services import read_json
from tests.digest.bounces.reports import mail, original, part
from tests.digest.messages import json_of

TO, ID = "bob@example.net", "<sent@acme.example>"
TOPIC = "Cloud Notifications <no-reply@sns.cloud.example>"
SENT: dict[str, Any] = {
    "messageId": "0107-000000",
    "destination": [TO],
    "headers": [
        {"name": "From", "value": "news@acme.example"},
        {"name": "Message-ID", "value": ID},
    ],
}


def _event(what: str, more: dict[str, Any], sent: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"eventType": what, "mail": sent or SENT, **more}


def _bounced(status: str, words: str, subtype: str = "General", sort: str = "Permanent") -> Any:
    one = {"emailAddress": f"Bob <{TO}>", "action": "failed", "status": status}
    about: dict[str, Any] = {"bouncedRecipients": [one | {"diagnosticCode": f"smtp; {words}"}]}
    about |= {"bounceType": sort, "bounceSubType": subtype, "reportingMTA": "dns; a7.cloud.example"}
    return _event("Bounce", {"bounce": about})


DELAYED = _event("DeliveryDelay", {"deliveryDelay": {"delayedRecipients": [{"emailAddress": TO}]}})
COMPLAINT = _event("Complaint", {"complaint": {"complainedRecipients": [{"emailAddress": TO}]}})
FULL = _bounced("5.2.2", "552 5.2.2 over quota", "MailboxFull", "Transient")
OWN_ID = SENT | {"commonHeaders": {"messageId": ID}, "headers": []}
GONE = _event("Bounce", {"bounce": _bounced("5.1.1", "550 5.1.1 no such user")["bounce"]}, OWN_ID)


def _of_topic(document: object, below: str = "") -> bytes:
    return mail(TOPIC, "Notification Message", json.dumps(document) + below)


def _wrapped(document: object) -> dict[str, str]:
    return {"Type": "Notification", "MessageId": "7", "Message": json.dumps(document)}


def test_what_a_sending_service_tells_of_our_mail_is_read() -> None:
    below = "\n\n--\nTo stop notifications of this topic, visit\nhttps://sns.cloud.example/stop\n"
    wrong = []
    for name, raw, wanted in [
        ("full", _of_topic(FULL), ("bounce", "quota", True, "5.2.2")),
        ("gone", _of_topic(GONE, below), ("bounce", "hard", True, "5.1.1")),
        ("delayed", _of_topic(DELAYED), ("bounce", "soft", False, None)),
        ("complaint", _of_topic(COMPLAINT, below), ("complaint", None, None, None)),
        ("wrapped", _of_topic(_wrapped(GONE), below), ("bounce", "hard", True, "5.1.1")),
        ("twice", _of_topic(_wrapped(_wrapped(FULL))), ("bounce", "quota", True, "5.2.2")),
        ("bus", _of_topic({"detail": COMPLAINT}), ("complaint", None, None, None)),
        (
            "after-success",
            _of_topic([_event("Send", {}), FULL]),
            ("bounce", "quota", True, "5.2.2"),
        ),
    ]:
        told = json_of(raw, "bounces@cloud.example")
        bounce = told["bounce"] or {}
        said = told["category"], bounce["kind"], bounce["permanent"], bounce["status"]
        if (*said, bounce["recipient"], bounce["original_message_id"]) != (*wanted, TO, ID):
            wrong.append((name, said, bounce))
    assert not wrong


def test_events_of_other_services_say_who_and_why() -> None:
    sent = {"headers": {"message-id": ID.strip("<>")}}
    failed = {"event": "failed", "severity": "permanent", "recipient": TO, "message": sent}
    refused = {"email": TO, "event": "bounce", "reason": "550 5.7.1 as spam", "smtp-id": ID}
    wrong = []
    for document, wanted in [
        ({"event-data": failed}, ("bounce", "hard")),
        ({"event-data": failed | {"reason": "suppress-complaint"}}, ("bounce", "policy")),
        ([refused | {"sg_message_id": "7"}], ("bounce", "blocked")),
        ({"event": "spam", "email": TO, "message-id": ID}, ("complaint", None)),
    ]:
        told = json_of(
            mail("events@relay.example", "Event", json.dumps(document)), "e@relay.example"
        )
        said = told["category"], told["bounce"]["kind"]
        if (told["bounce"]["recipient"], told["bounce"]["original_message_id"]) != (TO, ID):
            wrong.append((document, told["bounce"]))
        elif said != wanted:
            wrong.append((document, said))
    assert not wrong


def test_an_event_of_success_is_a_notice() -> None:
    told = json_of(_of_topic(_event("Delivery", {})), "bounces@cloud.example")
    assert (told["category"], told["why"], told["bounce"]) == (
        "notice",
        ["service-amazon-ses"],
        None,
    )


def test_of_several_recipients_nobody_is_known_to_have_complained() -> None:
    several = [{"emailAddress": TO}, {"emailAddress": "ann@example.net"}]
    event = _event("Complaint", {"complaint": {"complainedRecipients": several}})
    told = json_of(_of_topic(event), "bounces@cloud.example")
    assert (told["category"], told["bounce"]["recipient"]) == ("complaint", None)


def test_a_person_who_shows_an_event_reports_nothing() -> None:
    shown = json.dumps(GONE)
    ann = "Ann <ann@example.net>"
    file = [part("What does this mean?\n"), part(shown, 'application/json; name="a.json"')]
    for raw in (
        mail(ann, "Events", f"Hello, can you tell us why we get this?\n\n{shown}\n"),
        mail(ann, "Re: Events", shown),
        mail(ann, "Events", file, "multipart/mixed"),
    ):
        told = json_of(raw, "ann@example.net")
        assert (told["category"] in ("bounce", "complaint"), told["bounce"]) == (False, None)


def test_json_that_is_made_to_hurt_is_not_read() -> None:
    for text in (
        "[" * 100_000,
        '{"Message":' * 20_000,
        '{"mail": ' + "9" * 50_000 + "}",
        '{"eventType": "' + '\\"' * 50_000,
        "\n{" * 50_000,
    ):
        assert json_of(mail(TOPIC, "Notification", text), "n@cloud.example")["bounce"] is None


_XARF_2 = (
    "---\nReported-From: abuse@example.net\nCategory: abuse\nReport-Type: spam\n"
    "Report-ID: 77@example.net\nSource: 192.0.2.10\nSource-Type: ipv4\nAttachment: message/rfc822\n"
)


def test_reports_in_the_extended_format_are_complaints() -> None:
    payload = original(TO, ID)
    sample = {"ContentType": "message/rfc822", "Base64Encoded": False, "Payload": payload}
    third = {
        "ReporterInfo": {"ReporterOrgDomain": "example.net"},
        "Report": {"ReportClass": "Activity", "ReportType": "spam", "Samples": [sample]},
    }
    coded = base64.b64encode(payload.encode()).decode()
    fourth = {
        "xarf_version": "4.0.0",
        "reporter": {"domain": "example.net"},
        "category": "messaging",
        "type": "spam",
        "evidence": [{"content_type": "message/rfc822", "payload": coded}],
    }
    file = 'application/json; name="xarf.json"'
    evidence = part(payload, "message/rfc822")
    for report in (
        [part(_XARF_2, 'text/plain; name="report.txt"'), evidence],
        [part(json.dumps(third), file)],
        [part(json.dumps(fourth), file)],
    ):
        parts = [part("Dear team,\n\nyour machine sent us spam.\n"), *report]
        told = json_of(
            mail("abuse@example.net", "Report", parts, "multipart/mixed"), "a@example.net"
        )
        assert told["category"] == "complaint"
        bounce = told["bounce"]
        assert (bounce["recipient"], bounce["original_message_id"]) == (TO, ID)
        assert (bounce["diagnostic"], bounce["reporter"]) == ("spam", "example.net")


def test_an_extended_report_that_only_informs_is_a_notice() -> None:
    fields = _XARF_2.replace("Category: abuse", "Category: info")
    parts = [part("For your information.\n"), part(fields, 'text/plain; name="report.txt"')]
    raw = mail("abuse@example.net", "Report", parts, "multipart/mixed", more="X-XARF: PLAIN\n")
    assert json_of(raw, "a@example.net")["category"] == "notice"


def test_spamcop_is_known_by_its_field_whoever_passes_its_report_on() -> None:
    raw = mail(
        "abuse@host.example", "Spam", original(TO, ID), more="X-SpamCop-sourceip: 192.0.2.10\n"
    )
    told = json_of(raw, "abuse@host.example")
    assert (told["why"], told["bounce"]["original_message_id"]) == (["complaint-form-spamcop"], ID)


def test_an_event_that_was_cut_off_or_is_no_json_is_read_as_far_as_it_goes() -> None:
    whole = {"RecordType": "Bounce", "Type": "HardBounce", "MessageID": ID, "Email": TO}
    text = json.dumps(whole | {"Details": "smtp;550 5.1.1 no such user", "Content": "x" * 300})
    before = "A message could not be delivered.\n\n"
    sender = "Post <bounces@service.example>"
    for cut in (0, 20, 200, 310):
        for above in ("", before):
            told = json_of(
                mail(sender, "Hard bounce", above + text[: len(text) - cut]), "b@s.example"
            )
            bounce = told["bounce"] or {}
            assert told["category"] == "bounce", (cut, told["why"])
            assert (bounce["recipient"], bounce["original_message_id"]) == (TO, ID), cut
    for key in ("messageId", "smtp-id", "X-Message-Id", "message_id"):
        text = f"{before}Failed: {TO} 550 5.1.1 no such user {{'{key}': '{ID[1:-1]}', 'x': 1"
        told = json_of(mail("MAILER-DAEMON@service.example", "Bounce", text), "")
        assert told["bounce"]["original_message_id"] == ID, key


def test_a_cut_document_costs_no_more_than_a_whole_one() -> None:
    for text in (
        '{"a": ' * 50_000,
        "[" * 100_000,
        '{"' * 100_000,
        '["a",' * 50_000,
        '{"a"' + "\\" * 99_999,
    ):
        assert read_json(text) is None or isinstance(read_json(text), dict | list)
