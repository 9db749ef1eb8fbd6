"""Receipts of certified mail: of what was delivered they are notices, of what was not, bounces."""

from tests.digest.bounces.reports import mail, original, part, returned, status_of
from tests.digest.messages import json_of

TO, ID, US = "rossi@pec.azienda.example", "<sent@acme.example>", "acme@pec.acme.example"
PROVIDER = "posta-certificata@pec.gestore.example"
_XML = 'application/xml; name="{}"'


def _facts(kind: str, error: str = "nessuno", more: str = "") -> bytes:
    text = (
        f'<?xml version="1.0"?><postacert tipo="{kind}" errore="{error}"><intestazione>'
        f'<mittente>{US}</mittente><destinatari tipo="certificato">{TO}</destinatari>'
        "<oggetto>Offerta</oggetto></intestazione><dati>"
        f"<msgid>&lt;{ID.strip('<>')}&gt;</msgid>{more}</dati></postacert>"
    )
    return part(text, _XML.format("daticert.xml"))


def _pec(subject: str, said: str, facts: bytes | None, receipt: str = "") -> bytes:
    text = f'Il messaggio "Offerta" da "{US}" e destinato a "{TO}" {said}\n'
    more = f"X-Ricevuta: {receipt}\nX-Riferimento-Message-ID: {ID}\n" if receipt else ""
    parts = [part(text), *([facts] if facts else []), part(original(TO, ID), "message/rfc822")]
    return mail(PROVIDER, f"{subject}: Offerta", parts, "multipart/mixed", more=more, to=US)


def _failed(error: str, words: str = "") -> bytes:
    more = f"<consegna>{TO}</consegna>"
    return _facts("errore-consegna", error, more + f"<errore-esteso>{words}</errore-esteso>")


NOT_DELIVERED = "AVVISO DI MANCATA CONSEGNA"


def test_certified_mail_that_is_not_delivered_is_a_bounce() -> None:
    late = "non è stato consegnato nelle ventiquattro ore successive al suo invio."
    waits = "non è stato consegnato nelle prime dodici ore. Non escludendo che avvenga in seguito."
    no_address = "ha dato un errore: 5.1.1 - Gestore - indirizzo non valido."
    refused = "non è stato accettato: 5.7.1 - destinatario in Ccn non ammesso."
    wrong = []
    for raw, wanted in [
        (_pec(NOT_DELIVERED, "ha dato un errore.", _failed("no-dest")), ("hard", True)),
        (_pec(NOT_DELIVERED, "ha dato un errore.", _failed("no-dominio")), ("hard", True)),
        (_pec(NOT_DELIVERED, "x", _failed("altro", "5.2.2 - casella piena")), ("quota", True)),
        (_pec(NOT_DELIVERED, "x", _failed("virus"), "errore-consegna"), ("blocked", True)),
        (_pec(NOT_DELIVERED, late, None, "errore-consegna"), ("soft", True)),
        (_pec(NOT_DELIVERED, waits, None, "preavviso-errore-consegna"), ("soft", False)),
        (_pec(NOT_DELIVERED, no_address, None), ("hard", True)),
        (_pec("AVVISO DI NON ACCETTAZIONE", refused, None, "non-accettazione"), ("policy", True)),
    ]:
        told = json_of(raw, PROVIDER)
        bounce = told["bounce"] or {}
        said = bounce.get("kind"), bounce.get("permanent")
        who = bounce.get("recipient"), bounce.get("original_message_id")
        if (told["category"], said, who) != ("bounce", wanted, (TO, ID)):
            wrong.append((wanted, told["category"], told["why"], bounce))
    assert not wrong


def test_receipts_of_certified_mail_are_notices_and_no_forwards() -> None:
    for raw in (
        _pec("ACCETTAZIONE", "è stato accettato.", _facts("accettazione"), "accettazione"),
        _pec("CONSEGNA", "è stato consegnato.", _facts("avvenuta-consegna")),
        _pec("PRESA IN CARICO", "è stato preso in carico.", None, "presa-in-carico"),
        mail(
            "eingangs-bestaetigung@anbieter.example",
            "Ihre Nachricht",
            "Sie liegt im Postfach des Empfängers.\n",
            more="X-de-mail-message-type: confirmation of receipt\n",
        ),
    ):
        told = json_of(raw, PROVIDER)
        assert (told["category"], told["bounce"], told["forward"]) == ("notice", None, None)


def test_what_certified_mail_carries_is_read_as_what_it_is() -> None:
    asked = (
        f"From: Rossi <{TO}>\nTo: {US}\nSubject: Preventivo\nMessage-ID: <q@azienda.example>\n\n"
        "Buongiorno,\npotete inviarci un preventivo per 200 sedie?\n"
    )
    rejected = asked.replace(f"Rossi <{TO}>", "sdi07@pec.sdi.example").replace(
        "potete inviarci un preventivo per 200 sedie?", "in allegato la notifica di scarto 4711."
    )
    for inside, category in [(asked, "inquiry"), (rejected, "notice")]:
        parts = [part("Messaggio di posta certificata.\n"), _facts("posta-certificata")]
        parts.append(part(inside, 'message/rfc822; name="postacert.eml"'))
        sender = f'"Per conto di: {TO}" <{PROVIDER}>'
        raw = mail(sender, "POSTA CERTIFICATA: Preventivo", parts, "multipart/mixed", to=US)
        assert json_of(raw, PROVIDER)["category"] == category


def test_a_report_that_comes_through_certified_mail_is_read() -> None:
    back = [
        part("No such user.\n"),
        part(status_of(TO), "message/delivery-status"),
        returned(TO, ID),
    ]
    report = mail("MAILER-DAEMON@mx.relay.example", "Undelivered Mail", back)
    carried = part(report.decode().replace("\r\n", "\n"), 'message/rfc822; name="postacert.eml"')
    parts = [part("Anomalia nel messaggio\n"), carried]
    raw = mail(
        f'"Per conto di: MAILER-DAEMON@mx.relay.example" <{PROVIDER}>',
        "ANOMALIA MESSAGGIO: Undelivered Mail",
        [one.replace(b"=_report_1", b"=_report_2") for one in parts],
        "multipart/mixed",
        more="X-Trasporto: errore\n",
    )
    told = json_of(raw, PROVIDER)
    said = (
        told["bounce"]["kind"],
        told["bounce"]["recipient"],
        told["bounce"]["original_message_id"],
    )
    assert (told["category"], said) == ("bounce", ("hard", TO, ID))


def test_de_mail_and_registered_mail_tell_who_is_unknown() -> None:
    unknown = mail(
        "meldung@anbieter.example",
        "Meldung",
        f"Ihre Nachricht an {TO} ist nicht zustellbar.\n",
        more="X-de-mail-message-type: notification\n"
        f"X-de-mail-notification-type: unknown-recipient\nIn-Reply-To: {ID}\n",
    )
    evidence = (
        '<rem:Evidence xmlns:rem="http://uri.etsi.org/02640/v2#"><rem:EventCode>'
        "http:uri.etsi.org/02640/Event#NonDelivery</rem:EventCode><rem:EventReason>Unknown "
        "recipient</rem:EventReason><rem:RecipientsDetails><rem:AttributedElectronicAddress>"
        f"mailto:{TO}</rem:AttributedElectronicAddress></rem:RecipientsDetails>"
        f"<rem:MessageIdentifier>{ID.strip('<>')}</rem:MessageIdentifier></rem:Evidence>"
    )
    parts = [part("See the evidence.\n"), part(evidence, _XML.format("REMEvidence.xml"))]
    registered = mail("rem@provider.example", "Evidence", parts, "multipart/mixed")
    for raw in (unknown, registered):
        told = json_of(raw, "meldung@anbieter.example")["bounce"]
        said = told["kind"], told["recipient"], told["original_message_id"]
        assert said == ("hard", TO, ID)


def test_what_became_of_an_invoice_is_a_notice_whatever_header_it_has() -> None:
    for subject, mark in [
        ("Ricevuta di consegna 4711", ""),
        ("Notifica di scarto 4711", "replied"),
    ]:
        more = f"Auto-Submitted: auto-{mark}\n" if mark else ""
        raw = mail(
            "sdi07@pec.fatturapa.example", subject, "In allegato la notifica.\n", more=more, to=US
        )
        told = json_of(raw, "sdi07@pec.fatturapa.example")
        assert (told["category"], told["bounce"]) == ("notice", None)


def test_a_person_who_writes_of_a_delivery_is_no_provider() -> None:
    raw = mail("Mario <mario@azienda.example>", "CONSEGNA: ordine 12", "Quando arriva l'ordine?\n")
    assert json_of(raw, "mario@azienda.example")["category"] != "notice"
