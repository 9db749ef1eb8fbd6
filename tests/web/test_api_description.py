"""The description of the API is true: every answer of every call is as it says."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from store.forward_paths import find_offers, trust_path
from tests.web.conftest import Site
from tests.web.forwards import fill_forwards
from tests.web.samples import store_one
from web.api import models


@pytest.fixture
def described(site: Site) -> dict[str, Any]:
    """The description, as a program gets it."""
    found: dict[str, Any] = site.client().get("/api/v1/openapi.json").json()
    return found


def check(model: type[BaseModel], answer: httpx.Response) -> Any:
    """The answer has every key of the model, no other, and the right types; as JSON."""
    assert answer.status_code in (200, 201), answer.text
    model.model_validate_json(answer.content)
    return answer.json()


async def test_messages_are_as_described(site: Site) -> None:
    await store_one(site.database, b"\r\nNo header.\r\n")
    await store_one(site.database, b"From: a@b.example\r\n\r\n", digested=False)
    for scope in ("read", "admin"):
        client, path = site.client(scope), "/api/v1/messages"
        items = check(models.MessagePage, client.get(path))["items"]
        items += check(models.MessagePage, client.get(path, params={"held": True}))["items"]
        assert len(items) == 14
        for item in items:
            check(models.Message, client.get(f"{path}/{item['id']}"))
    held = f"/api/v1/messages/{site.ids['held']}"
    check(models.Message, site.client("write").post(f"{held}/release"))
    check(models.Message, site.client("write").patch(held, json={"seen": True}))


def test_transactions_are_as_described(site: Site) -> None:
    fill_forwards(site.database)
    for scope in ("read", "admin"):
        client, path = site.client(scope), "/api/v1/transactions"
        items = check(models.TransactionPage, client.get(path))["items"]
        assert {item["outcome"] for item in items} == {"accepted", "held", "refused", "deferred"}
        for item in items:
            check(models.Transaction, client.get(f"{path}/{item['id']}"))


def test_domains_are_as_described(site: Site) -> None:
    client, path = site.client("admin"), "/api/v1/domains"
    for accept in ("signed", ["sales", "info"]):
        check(models.Domain, client.post(path, json={"name": "new.example", "accept": accept}))
    assert len(check(models.DomainPage, client.get(path))["items"]) == 2


def test_forward_paths_are_as_described(site: Site) -> None:
    fill_forwards(site.database)
    client, path = site.client("admin"), "/api/v1/forward-paths"
    first, second = find_offers(site.database, site.clock())
    check(models.TrustedPath, client.post(path, json={"id": first.id, "days": 1}))
    assert client.post(f"{path}/{second.id}/dismiss").status_code == 204
    check(models.PathPage, client.get(path))
    site.clock.advance(2 * 24 * 3600)
    client = site.client("admin")
    trust_path(site.database, second, 1, "", site.clock(), by="wu")
    items = check(models.PathPage, client.get(path))["items"]
    assert {item["state"] for item in items} == {"offered", "trusted", "expired"}


def test_problems_are_as_described(site: Site) -> None:
    client = site.client("admin")
    for path in ("/api/v1/messages/none", "/api/v1/messages?limit=0", "/api/v1/nothing"):
        answer = client.get(path)
        models.ProblemDocument.model_validate_json(answer.content)
        assert answer.headers["content-type"] == "application/problem+json"


def operations(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        if path.startswith("/api/"):
            yield from ((f"{method} {path}", one) for method, one in methods.items())


def test_every_call_says_what_it_answers(described: dict[str, Any]) -> None:
    for name, one in operations(described):
        (good,) = [code for code in one["responses"] if code.startswith("2")]
        content = one["responses"][good].get("content", {})
        assert (good == "204") == (content == {}), name
        for media_type, told in content.items():
            assert told["schema"], (name, media_type)
        for code in ("4XX", "5XX"):
            assert list(one["responses"][code]["content"]) == ["application/problem+json"], name
        assert one["summary"], name


def test_what_is_no_json_is_said_to_be_none(site: Site, described: dict[str, Any]) -> None:
    client, path = site.client("read"), "/api/v1/messages/{id}"
    for end in ("/raw", "/html", "/attachments/{n}"):
        answers = described["paths"][path + end]["get"]["responses"]["200"]["content"]
        answer = client.get((path + end).replace("{n}", "0").format(id=site.ids["html"]))
        assert answer.status_code == 200
        assert list(answers) == [answer.headers["content-type"].partition(";")[0]]


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    def references(told: Any) -> Iterator[str]:
        for value in told.values() if isinstance(told, dict) else told:
            if isinstance(value, dict | list):
                yield from references(value)
        if isinstance(told, dict) and isinstance(told.get("$ref"), str):
            yield told["$ref"]

    for reference in set(references(described)):
        at: Any = described
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]


def test_people_conversations_and_files_are_as_described(site: Site) -> None:
    for scope in ("read", "admin"):
        client = site.client(scope)
        for identifier in site.ids.values():
            check(models.Thread, client.get(f"/api/v1/threads/{identifier}"))
        people = check(models.CorrespondentPage, client.get("/api/v1/people"))["items"]
        assert people
        path = f"/api/v1/people/{people[0]['address']}"
        check(models.Correspondent, client.get(path))
        assert check(models.MessageIdPage, client.get(f"{path}/messages"))["items"]
        assert check(models.FilePage, client.get("/api/v1/attachments"))["items"]
