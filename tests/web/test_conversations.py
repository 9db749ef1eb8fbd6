"""Conversations, people and files: in the console and in the API, for those who may see them."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.fakes import NOON
from tests.web.conftest import Site
from tests.web.samples import store_one

Letters = dict[str, str]

FILE = (
    "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{text}\r\n"
    "--b\r\nContent-Type: application/pdf; name=offer.pdf\r\n"
    "Content-Disposition: attachment; filename=offer.pdf\r\n\r\n%PDF\r\n--b--\r\n"
)


def letter(
    own: str, parent: str = "", by: str = "Mei <mei@buyer.example>", text: str = ""
) -> bytes:
    """A message of a conversation about an offer, with a file."""
    reply = f"In-Reply-To: <{parent}>\r\n" if parent else ""
    head = f"From: {by}\r\nTo: sales@reply.acme.example\r\nMessage-ID: <{own}>\r\n{reply}"
    return f"{head}Subject: Re: offer\r\n{FILE.format(text=text or own)}".encode()


@pytest.fixture
async def letters(site: Site) -> Letters:
    """Three messages of one conversation, by two people; ids by their Message-IDs."""
    stored = {}
    for number, (own, parent, by) in enumerate(
        [
            ("c1@x", "", "Mei <mei@buyer.example>"),
            ("c2@x", "c1@x", "Tom <tom@buyer.example>"),
            ("c3@x", "c2@x", "Mei <mei@buyer.example>"),
        ]
    ):
        at = NOON - timedelta(minutes=50 - number)
        stored[own] = await store_one(site.database, letter(own, parent, by), at=at)
    return stored


def turns(page: str) -> list[tuple[str, bool]]:
    """The conversation on a page: ids, and whether it is the one that is open."""
    section = page.partition('<ol class="turns">')[2].partition("</ol>")[0]
    found = re.findall(r'<a href="/messages/([0-9A-Z]{26})[^"]*"( aria-current="true")?', section)
    return [(identifier, bool(current)) for identifier, current in found]


def test_a_message_shows_its_conversation(site: Site, letters: Letters) -> None:
    page = site.signed_in().get(f"/messages/{letters['c2@x']}").text
    expected = [(letters[own], own == "c2@x") for own in ("c1@x", "c2@x", "c3@x")]
    assert turns(page) == expected
    assert "Conversation of 3" in page
    alone = site.signed_in().get(f"/messages/{site.ids['chinese']}").text
    assert turns(alone) == []


def test_the_list_says_how_long_a_conversation_is(site: Site, letters: Letters) -> None:
    page = site.signed_in().get("/mail").text
    assert page.count('title="Conversation of 3"') == 3


def test_a_message_leads_to_what_else_its_author_wrote(site: Site, letters: Letters) -> None:
    client = site.signed_in()
    page = client.get(f"/messages/{letters['c3@x']}").text
    assert "1 other message from them" in page
    person = client.get("/people/of", params={"address": "MEI@buyer.example"}).text
    assert [one for one, _ in turns(person)] == [letters["c3@x"], letters["c1@x"]]
    assert client.get("/people/of", params={"address": "nobody@x.example"}).status_code == 404
    assert "mei@buyer.example" in client.get("/people", params={"q": "mei"}).text
    assert "mei@buyer.example" not in client.get("/people", params={"q": "tom"}).text


def test_a_file_leads_to_where_else_it_is(site: Site, letters: Letters) -> None:
    client = site.signed_in()
    page = client.get(f"/messages/{letters['c1@x']}").text
    assert "This file is in 3 messages" in page
    found = re.search(r'href="(/files\?sha256=[0-9a-f]{64})"', page)
    assert found is not None
    files = client.get(found[1]).text
    assert files.count("offer.pdf") == 3
    assert all(f"/messages/{one}" in files for one in letters.values())
    assert "offer.pdf" not in client.get("/files?dangerous=1").text
    assert "offer.pdf" in client.get("/files?type=application/pdf&cursor=old").text


def test_the_api_pages_through_a_conversation(site: Site, letters: Letters) -> None:
    reader = site.client("read")
    told = reader.get(f"/api/v1/messages/{letters['c2@x']}").json()["thread"]
    assert (told["id"], told["count"], told["next"]) == (letters["c1@x"], 3, None)
    first = reader.get(f"/api/v1/threads/{letters['c3@x']}", params={"limit": 2}).json()
    rest = reader.get(
        f"/api/v1/threads/{letters['c3@x']}", params={"limit": 2, "cursor": first["next"]}
    ).json()
    assert [one["id"] for one in first["messages"] + rest["messages"]] == list(letters.values())
    assert first["messages"][1]["from"] == {"name": "Tom", "address": "tom@buyer.example"}
    assert reader.get("/api/v1/threads/nothing").status_code == 404
    bad = reader.get(f"/api/v1/threads/{letters['c1@x']}", params={"cursor": "x"})
    assert bad.status_code == 422


def test_the_api_tells_of_people_and_files(site: Site, letters: Letters) -> None:
    reader = site.client("read")
    people = reader.get("/api/v1/people", params={"q": "buyer"}).json()["items"]
    assert [one["address"] for one in people] == ["mei@buyer.example", "tom@buyer.example"]
    person = reader.get("/api/v1/people/Mei@Buyer.example").json()
    assert (person["name"], person["messages"], len(person["mailboxes"])) == ("Mei", 2, 1)
    wrote = reader.get("/api/v1/people/mei@buyer.example/messages").json()["items"]
    assert wrote == [letters["c3@x"], letters["c1@x"]]
    files = reader.get("/api/v1/attachments", params={"content_type": "application/pdf"}).json()
    ours = [one for one in files["items"] if one["message"] in letters.values()]
    assert [(one["name"], one["dangerous"]) for one in ours] == [("offer.pdf", False)] * 3
    assert reader.get("/api/v1/people/nobody@x.example").status_code == 404


@pytest.mark.parametrize("path", ["people", "attachments"])
def test_odd_questions_are_answered_with_a_problem(site: Site, path: str) -> None:
    answer = site.client("read").get(f"/api/v1/{path}", params={"cursor": "!", "limit": 5})
    assert answer.status_code == 422


async def test_a_confirmation_stays_closed_in_its_conversation(
    site: Site, letters: Letters
) -> None:
    secret = await store_one(
        site.database,
        letter("c4@x", "c3@x", text="code 4711"),
        learned={"confirmation": {"code": "4711"}, "subject": "code 4711"},
    )
    thread = f"/api/v1/threads/{letters['c1@x']}"

    def told(client: httpx.Client) -> dict[str, object]:
        [found] = [one for one in client.get(thread).json()["messages"] if one["id"] == secret]
        return dict(found)

    assert told(site.client("read"))["subject"] is None
    assert told(site.client("admin"))["subject"] == "code 4711"
    for path in (f"/threads/{secret}", f"/messages/{letters['c3@x']}", "/people/of?address="):
        address = "mei@buyer.example" if path.endswith("=") else ""
        assert "4711" not in site.signed_in("viewer").get(path + address).text
    files = "/api/v1/attachments"
    seen = {one["message"] for one in site.client("read").get(files).json()["items"]}
    assert secret not in seen
    assert "This file is in 3 messages" in site.signed_in("viewer").get(
        f"/messages/{letters['c1@x']}"
    ).text  # fmt: skip
    assert "This file is in 4 messages" in site.signed_in("admin").get(
        f"/messages/{letters['c1@x']}"
    ).text  # fmt: skip
