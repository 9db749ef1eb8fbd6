"""What the search box understands, in a real browser: everywhere to be read, and of use."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.web.browsing import CONTRAST, NAMELESS, Complaints, signed_in
from tests.web.conftest import Site

WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=360, height=740)
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
QUERY = "/mail?q=catalogue+category:unknown+foo:bar"


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_help_and_notes_can_be_read_everywhere(
    browser: Browser, site: Site, locale: str, scheme: Literal["light", "dark"]
) -> None:
    for viewport in (WIDE, NARROW):
        context = browser.new_context(
            base_url=site.url, locale=locale, color_scheme=scheme, viewport=viewport
        )
        complaints = Complaints(context)
        page = signed_in(context, site)
        page.goto(QUERY)
        expect(page.locator(".search-notes li")).to_have_count(2)
        page.locator(".search-help summary").click()
        expect(page.locator(".search-help dl")).to_be_visible()
        where = (locale, scheme, viewport["width"])
        assert page.evaluate(CONTRAST) == [], where
        assert page.evaluate(NAMELESS) == [], where
        assert page.evaluate(TOO_WIDE) <= 0, where
        assert complaints.lines == []
        context.close()


def test_an_example_is_a_search(page: Page) -> None:
    page.goto("/mail")
    page.locator(".search-help summary").click()
    page.get_by_role("link", name="has:attachment").click()
    expect(page.get_by_label("Search mail")).to_have_value("has:attachment")
    expect(page.locator(".rows .row")).not_to_have_count(0)
    expect(page.locator(".search-notes")).to_have_count(0)
