"""What the console tells of messages besides their text: garbled, blank, away, bounced, forwarded,
confirmations, campaigns, and the line of what waits."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Browser, expect

from store.messages import get_message, save_digest
from tests.web.browsing import CONTRAST, NAMELESS, NARROW, WIDE, Complaints, looks, signed_in
from tests.web.conftest import Site
from tests.web.learned import CAMPAIGN, ORDER, fill_learned, misread
from tests.web.samples import DOMAIN, store_one

CHINESE = {"accept-language": "zh-CN"}


@pytest.fixture
def learned(site: Site) -> dict[str, str]:
    """The ids of messages of all these kinds."""
    # In a thread of its own: beside a browser test, a loop runs in this one already.
    with ThreadPoolExecutor(1) as thread:
        ids = thread.submit(lambda: asyncio.run(fill_learned(site.database))).result()
    site.ids.update(ids)
    return ids


@pytest.fixture
def operator(site: Site) -> httpx.Client:
    return site.signed_in("operator")


def shown(client: httpx.Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.text)


def text_of(page: str) -> str:
    """Without tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def row(page: str, identifier: str) -> str:
    """One row of a list, as text."""
    return text_of(page.split(f"/messages/{identifier}?", 1)[1].split("</li>", 1)[0])


def test_a_garbled_text_says_what_happened_and_how_often(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    path = f"/messages/{learned['garbled']}"
    page = text_of(shown(operator, path))
    assert "garbled (UTF-8 read as windows-874, twice; 3 characters were lost)" in page
    assert "1 of the latest 2 messages from hans@kunde.example were garbled" in page
    chinese = text_of(shown(operator, path, **CHINESE))
    assert "UTF-8 被误读为 windows-874，两次；丢失 3 个字符" in chinese
    assert "twice" not in chinese


def test_a_garbled_text_can_be_seen_as_it_came(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    page = shown(operator, f"/messages/{learned['garbled']}?show=original")
    assert "This is the text as it came" in page
    assert misread(ORDER) in page
    assert f"{misread('Anfrage für Ventile')}</h1>" in page
    repaired = shown(operator, f"/messages/{learned['garbled']}")
    assert ORDER in repaired
    assert misread(ORDER) not in repaired.split('class="fold"')[0]
    assert "Show it repaired" in page
    sound = shown(operator, f"/messages/{learned['sound']}?show=original")
    assert "as it came" not in sound


def test_a_blank_message_says_why_with_the_names_of_its_files(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    path = f"/messages/{learned['empty']}"
    assert "only attachments. (scan-1.pdf, scan-2.pdf)" in shown(operator, path)
    assert "邮件只含附件。（scan-1.pdf" in shown(operator, path, **CHINESE)


def test_an_absence_is_in_the_list_and_on_the_page(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    page = shown(operator, "/mail")
    assert "away until 1 Dec" in row(page, learned["gone"])
    assert "away until Monday" in row(page, learned["monday"])
    assert "has left" in row(page, learned["left"])
    assert "周一返回" in row(shown(operator, "/mail", **CHINESE), learned["monday"])
    told = text_of(shown(operator, f"/messages/{learned['gone']}"))
    assert "Away, back on 1 Dec 2026" in told
    assert "ask zhang@kunde.example" in told


def test_an_absence_that_is_over_is_marked_no_more(site: Site, learned: dict[str, str]) -> None:
    site.clock.advance(30 * 24 * 3600)
    client = site.signed_in("operator")
    assert "away until" not in row(shown(client, "/mail"), learned["gone"])
    assert "they should be back" in shown(client, f"/messages/{learned['gone']}")


def test_who_has_left_is_a_suggestion_on_their_page(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    page = text_of(shown(operator, "/people/of?address=zhou@kunde.example"))
    assert "Has left the company" in page
    assert "chen@kunde.example" in page
    assert "off your lists" in page
    assert "off your lists" not in shown(operator, "/people/of?address=anna@kunde.example")


def test_a_bounce_says_who_why_and_what_to_do(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    html = shown(operator, f"/messages/{learned['returned']}")
    assert re.search(r"</dd>\s*<dd", html) is None, "a second value breaks the two columns"
    page = text_of(html)
    assert "The address does not exist or is disabled" in page
    assert "wang@kunde.example" in page
    assert "550 5.1.1 &lt;wang@kunde.example&gt;: user unknown" in page
    assert "Failed as well sun@kunde.example · The mailbox is full zhao@" in page
    assert "Send nothing more to this address" in page
    assert "wang@kunde.example · dead" in row(shown(operator, "/mail"), learned["returned"])


def test_reasons_are_told_in_words_and_names_of_rules_only_where_there_are_none(
    learned: dict[str, str], operator: httpx.Client, site: Site
) -> None:
    identifier = learned["returned"]
    detail = get_message(site.database, identifier)
    assert detail is not None and detail.digest is not None
    for why, chips in (
        (["dsn-failed", "no-such-user", "word:price"], ["投递失败报告", "价格"]),
        (["no-such-user"], ["no-such-user"]),
    ):
        save_digest(site.database, identifier, {**detail.digest, "why": why})
        page = shown(operator, f"/messages/{identifier}", **CHINESE)
        assert re.findall(r'class="reason-chip">([^<]*)<', page) == chips
        assert "; ".join(why) in page


def test_a_forwarded_text_is_there_without_a_click(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    page = shown(operator, f"/messages/{learned['moved']}")
    assert '<details class="quoted" open>' in page
    assert "Price of 20 valves?" in page


def test_the_customer_is_the_author_of_a_forward_and_never_the_forwarder(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    listed = row(shown(operator, "/mail"), learned["moved"])
    assert "Kim@buyer.example" in listed
    assert "Helen Fisher" not in listed
    assert "via helen@acme.example" in listed
    page = shown(operator, f"/messages/{learned['moved']}")
    sender = page.split('class="sender-name"', 1)[1].split("</p>", 1)[0]
    assert "Kim@buyer.example" in sender and "helen" not in sender.lower()
    assert "Forwarded by helen@acme.example" in text_of(page)


def test_who_pretends_to_have_forwarded_stands_beside_the_pretended_author(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    listed = row(shown(operator, "/mail"), learned["pretended"])
    assert "via mallory@stranger.example" in listed
    assert "helen@acme.example" not in listed
    page = text_of(shown(operator, f"/messages/{learned['pretended']}"))
    assert "Forwarded by mallory@stranger.example" in page
    assert "The message is from mallory@stranger.example" in page
    assert "which any sender can write" in page


def test_a_message_names_the_campaign_that_it_answers(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    page = shown(operator, f"/messages/{learned['answer']}")
    assert f'href="/mail?campaign={CAMPAIGN}"' in page
    assert "Campaign: Spring catalogue" in page
    assert "Campaign: Spring catalogue" in shown(operator, f"/threads/{learned['answer']}")


def test_a_list_can_be_of_one_campaign(learned: dict[str, str], operator: httpx.Client) -> None:
    page = shown(operator, f"/mail?campaign={CAMPAIGN}")
    assert "Spring catalogue</h1>" in page
    assert re.findall(r'<li class="row[^>]*> <a href="/messages/(\w{26})', page) == [
        learned["answer"]
    ]
    assert f"campaign%3D{CAMPAIGN}" in page  # a message opened from it leads back to it
    assert "No answers yet" in shown(operator, "/mail?campaign=quiet")


def test_campaigns_are_shown_with_what_came_of_them(
    learned: dict[str, str], operator: httpx.Client
) -> None:
    page = shown(operator, "/campaigns")
    assert page.index("Spring catalogue") < page.index("quiet")
    assert f"/mail?category=to_reply&amp;campaign={CAMPAIGN}" in page
    assert "3 messages sent" in page


def test_a_store_without_campaigns_says_how_to_begin(operator: httpx.Client) -> None:
    assert "No campaigns yet" in shown(operator, "/campaigns")
    assert "postern campaign register" in shown(operator, "/campaigns")


def test_one_line_says_what_waits(learned: dict[str, str], operator: httpx.Client) -> None:
    page = shown(operator, "/mail")
    line = text_of(page.split('class="overview"', 1)[1].split("</p>", 1)[0])
    assert re.search(r"\d+ need an answer", line)
    assert re.search(r"\d+ want to buy", line)
    assert "3 are away" in line
    assert 'class="overview"' not in shown(operator, "/mail?category=ooo")
    assert "人外出" in shown(operator, "/mail", **CHINESE)


def test_a_code_is_copied_by_one_click(
    browser: Browser, site: Site, learned: dict[str, str]
) -> None:
    context = browser.new_context(base_url=site.url, locale="en-GB", viewport=WIDE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    complaints = Complaints(context)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = signed_in(context, site, "operator")
    page.goto(f"/messages/{site.ids['confirmation']}")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == "304298959"
    link = page.get_by_role("link", name="Open")
    assert link.get_attribute("rel") == "noreferrer noopener"
    assert [url for url in asked if not url.startswith(site.url)] == []
    assert complaints.lines == []
    context.close()


def test_a_viewer_sees_neither_code_nor_link(site: Site, learned: dict[str, str]) -> None:
    page = shown(site.signed_in("viewer"), f"/messages/{site.ids['confirmation']}")
    assert "304298959" not in page
    assert "mail-settings.google.com" not in page


TOO_WIDE = """
() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("main *")].filter(
    (element) => element.getBoundingClientRect().right > innerWidth + 1
  ).map((element) => element.outerHTML.slice(0, 90))
"""
HOSTILE = "\u202e<script>alert(1)</script>" + "x" * 400


async def store_hostile(site: Site) -> str:
    """A message about which everything that strangers choose is hostile."""
    address = f"{'y' * 200}@{'z' * 60}.example"
    learned = {
        "category": "bounce",
        "repair": HOSTILE,
        "why": [HOSTILE],
        "away": {"back_on": HOSTILE, "substitute": HOSTILE, "left": False},
        "bounce": {"kind": HOSTILE, "permanent": None, "recipient": address, "status": HOSTILE,
                   "diagnostic": f"{HOSTILE}\nnext", "original_message_id": f"<{HOSTILE}>",
                   "reporter": HOSTILE, "others": [{"recipient": HOSTILE, "kind": HOSTILE}]},
        "forward": {"kind": HOSTILE, "forwarder": address, "original_sender": address,
                    "original_recipient": HOSTILE, "original_message_id": None},
        "confirmation": {"provider": HOSTILE, "code": HOSTILE, "link": f"https://{HOSTILE}/",
                         "requested_by": HOSTILE},
    }  # fmt: skip
    head = f"To: reply+{'c' * 150}.li=kunde.example@{DOMAIN}"
    content = f"From: a@kunde.example\r\n{head}\r\nSubject: x\r\n\r\ntext\r\n".encode()
    return await store_one(site.database, content, learned=learned)


def test_hostile_values_are_shown_as_text_and_stay_on_the_screen(
    browser: Browser, site: Site
) -> None:
    with ThreadPoolExecutor(1) as thread:
        identifier = thread.submit(lambda: asyncio.run(store_hostile(site))).result()
    for width in (WIDE, NARROW):
        context = browser.new_context(base_url=site.url, locale="en-GB", viewport=width)
        complaints = Complaints(context)
        page = signed_in(context, site)
        for path in (f"/messages/{identifier}", "/mail", f"/mail?campaign={'c' * 150}"):
            page.goto(path)
            assert page.locator("main script").count() == 0
            found = page.evaluate(TOO_WIDE)
            assert not found, "\n".join(found)
        assert complaints.lines == []
        context.close()


PAGES = ("garbled", "empty", "gone", "left", "returned", "moved", "answer", "confirmation")


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_pages_can_be_read_and_used_by_everybody(
    browser: Browser, site: Site, learned: dict[str, str], locale: str
) -> None:
    context = browser.new_context(base_url=site.url, locale=locale, reduced_motion="reduce")
    complaints = Complaints(context)
    page = signed_in(context, site)
    paths = [f"/messages/{site.ids[name]}" for name in PAGES]
    for path in (*paths, "/mail", "/campaigns", "/people/of?address=zhou@kunde.example"):
        page.goto(path)
        for look in looks(page, WIDE, NARROW):
            assert page.evaluate(CONTRAST) == [], (path, look)
            assert page.evaluate(NAMELESS) == [], (path, look)
            fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert fits, (path, look)
    assert complaints.lines == []
    context.close()
