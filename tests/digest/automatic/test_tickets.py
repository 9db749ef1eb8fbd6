"""What systems for tickets send: a person's answer, what became of a ticket, or a receipt."""

import shutil
from pathlib import Path

import pytest

from digest.automatic.tickets import FOLDER, load_tickets
from mail.errors import SettingsProblem
from tests.digest.automatic.cases import read_cases
from tests.digest.messages import digest_of, message


def test_a_ticket_system_sends_answers_of_people_notices_and_receipts() -> None:
    cases = read_cases("tickets.tsv")
    told = [digest_of(case.content(), mail_from="help@acme.example").category for case in cases]
    wrong = [
        (case.subject, one) for case, one in zip(cases, told, strict=True) if one != case.language
    ]
    assert len(cases) > 120
    assert wrong == []


def test_an_address_that_takes_no_answers_sends_answers_of_people_too() -> None:
    sender: dict[str, str | bytes] = {"From": "Acme <no-reply@acme.example>"}
    text = "Tom added a comment to ticket 4512:\n\nThe seal leaks again. What do you advise?"
    content = message(text.encode(), {**sender, "Subject": "Ticket 4512"})
    assert digest_of(content, mail_from="no-reply@acme.example").category == "to_reply"
    leaflet = {**sender, "Subject": "Ticket 4512", "List-Unsubscribe": "<https://acme.example/u>"}
    assert digest_of(message(text.encode(), leaflet)).why != ("answer-through-a-ticket",)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Your request 4512 has been updated, says my colleague. What does that mean?"),
        ({"List-Id": "<dev.acme.example>"}, "Tom replied to ticket 4512:\n\nIt works for me now."),
        ({}, "I am on leave. Tom Baker answers your ticket 4512 meanwhile."),
        (
            {"Auto-Submitted": "auto-generated"},
            "I am on leave. Your ticket 4512 was assigned to Tom Baker.",
        ),
        ({"Auto-Submitted": "auto-replied"}, "Your request 4512 was assigned to Tom Baker."),
    ],
)
def test_no_person_and_no_list_is_taken_for_a_ticket_system(
    fields: dict[str, str | bytes], text: str
) -> None:
    why = digest_of(message(text.encode(), {"Subject": "Ticket 4512", **fields})).why
    assert not {"answer-through-a-ticket", "ticket-without-an-answer"} & set(why)


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("phrases.toml", 'above = ["', 'above = ["(of)? '),
        ("phrases.toml", 'name = "en"', 'title = "en"'),
        ("signs.toml", "checked_on", "looked_at"),
    ],
)
def test_a_faulty_file_is_named(tmp_path: Path, file: str, before: str, after: str) -> None:
    for one in FOLDER.glob("*.toml"):
        shutil.copy(one, tmp_path)
    text = (tmp_path / file).read_text("utf-8")
    assert before in text
    (tmp_path / file).write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(SettingsProblem, match=file):
        load_tickets(tmp_path)
