import pytest

from store.clues import Clues, clues_of

ID = "01M7WD7TG02Z474AEJN09X4D6Z"
OTHER = "01M7WD7TG0J6YMBM71TRAK2NK0"

BOUNCE = f"""\
Reporting-MTA: dns; mail.example.org
Diagnostic-Code: smtp; 550 5.7.26 Unauthenticated email [{ID}]

Received: from mail.example.org by mx.reply.example
Message-ID:
 <abc.123@example.org>
In-Reply-To: <other@reply.example>
"""


@pytest.mark.parametrize(
    ("text", "clues"),
    [
        ("", Clues()),
        (ID, Clues(ids=(ID,))),
        (ID.lower(), Clues(ids=(ID,))),
        (f"[{ID}]", Clues(ids=(ID,))),
        (f"550 5.7.26 no [{ID}] and 250 ok [{OTHER}]", Clues(ids=(ID, OTHER))),
        ("192.0.2.1", Clues(clients=("192.0.2.1",))),
        ("[192.0.2.1]", Clues(clients=("192.0.2.1",))),
        ("2001:DB8::0001", Clues(clients=("2001:db8::1",))),
        ("[IPv6:2001:db8::1]", Clues(clients=("2001:db8::1",))),
        ("Example.ORG", Clues(
            message_ids=("<Example.ORG>", "Example.ORG"), domains=("example.org",)
        )),
        ("@bücher.example", Clues(
            message_ids=("<@bücher.example>", "@bücher.example"),
            domains=("xn--bcher-kva.example",),
        )),
        ("Li@Example.org", Clues(
            message_ids=("<Li@Example.org>", "Li@Example.org"), addresses=("li@example.org",)
        )),
        ("<a@b.example>", Clues(
            message_ids=("<a@b.example>", "a@b.example"), addresses=("a@b.example",)
        )),
        (BOUNCE, Clues(ids=(ID,), message_ids=("<abc.123@example.org>",))),
        ("message-id: <a@x>\r\nResent-Message-ID: <b@x>", Clues(message_ids=("<a@x>", "<b@x>"))),
        ("Message-ID: without brackets", Clues(message_ids=("without brackets",))),
        ("they quote <a@x.example> in a sentence", Clues(message_ids=("<a@x.example>",))),
    ],
)  # fmt: skip
def test_what_is_pasted_is_understood(text: str, clues: Clues) -> None:
    assert clues_of(text) == clues


@pytest.mark.parametrize("text", ["\x00", "<", "@", "<>", "a" * 1_000_000, "<" * 100_000, "\n" * 9])
def test_nonsense_is_no_trouble(text: str) -> None:
    assert clues_of(text).ids == ()


def test_a_flood_of_ids_is_cut() -> None:
    text = " ".join(f"01M7WD7TG0J6YMBM71TRAK{number:04d}" for number in range(1000))
    assert len(clues_of(text).ids) == 50
