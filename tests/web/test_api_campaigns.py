"""Campaigns for programs: registering what was sent, what came of it, and samples."""

import json
from typing import Any

import httpx
import pytest

from tests.web.conftest import Site
from tests.web.samples import DOMAIN, store_one
from tests.web.test_api_description import check
from web.api import models

SENT = {"message_id": "<1@acme.example>", "recipient": "li@kunde.example"}


@pytest.fixture
def writer(site: Site) -> httpx.Client:
    return site.client("write")


async def answered(site: Site, *lines: str) -> str:
    """A message with these header lines, by its id."""
    head = ["From: Li <li@kunde.example>", "Subject: Re: Our catalogue", *lines, "", "We take 5."]
    return await store_one(site.database, "\r\n".join(head).encode())


async def test_an_answer_to_a_registered_message_is_found_by_its_campaign(
    site: Site, writer: httpx.Client
) -> None:
    made = writer.post("/api/v1/campaigns", json={"id": "spring 26", "name": "Spring catalogue"})
    assert made.status_code == 201
    path = "/api/v1/campaigns/spring%2026/messages"
    registered = check(models.RegisteredMessages, writer.post(path, json={"messages": [SENT]}))
    assert registered == {"new": 1, "known": 0, "conflicts": [], "linked": 0}
    identifier = await answered(site, "In-Reply-To: <1@acme.example>")
    told = check(models.Message, writer.get(f"/api/v1/messages/{identifier}"))
    assert told["campaign"] == {
        "id": "spring 26",
        "recipient": "li@kunde.example",
        "how": "references",
    }
    assert told["thread"]["campaigns"] == ["spring 26"]
    listed = writer.get("/api/v1/messages", params={"campaign": "spring 26"}).json()["items"]
    assert [one["id"] for one in listed] == [identifier]
    campaign = check(models.Campaign, writer.get("/api/v1/campaigns/spring%2026"))
    assert campaign["name"] == "Spring catalogue"
    assert sum(campaign["counts"].values()) == 1


async def test_a_tag_in_the_recipient_is_enough(site: Site, writer: httpx.Client) -> None:
    identifier = await answered(site, f"To: reply+spring26.li=kunde.example@{DOMAIN}")
    told = writer.get(f"/api/v1/messages/{identifier}").json()["campaign"]
    assert told == {"id": "spring26", "recipient": "li@kunde.example", "how": "address"}


async def test_a_bounce_that_quotes_a_registered_id_is_linked(
    site: Site, writer: httpx.Client
) -> None:
    writer.post("/api/v1/campaigns", json={"id": "spring26", "messages": [SENT]})
    identifier = await answered(site, "X-Note: none", "", "> Message-ID: <1@acme.example>")
    told = writer.get(f"/api/v1/messages/{identifier}").json()["campaign"]
    assert told["how"] == "quoted"


def test_lines_of_json_are_taken_and_the_same_again_changes_nothing(writer: httpx.Client) -> None:
    lines = "\n".join(
        json.dumps({"message_id": f"{n}@acme.example", "sent_at": "2026-11-20T08:00:00+08:00"})
        for n in range(1000)
    )
    path, headers = "/api/v1/campaigns/c1/messages", {"content-type": "application/x-ndjson"}
    first = writer.post(path, content=lines + "\n\n", headers=headers)
    again = writer.post(path, content=lines, headers=headers)
    assert first.json() == {"new": 1000, "known": 0, "conflicts": [], "linked": 0}
    assert again.json() == {"new": 0, "known": 1000, "conflicts": [], "linked": 0}
    told = writer.get("/api/v1/campaigns/c1").json()
    assert (told["messages"], told["first_sent_at"]) == (1000, "2026-11-20T00:00:00Z")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"messages": [{"message_id": 5}]}, "messages.0.message_id"),
        ({"messages": [{"id": "<a@b>"}]}, "messages.0"),
        ({"sent": []}, "messages"),
        ([], "body"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(
    writer: httpx.Client, body: Any, where: str
) -> None:
    answer = writer.post("/api/v1/campaigns/c1/messages", json=body)
    assert answer.status_code == 422
    assert any(where in one["field"] for one in answer.json()["errors"])


def test_a_bad_line_is_said_by_its_number(writer: httpx.Client) -> None:
    headers = {"content-type": "application/x-ndjson"}
    body = '{"message_id": "<a@b>"}\n{"message_id": \n'
    answer = writer.post("/api/v1/campaigns/c1/messages", content=body, headers=headers)
    assert answer.status_code == 422
    assert "line 2" in answer.json()["detail"]


def test_a_bad_message_id_or_campaign_is_refused(writer: httpx.Client) -> None:
    path = "/api/v1/campaigns/c1/messages"
    answer = writer.post(path, json={"messages": [{"message_id": "a b"}]})
    assert (answer.status_code, "Message-ID" in answer.json()["detail"]) == (422, True)
    assert writer.post("/api/v1/campaigns", json={"id": "a\nb"}).status_code == 422
    assert writer.get("/api/v1/campaigns/none").status_code == 404


def test_registering_needs_a_token_that_may_write(site: Site) -> None:
    reader = site.client("read")
    assert reader.post("/api/v1/campaigns", json={"id": "c"}).status_code == 403
    assert reader.post("/api/v1/campaigns/c/messages", json={"messages": []}).status_code == 403
    check(models.CampaignPage, reader.get("/api/v1/campaigns"))
    assert site.client().get("/api/v1/campaigns").status_code == 401


def test_a_sample_is_checked_in_both_languages(site: Site) -> None:
    sample = (
        b"From: Acme <news@acme.example>\r\nReply-To: wang@qq.com\r\n"
        b"Message-ID: <1@acme.example>\r\n\r\nHello"
    )
    client, texts = site.client("read"), []
    for language in ("en", "zh-CN"):
        headers = {"content-type": "message/rfc822", "accept-language": language}
        answer = client.post("/api/v1/campaigns/check", content=sample, headers=headers)
        told = check(models.CheckedSample, answer)
        assert told["ok"] is False
        assert told["findings"][0]["code"] == "reply_to_personal"
        texts.append(told["findings"][0]["cure"])
    assert texts[0].isascii() and not texts[1].isascii()
    assert client.post("/api/v1/campaigns/check", content=b"").status_code == 422
