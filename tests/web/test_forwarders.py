"""Know your forwarder in the console: what is offered, who decides, and what follows."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from store.audit import list_audit
from store.forward_paths import find_offers, list_paths, look_for_offers
from tests.fakes import NOON
from tests.web.browsing import CONTRAST, NAMELESS, Complaints, looks, signed_in
from tests.web.conftest import Site
from tests.web.forwards import CONTOSO, SUPPORT, fill_forwards

PAGE = "/forwarders"


@pytest.fixture
def ids(site: Site) -> list[str]:
    """The ids of the forwarded messages that are in the store now."""
    return fill_forwards(site.database)


def offers(site: Site) -> dict[str, str]:
    """The ids of the offers that wait, by what was proved."""
    return {one.path.name: one.id for one in find_offers(site.database, site.clock())}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_tells_the_facts_and_what_is_not_proved(
    site: Site, ids: list[str], language: str
) -> None:
    client = site.signed_in("viewer")
    page = client.get(PAGE, headers={"accept-language": language, "accept": "text/html"}).text
    for told in (CONTOSO, SUPPORT, "bank.example", "google.example", "shop.example"):
        assert told in page
    assert f"/messages/{ids[1]}" in page
    for refused in (ids[0], ids[2], ids[3]):
        assert f"/transactions/{refused}" in page
    said = {
        "en": ("In 1 of 3 messages the author", "That it was forwarded at all.", "1 held, 2 ref"),
        "zh-CN": ("3 封邮件中有 1 封", "邮件确实经过转发", "1 封暂扣，2 封拒收"),
    }
    for sentence in said[language]:
        assert sentence in page.replace("&#39;", "'")


def test_without_forwards_there_is_nothing_to_decide_and_no_number(site: Site) -> None:
    page = site.signed_in().get(PAGE).text
    assert "Nothing waits for a decision" in page
    assert 'class="count"' not in page


def test_every_page_has_the_number_of_what_waits(site: Site, ids: list[str]) -> None:
    client = site.signed_in()
    assert "2 forwarders wait for a decision" in client.get("/mail").text
    site.submit(client, f"{PAGE}/dismiss", id=offers(site)["google.example"])
    assert "1 forwarder waits for a decision" in client.get("/mail").text


def test_an_administrator_trusts_a_path_for_some_days_and_ends_it(
    site: Site, ids: list[str]
) -> None:
    client, chosen = site.signed_in(), offers(site)["contoso.example"]
    answer = site.submit(client, f"{PAGE}/trust", id=chosen, days="30", note="Li did")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{PAGE}?done=trusted#path-{chosen}",
    )
    (row,) = list_paths(site.database)
    assert (row.created_by, row.note) == ("admin", "Li did")
    assert row.expires_at == site.clock() + timedelta(days=30)
    page = client.get(PAGE).text
    assert f'id="path-{chosen}"' in page
    assert f'id="offer-{chosen}"' not in page
    assert "trusted by admin" in page
    assert site.submit(client, f"{PAGE}/end", id=chosen).status_code == 303
    assert list_paths(site.database) == ()
    assert site.submit(client, f"{PAGE}/end", id=chosen).status_code == 404
    assert list_audit(site.database)[0].what == "forward-path.remove"


def test_what_was_dismissed_is_kept_aside_and_can_be_trusted(site: Site, ids: list[str]) -> None:
    client, chosen = site.signed_in(), offers(site)["contoso.example"]
    assert site.submit(client, f"{PAGE}/dismiss", id=chosen).status_code == 303
    page = client.get(PAGE).text
    assert f'id="offer-{chosen}"' not in page
    assert "Dismissed (1)" in page
    assert site.submit(client, f"{PAGE}/trust", id=chosen, days="7").status_code == 303
    assert [one.id for one in list_paths(site.database)] == [chosen]


def test_a_path_that_is_over_is_said_to_be_over(site: Site, ids: list[str]) -> None:
    client, chosen = site.signed_in(), offers(site)["contoso.example"]
    site.submit(client, f"{PAGE}/trust", id=chosen, days="7")
    site.clock.advance(8 * 24 * 3600)
    page = site.signed_in().get(PAGE).text
    assert "Over (1)" in page
    assert f'id="offer-{chosen}"' in page


@pytest.mark.parametrize("role", ["viewer", "operator"])
@pytest.mark.parametrize("form", ["trust", "dismiss", "end"])
def test_only_administrators_decide(site: Site, ids: list[str], role: str, form: str) -> None:
    client, chosen = site.signed_in(role), offers(site)["contoso.example"]
    page = client.get(PAGE).text
    assert f"{PAGE}/{form}" not in page
    assert "Only administrators can decide" in page
    assert site.submit(client, f"{PAGE}/{form}", id=chosen).status_code == 403
    assert look_for_offers(site.database, NOON).dismissed == ()
    assert list_paths(site.database) == ()


@pytest.mark.parametrize("form", ["trust", "dismiss", "end"])
def test_a_decision_must_come_from_our_own_page(site: Site, ids: list[str], form: str) -> None:
    client, chosen = site.signed_in(), offers(site)["contoso.example"]
    path, token = f"{PAGE}/{form}", client.headers["x-csrf-token"]
    assert client.post(path, data={"id": chosen}).status_code == 403
    assert site.submit(client, path, csrf="guessed", id=chosen).status_code == 403
    evil = client.post(
        path, data={"id": chosen, "csrf": token}, headers={"origin": "https://evil.example"}
    )
    assert evil.status_code == 403
    assert len(find_offers(site.database, NOON)) == 2


@pytest.mark.parametrize("days", ["0", "8", "100000", "x"])
def test_only_the_periods_offered_are_taken(site: Site, ids: list[str], days: str) -> None:
    client, chosen = site.signed_in(), offers(site)["contoso.example"]
    answer = site.submit(client, f"{PAGE}/trust", id=chosen, days=days)
    assert answer.status_code == 422
    assert list_paths(site.database) == ()


@pytest.mark.parametrize("form", ["trust", "dismiss"])
def test_what_is_not_offered_cannot_be_decided(site: Site, form: str) -> None:
    assert site.submit(site.signed_in(), f"{PAGE}/{form}", id="none").status_code == 404


def test_the_message_and_the_transaction_lead_to_the_page(site: Site, ids: list[str]) -> None:
    client = site.signed_in("viewer")
    for path in (f"/messages/{ids[1]}", f"/transactions/{ids[0]}"):
        assert "This looks like forwarded mail" in client.get(path).text
    for path in (f"/messages/{site.ids['held']}", f"/transactions/{site.ids['reply']}"):
        assert "This looks like forwarded mail" not in client.get(path).text


def test_the_api_has_the_same_offers_and_dismisses_them(site: Site, ids: list[str]) -> None:
    client, path = site.client("admin"), "/api/v1/forward-paths"
    found = {one["name"]: one for one in client.get(path).json()["items"]}
    contoso, google = found["contoso.example"], found["google.example"]
    assert (contoso["state"], contoso["genuine"], contoso["named"]) == ("offered", 1, 0)
    assert contoso["unproven"] == ["author", "forwarded", "mailbox", "destination"]
    assert google["forwarder"] is None
    assert client.post(f"{path}/{contoso['id']}/dismiss").status_code == 204
    assert client.post(f"{path}/none/dismiss").status_code == 404
    assert site.client("write").post(f"{path}/{google['id']}/dismiss").status_code == 403
    assert [one["state"] for one in client.get(path).json()["items"]] == ["offered", "dismissed"]


def test_an_administrator_decides_by_keyboard_alone(page: Page, site: Site, ids: list[str]) -> None:
    page.goto("/mail")
    page.get_by_role("link", name=re.compile("Forwarders")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Know your forwarder")).to_be_visible()
    offer = page.locator(".offer", has_text=CONTOSO).first
    offer.get_by_label("For how long").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.type("Li set it up")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The path is trusted from now on.")
    (row,) = list_paths(site.database)
    assert (row.note, row.expires_at) == ("Li set it up", site.clock() + timedelta(days=30))
    page.locator("summary", has_text="End").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The path is trusted no longer.")
    assert list_paths(site.database) == ()


def test_a_viewer_reads_it_in_chinese(browser: Browser, site: Site, ids: list[str]) -> None:
    context = browser.new_context(base_url=site.url, locale="zh-CN")
    page = signed_in(context, site, "viewer")
    page.goto(PAGE)
    expect(page.get_by_role("heading", name="了解您的转发者")).to_be_visible()
    expect(page.get_by_text("只有管理员可以决定信任谁。")).to_be_visible()
    expect(page.get_by_role("button", name="信任这条路径")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_it_can_be_read_on_every_screen(
    browser: Browser, site: Site, ids: list[str], language: str
) -> None:
    client, found = site.signed_in(), offers(site)
    site.submit(client, f"{PAGE}/trust", id=found["google.example"], days="7", note="x" * 200)
    context = browser.new_context(
        base_url=site.url,
        locale=language,
        reduced_motion="reduce",
    )
    complaints = Complaints(context)
    page = signed_in(context, site)
    page.goto(PAGE)
    page.evaluate("document.querySelectorAll('main details').forEach(e => { e.open = true; })")
    screens = [ViewportSize(width=width, height=844) for width in (360, 400, 768, 1280)]
    for scheme, width in looks(page, *screens):
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{wide} wide on {width}"
        assert page.evaluate(CONTRAST) == [], scheme
        assert page.evaluate(NAMELESS) == []
    context.close()
    assert complaints.lines == []


def test_the_number_is_counted_anew_after_a_minute(site: Site) -> None:
    client = site.signed_in()
    assert 'class="count"' not in client.get("/mail").text
    fill_forwards(site.database)
    site.clock.advance(61)
    assert "2 forwarders wait" in client.get("/mail").text
