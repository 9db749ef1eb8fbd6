"""The second opinion, asked of a real HTTP server on loopback that answers well or badly."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from digest.opinion_settings import OpinionSettings
from digest.second_opinion import FAILURES, REST_SECONDS, SecondOpinion
from mail.errors import SettingsProblem
from tests.fakes import FixedClock

KEY = "sk-a-secret-of-ours"
Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Endpoint:
    """What came in, and how it is answered."""

    answer: Answer
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def serving(answer: Answer) -> Iterator[Endpoint]:
    """A server that gives this answer to everything."""
    endpoint = Endpoint(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            endpoint.bodies.append(json.loads(self.rfile.read(length)))
            endpoint.headers.append(dict(self.headers))
            try:
                answer(self)
            except OSError:
                self.close_connection = True  # whoever asked has gone

        def log_message(self, format: str, *args: object) -> None:
            """Tests read our log, not the server's."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        yield endpoint
        server.shutdown()


def says(content: object, status: int = 200) -> Answer:
    """As such endpoints answer."""
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]})
    return sends(body.encode(), status)


def sends(body: bytes, status: int = 200) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def trickles(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.05)


def form(**values: Any) -> dict[str, Any]:
    """A digest that words decided, unsurely."""
    standard: dict[str, Any] = {
        "category": "to_reply",
        "confidence": 0.45,
        "why": ["word:price"],
        "subject": "Pumps",
        "reply_text": "Perhaps. What would forty cost?",
        "confirmation": None,
    }
    return {**standard, **values}


def asking(endpoint: Endpoint, **values: Any) -> SecondOpinion:
    settings = {"timeout": 5.0, "key": KEY, **values}
    return SecondOpinion(OpinionSettings(endpoint.url, "small-model", **settings))


def test_the_answer_becomes_the_category_and_says_so() -> None:
    with serving(says(" inquiry\n")) as endpoint:
        revised = asking(endpoint).revise(form(), held=False)
    assert revised is not None
    assert revised["category"] == "inquiry"
    assert revised["why"] == ["second-opinion", "word:price"]
    assert endpoint.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_subject_and_text_are_sent_cut_and_nothing_else_of_the_message() -> None:
    told = form(
        reply_text="x" * 5000, text="quoted secret", **{"from": {"address": "buyer@client.example"}}
    )
    with serving(says("inquiry")) as endpoint:
        asking(endpoint, max_characters=300).revise(told, held=False)
    (body,) = endpoint.bodies
    sent = body["messages"][1]["content"]
    assert sent.startswith("Pumps\n\nxxx")
    assert len(sent) == 300
    assert set(body) == {"model", "temperature", "max_tokens", "messages"}
    assert "buyer@client.example" not in json.dumps(body)
    assert "quoted secret" not in json.dumps(body)


@pytest.mark.parametrize(
    ("told", "held"),
    [
        (form(), True),
        (form(confirmation={"provider": "gmail", "code": "1"}), False),
        (form(confidence=0.9), False),
        (form(why=["auto-submitted-auto-replied"]), False),
        (form(reply_text="  "), False),
    ],
)
def test_nobody_is_asked_about_held_mail_codes_sure_or_certain_things(
    told: dict[str, Any], held: bool
) -> None:
    with serving(says("inquiry")) as endpoint:
        assert asking(endpoint).revise(told, held=held) is None
    assert endpoint.bodies == []


BAD: list[Answer] = [
    says("I think it is an inquiry."),
    says("Inquiry, rejection"),
    says(None),
    says(["inquiry"]),
    says("inquiry", 500),
    says("inquiry", 302),
    sends(b"\xff\xfe not json"),
    sends(b"[]"),
    sends(b"[" * 60_000),
    sends(b" " * 300_000 + b"{}"),
    sends(b""),
]


@pytest.mark.parametrize("answer", BAD)
def test_whatever_else_is_answered_changes_nothing_and_costs_one_line(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(answer) as endpoint, caplog.at_level(logging.WARNING):
        assert asking(endpoint).revise(form(), held=False) is None
    assert [line for line in caplog.messages if "no-second-opinion" in line]
    assert len(caplog.messages) == 1
    assert KEY not in caplog.text


def test_an_endpoint_that_trickles_has_no_more_time_than_a_silent_one() -> None:
    with serving(trickles) as endpoint:
        assert asking(endpoint, timeout=0.3).revise(form(), held=False) is None


def test_an_endpoint_that_is_not_there_costs_nothing() -> None:
    opinion = SecondOpinion(OpinionSettings("http://127.0.0.1:9/v1", "small-model", timeout=1.0))
    assert opinion.revise(form(), held=False) is None


def test_one_that_fails_again_and_again_is_left_alone_for_a_while() -> None:
    clock = FixedClock()
    with serving(says("nonsense")) as endpoint:
        settings = OpinionSettings(endpoint.url, "small-model", max_calls_per_minute=1000)
        opinion = SecondOpinion(settings, lambda: clock().timestamp())
        for _ in range(FAILURES + 5):
            opinion.revise(form(), held=False)
        assert len(endpoint.bodies) == FAILURES
        clock.advance(REST_SECONDS)
        opinion.revise(form(), held=False)
        assert len(endpoint.bodies) == FAILURES + 1


def test_no_more_is_asked_in_a_minute_than_is_allowed() -> None:
    clock = FixedClock()
    with serving(says("inquiry")) as endpoint:
        settings = OpinionSettings(endpoint.url, "small-model", max_calls_per_minute=2)
        opinion = SecondOpinion(settings, lambda: clock().timestamp())
        answers = [opinion.revise(form(), held=False) for _ in range(4)]
        assert [one is not None for one in answers] == [True, True, False, False]
        clock.advance(61)
        assert opinion.revise(form(), held=False) is not None


@pytest.mark.parametrize(
    "url",
    ["http://api.example.com/v1", "ftp://127.0.0.1", "api.example.com", "https://u:p@a.example"],
)
def test_an_address_that_would_send_mail_in_the_clear_is_refused(url: str) -> None:
    with pytest.raises(SettingsProblem, match="second_opinion"):
        OpinionSettings(url, "small-model")


@pytest.mark.parametrize(
    "url", ["https://a.example:port/v1", "https://a.example:99999", "https://[::1", "https://a/é"]
)
def test_an_address_that_no_request_can_be_sent_to_is_refused(url: str) -> None:
    with pytest.raises(SettingsProblem, match="second_opinion"):
        OpinionSettings(url, "small-model")


@pytest.mark.parametrize("key", ["two\nlines", "clé"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_told(key: str) -> None:
    with pytest.raises(SettingsProblem, match="key") as caught:
        OpinionSettings("https://api.example.com/v1", "small-model", key)
    assert key not in str(caught.value)


def test_the_key_is_not_in_what_settings_look_like() -> None:
    assert KEY not in repr(OpinionSettings("https://api.example.com/v1", "m", KEY))
