"""The page for whoever registers campaigns: its examples do what it says."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from store.campaign_links import ANSWERED, GUESS_DAYS, GUESSED, TAGGED, UNKNOWN
from store.campaigns import MOST_AT_ONCE
from tests.web.conftest import Site

PAGE = (Path(__file__).parents[2] / "docs" / "campaigns.md").read_text("utf-8")
SAMPLE = b"From: Acme <news@acme.example>\r\nMessage-ID: <1@acme.example>\r\n\r\nHello"
FILES = {"@sent.ndjson": b'{"message_id": "<3@acme.example>"}\n', "@sample.eml": SAMPLE}


def examples() -> list[list[str]]:
    """The words of each curl command."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.S))
    commands = re.split(r"(?m)^(?=curl )", blocks.replace("\\\n", " "))
    return [shlex.split(one) for one in commands if one.strip()]


def asked(client: httpx.Client, words: list[str]) -> httpx.Response:
    """What curl would do with them."""
    headers, url, body = {}, "", None
    for flag, word in pairwise(words):
        if flag == "-H" and not word.startswith("Authorization"):
            name, _, value = word.partition(": ")
            headers[name] = value
        elif flag in ("-d", "--data-binary"):
            body = FILES.get(word, word.encode())
        elif word.startswith("$POSTERN"):
            url = word.removeprefix("$POSTERN")
    return client.request("GET" if body is None else "POST", url, headers=headers, content=body)


def test_every_example_works_in_its_order(site: Site) -> None:
    client, answers = site.client("write"), []
    for words in examples():
        answer = asked(client, words)
        assert answer.status_code in (200, 201), (words, answer.text)
        answers.append(answer.json())
    told = json.loads(re.findall(r"The second answers `(\{.*?\})`", PAGE)[0])
    assert answers[1] == told
    assert answers[2]["new"] == 1
    assert len(answers) == 7


@pytest.mark.parametrize(
    "said",
    [
        f"{TAGGED:g}, or {UNKNOWN:g} where",
        f"| {ANSWERED:g} |",
        f"{GUESSED:g}: a guess",
        f"in the {GUESS_DAYS.days} days before",
        f"Up to {MOST_AT_ONCE:,} messages",
    ],
)
def test_numbers_are_those_of_the_program(said: str) -> None:
    assert said in PAGE
