"""The pages about keeping and forgetting, as people see them: in both languages, on a telephone and
on a wide screen, by day and by night."""

import pytest
from playwright.sync_api import Browser, Page, expect

from store.erasure import ask_erasure, run_erasure
from store.holds import Wanted, set_hold
from store.quotas import Quota, list_loads, set_quota
from store.retention_rules import NewRule, add_rule
from store.secrets import SecretBox
from tests.fakes import NOON
from tests.web.browsing import CONTRAST, NAMELESS, NARROW, WIDE, Complaints, looks, signed_in
from tests.web.conftest import Site

PAGES = ("retention", "suppressions", "holds", "erasures", "audit")
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def fill(site: Site) -> None:
    """Something of everything that these pages show."""
    database = site.database
    [box, *_] = [load.mailbox for load in list_loads(database) if load.messages]
    rule = NewRule(30, box, "bounce", 1_000_000, "bytes", "large returned mail")
    add_rule(database, rule, by="admin", now=site.clock())
    set_quota(database, box, Quota(5, None, refuse=True), by="admin", now=NOON)
    for wanted in (Wanted(site.ids["reply"]), Wanted(None, "li@example.com", box, NOON)):
        set_hold(database, wanted, "case 12", by="admin", now=NOON)
    asked = ask_erasure(database, "gone@example.com", by="admin", now=NOON)
    keys = SecretBox(database.settings.data_dir / "keys")
    run_erasure(database, keys, asked.id, site.clock)
    ask_erasure(database, "next@example.com", by="admin", now=NOON)


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_the_pages_can_be_read_everywhere(browser: Browser, site: Site, locale: str) -> None:
    fill(site)
    context = browser.new_context(base_url=site.url, locale=locale, reduced_motion="reduce")
    complaints = Complaints(context)
    page = signed_in(context, site)
    for path in (*PAGES, f"messages/{site.ids['reply']}"):
        page.goto(f"/{path}")
        for look in looks(page, WIDE, NARROW):
            assert page.evaluate(CONTRAST) == [], (path, look)
            assert page.evaluate(NAMELESS) == [], (path, look)
            assert page.evaluate(TOO_WIDE) <= 0, (path, look)
    assert complaints.lines == []
    context.close()


def test_a_person_sets_up_a_rule_and_confirms_it(page: Page, site: Site) -> None:
    page.goto("/retention")
    page.get_by_label("Older than (days)").fill("30")
    page.get_by_role("button", name="What would it remove?").click()
    expect(page.get_by_text("Today it would remove")).to_be_visible()
    expect(page.get_by_label("Older than (days)")).to_have_value("30")
    page.get_by_role("button", name="Add rule").click()
    expect(page.get_by_text("not yet in force")).to_be_visible()
    page.get_by_role("button", name="Confirm, begin now").click()
    expect(page.get_by_text("not yet in force")).to_have_count(0)


def test_a_person_erases_somebody(page: Page, site: Site) -> None:
    page.goto("/erasures")
    page.get_by_label("Address", exact=True).fill("nobody@example.com")
    page.get_by_role("button", name="What would go?").click()
    page.get_by_label("Type the address once more").fill("nobody@example.com")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("under way")).to_be_visible()
