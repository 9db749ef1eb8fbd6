"""A confirmation's code and link are nobody's but operators' and admin tokens', on every page and
in every answer that there is, before the worker was there and after."""

import re
from itertools import product

import httpx
import pytest

from tests.digest.confirmations.specimens import SPECIMENS
from tests.web.conftest import Site
from tests.web.samples import store_one

GMAIL = SPECIMENS[0]
SENDER = "forwarding-noreply@google.com"
CODE = "304298959"
SECRETS = (CODE, "vf-%5B", "vf-[", "ANGjdJ9x")


PAGES = """
/ /mail /mail?category=notice /mail?q=forwarding /mail/all /mail/system /held /refused /log
/log?q=forwarding /people /people?q=forwarding /people/of?address={address} /files /campaigns
/messages/{id} /messages/{id}?shown=original /messages/{id}/html /messages/{id}/raw
/messages/{id}/attachments/0 /threads/{thread} /api/v1/threads/{thread} /transactions/{id}
/forwarders /suppressions /suppressions.csv /audit /erasures
"""


def paths(site: Site, identifier: str) -> list[str]:
    """Every path of the API that answers to GET, and every page, with this message's values."""
    message = site.client("admin").get(f"/api/v1/messages/{identifier}").json()
    thread = str((message["thread"] or {}).get("id"))
    described = site.client("admin").get("/api/v1/openapi.json").json()["paths"]
    calls = [path for path, methods in described.items() if "get" in methods]
    found = [*PAGES.split(), *(path for path in calls if "event" not in path)]
    found = [path.replace("{address}", SENDER).replace("{thread}", thread) for path in found]
    found = [path.replace("{n}", "0") for path in found]
    return [re.sub(r"\{[a-z_]+\}", identifier, path) for path in found]


def told(client: httpx.Client, asked: list[str]) -> str:
    return "\n".join(client.get(path, follow_redirects=True).text for path in asked)


async def confirmation(site: Site, *, digested: bool) -> str:
    return await store_one(
        site.database, GMAIL.content, mail_from=SENDER, digested=digested, at=site.clock()
    )


@pytest.mark.parametrize("digested", [True, False], ids=["digested", "not yet digested"])
async def test_no_path_tells_a_viewer_the_code_or_the_link(site: Site, digested: bool) -> None:
    identifier = await confirmation(site, digested=digested)
    site.client("admin").delete(f"/api/v1/messages/{site.ids['confirmation']}")  # has our code too
    asked = paths(site, identifier)
    assert len(asked) > 40
    for client in (site.signed_in("viewer"), site.client("read"), site.client("write")):
        answers = told(client, asked)
        for secret in SECRETS:
            assert secret not in answers


@pytest.mark.parametrize("digested", [True, False], ids=["digested", "not yet digested"])
async def test_operators_are_told_the_code_and_the_link(site: Site, digested: bool) -> None:
    identifier = await confirmation(site, digested=digested)
    found = site.client("admin").get(f"/api/v1/messages/{identifier}").json()["confirmation"]
    assert (found["code"], found["link"]) == (GMAIL.code, GMAIL.link)
    page = site.signed_in("operator").get(f"/messages/{identifier}").text
    assert CODE in page
    assert "vf-%5B" in page


async def test_no_search_finds_it_by_its_secrets(site: Site) -> None:
    identifier = await confirmation(site, digested=True)
    clients = site.client("read"), site.client("write")
    for query in (CODE, CODE[:5], "vf-", "ANGjdJ9x", f"subject:{CODE}", "has requested"):
        for client, path in product(clients, ("/api/v1/messages", "/api/v1/transactions")):
            assert identifier not in client.get(path, params={"q": query}).text, query


async def test_a_forged_one_tells_nobody_a_code(site: Site) -> None:
    """Signed by somebody else: then it is a notice like others, with nothing to press."""
    identifier = await store_one(
        site.database, GMAIL.content, mail_from="x@evil.example", digested=False
    )
    found = site.client("admin").get(f"/api/v1/messages/{identifier}").json()
    assert found["confirmation"] is None
    assert (found["category"], found["why"]) == ("notice", ["unproved-confirmation"])
