"""From a message that was changed on its way to the page that says what was changed: through the
real door, with the worker running, in a real browser and in both languages."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from store.operators import add_operator
from tests.server import PATIENCE, Server, serving
from tests.services import require
from tests.stores import store_for
from tests.verify.signing import private_key, public_base64, sign
from tests.web.browsing import ARGUMENTS, CONTRAST
from tests.wire import Wire

PASSWORD = "correct horse battery staple"
FOOTER = b"-- \r\nSECRET-LIST-FOOTER of the list\r\n"
ZONES = f"""
strict.test:
  - TXT: "v=spf1 -all"
_dmarc.strict.test:
  - TXT: "v=DMARC1; p=reject"
s1._domainkey.strict.test:
  - TXT: "v=DKIM1; p={public_base64("rsa")}"
held.test:
  - TXT: "v=spf1 -all"
_dmarc.held.test:
  - TXT: "v=DMARC1; p=quarantine"
s1._domainkey.held.test:
  - TXT: "v=DKIM1; p={public_base64("rsa")}"
open.test:
  - TXT: "v=spf1 ip4:127.0.0.1 -all"
_dmarc.open.test:
  - TXT: "v=DMARC1; p=reject"
s1._domainkey.open.test:
  - TXT: "v=DKIM1; p={public_base64("rsa")}"
"""
SAID = {
    "en-GB": ("What broke the signature", "This is proved", "such as a footer or a banner"),
    "zh-CN": ("签名是怎样失效的", "这已得到证明", "例如页脚或横幅"),
}
GENERAL = {"en-GB": "Find what changes", "zh-CN": "请找出在签名服务器与我们之间"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an operator, which has diagnosed one message of each domain."""
    folder = tmp_path_factory.mktemp("diagnosed")
    zones: Path = folder / "zones.yaml"
    zones.write_text(ZONES)
    settings = {
        "POSTERN_WEB__PUBLIC_EXPLANATIONS": "true",
        "POSTERN_WEB__PUBLIC_URL": "http://mail.postern.test",
    }
    store_for(folder / "data", {"reply.test": "all"})
    with serving(folder, zones=zones, **settings) as running:
        with running.store() as database:
            add_operator(database, "wu", "viewer", PASSWORD, datetime.now(UTC))
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for this module."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=require("chromium"), args=ARGUMENTS)
        yield found
        found.close()


def changed(domain: str) -> bytes:
    """A signed message of this domain to which a list has added its footer; another each time."""
    content = (
        f"From: Li <li@{domain}>\r\nTo: <x@reply.test>\r\nSubject: Offer of {domain}\r\n\r\n"
        f"The offer that you asked for: number {time.monotonic_ns()}.\r\n"
    ).encode()
    tags = {
        "v": "1",
        "a": "rsa-sha256",
        "c": "relaxed/relaxed",
        "d": domain,
        "s": "s1",
        "h": "from:to:subject",
        "bh": "auto",
        "b": "auto",
    }
    return sign(content, tags, private_key("rsa")) + content + FOOTER


def deliver(server: Server, domain: str) -> tuple[str, str]:
    """Hand it in; the reply, and the id, when the worker has found out what broke it."""
    with Wire(server.smtp_port) as wire:
        wire.say("EHLO client.test")
        reply = wire.deliver(f"li@{domain}", "x@reply.test", changed(domain))
    found = re.search(r"\[([0-9A-Z]{26})\]$", reply)
    assert found is not None, reply
    deadline = time.monotonic() + PATIENCE
    with server.api() as client:
        while client.get(f"/transactions/{found[1]}").json()["diagnosis"] is None:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    return reply, found[1]


def page_in(browser: Browser, server: Server, language: str, scheme: str = "light") -> Page:
    """A page of somebody who is not signed in."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{server.web_port}",
        locale=language,
        viewport={"width": 400, "height": 850} if scheme == "dark" else None,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE * 1000)
    return context.new_page()


def signed_in(browser: Browser, server: Server, language: str) -> Page:
    """A page of the viewer Wu."""
    page = page_in(browser, server, language)
    page.goto("/login")
    page.fill("input[name=name]", "wu")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/mail**")
    return page


def expect_remedy(page: Page, language: str, domain: str) -> None:
    """The remedy names the change, that it is proved, and what mends just that."""
    remedy = page.locator(".remedy", has_text=SAID[language][0])
    expect(remedy).to_have_count(1)
    for sentence in (*SAID[language], domain, str(len(FOOTER))):
        expect(remedy).to_contain_text(sentence)
    expect(remedy).not_to_contain_text(GENERAL[language])


@pytest.mark.parametrize("language", SAID)
def test_the_log_says_what_broke_the_signature_of_refused_mail(
    browser: Browser, server: Server, language: str
) -> None:
    reply, identifier = deliver(server, "strict.test")
    assert reply.startswith("550")
    page = signed_in(browser, server, language)
    page.goto(f"/transactions/{identifier}")
    expect_remedy(page, language, "strict.test")
    expect(page.get_by_text("SECRET-LIST-FOOTER").first).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("language", SAID)
def test_the_message_says_what_broke_its_signature(
    browser: Browser, server: Server, language: str
) -> None:
    reply, identifier = deliver(server, "held.test")
    assert reply.startswith("250")
    page = signed_in(browser, server, language)
    page.goto(f"/messages/{identifier}")
    expect_remedy(page, language, "held.test")
    expect(page.locator(".broke")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("language", SAID)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_public_page_says_it_too_and_shows_nothing_of_the_message(
    browser: Browser, server: Server, language: str, scheme: str
) -> None:
    reply, identifier = deliver(server, "strict.test")
    address = re.search(r"http://mail\.postern\.test(/t/[\w-]{36})", reply.replace("\r\n550-", ""))
    assert address is not None, reply
    page = page_in(browser, server, language, scheme)
    page.goto(address[1])
    expect(page.get_by_text(identifier)).to_be_visible()
    expect_remedy(page, language, "strict.test")
    for secret in ("SECRET", "FOOTER", "Offer of", "asked for", "reply.test", "li@"):
        assert secret not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CONTRAST) == []
    page.context.close()


@pytest.mark.parametrize("language", SAID)
def test_a_broken_signature_is_explained_where_another_proof_was_enough(
    browser: Browser, server: Server, language: str
) -> None:
    reply, identifier = deliver(server, "open.test")
    assert reply.startswith("250")
    page = signed_in(browser, server, language)
    for path in (f"/transactions/{identifier}", f"/messages/{identifier}"):
        page.goto(path)
        page.evaluate("document.querySelectorAll('main details').forEach(e => { e.open = true; })")
        expect(page.get_by_text(SAID[language][1])).to_be_visible()
        expect(page.locator(".remedy")).to_have_count(0)
    page.context.close()


def test_the_api_joins_them_as_well(server: Server) -> None:
    _, identifier = deliver(server, "strict.test")
    with server.api("read") as client:
        told = client.get(f"/transactions/{identifier}").json()
    (remedy,) = [one for one in told["explanation"]["remedies"] if one["broke"]]
    assert (remedy["kind"], remedy["method"]) == ("dkim_body", "dkim")
    assert "such as a footer" in remedy["fix"]
