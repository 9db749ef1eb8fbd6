"""What the search box understands, in a real browser: everywhere to be read, and of use."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.browsing import CONTRAST, NAMELESS, NARROW, WIDE, Complaints, looks, signed_in
from tests.web.conftest import Site

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
QUERY = "/mail?q=catalogue+category:unknown+foo:bar"


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_help_and_notes_can_be_read_everywhere(browser: Browser, site: Site, locale: str) -> None:
    context = browser.new_context(base_url=site.url, locale=locale, reduced_motion="reduce")
    complaints = Complaints(context)
    page = signed_in(context, site)
    page.goto(QUERY)
    expect(page.locator(".search-notes li")).to_have_count(2)
    page.locator(".search-help summary").click()
    for look in looks(page, WIDE, NARROW):
        expect(page.locator(".search-help dl")).to_be_visible()
        assert page.evaluate(CONTRAST) == [], look
        assert page.evaluate(NAMELESS) == [], look
        assert page.evaluate(TOO_WIDE) <= 0, look
    assert complaints.lines == []
    context.close()


def test_an_example_is_a_search(page: Page) -> None:
    page.goto("/mail")
    page.locator(".search-help summary").click()
    page.get_by_role("link", name="has:attachment").click()
    expect(page.get_by_label("Search mail")).to_have_value("has:attachment")
    expect(page.locator(".rows .row")).not_to_have_count(0)
    expect(page.locator(".search-notes")).to_have_count(0)
