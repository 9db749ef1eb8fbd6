"""The console in a real browser: headless Chromium signs in, reads, decides and looks things up."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.web.browsing import CONTRAST, NAMELESS, WIDE, Complaints, looks, signed_in
from tests.web.conftest import PASSWORD, Front, Site


def test_an_operator_signs_in_reads_a_message_and_signs_out(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Name").fill("operator")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="All inboxes")).to_be_visible()
    page.get_by_role("link", name=re.compile("Maria Keller")).click()
    expect(page.get_by_role("heading", level=1, name="Re: Autumn catalogue")).to_be_visible()
    expect(page.get_by_text("your price for 200 pieces FOB Ningbo?").first).to_be_visible()
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto("/mail")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_opening_a_message_marks_it_read(page: Page, site: Site) -> None:
    with page.expect_response(lambda answer: answer.request.method == "PATCH") as patched:
        page.goto(f"/messages/{site.ids['reply']}")
    assert patched.value.status == 200
    expect(page.locator(".row.is-selected")).not_to_have_class(re.compile("is-unread"))
    page.goto("/mail")
    expect(page.locator(".row.is-unread")).to_have_count(5)


def test_formatted_mail_is_shown_and_can_do_nothing(
    context: BrowserContext, page: Page, site: Site
) -> None:
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page.goto(f"/messages/{site.ids['html']}")
    page.get_by_role("link", name="Formatted").click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Stand in Hannover")).to_be_visible()
    expect(frame.get_by_role("cell", name="4.00 m")).to_be_visible()
    assert frame.locator("script, form, input, iframe").count() == 0
    assert {url for url in asked if not url.startswith(site.url)} == set()


def test_hostile_html_does_nothing_even_where_the_sanitiser_overlooked_it(
    browser: Browser, site: Site, front: Front
) -> None:
    attack = (
        "<script>new Image().src = '/leak-by-script'</script><img src='/leak-by-picture'>"
        "<img src=x onerror=\"fetch('/leak-by-handler')\"><style>@import '/leak-by-style';</style>"
        "<iframe src='/leak-by-frame'></iframe>"
        "<meta http-equiv=refresh content='0;url=/leak-by-meta'>"
    )
    context = browser.new_context(base_url=site.url)
    page = signed_in(context, site)

    def add_attack(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("</body>", attack + "</body>"))

    page.route("**/html", add_attack)
    page.goto(f"/messages/{site.ids['html']}?show=html", wait_until="networkidle")
    expect(page.frame_locator("iframe").locator("img[onerror]")).to_have_count(1)
    page.goto(f"/api/v1/messages/{site.ids['html']}/html", wait_until="networkidle")
    assert page.evaluate("self.origin") == "null"
    context.close()
    assert f"/api/v1/messages/{site.ids['html']}/html" in front.asked
    assert [path for path in front.asked if "leak-by" in path] == []


def test_a_held_message_is_released(page: Page, site: Site) -> None:
    page.goto("/mail")
    page.locator(".tree").get_by_role("link", name=re.compile("Held")).click()
    page.get_by_role("link", name=re.compile("Your invoice 4711")).click()
    expect(page.get_by_text("Not authenticated: nothing proves")).to_be_visible()
    expect(
        page.get_by_text("bank.example says that this client may not send for it.")
    ).to_be_visible()
    page.get_by_role("button", name="Release").click()
    expect(page.get_by_role("button", name="Release")).to_have_count(0)
    page.goto("/mail")
    expect(page.get_by_role("link", name=re.compile("Your invoice 4711"))).to_be_visible()


def test_a_message_is_deleted_only_after_a_question(page: Page, site: Site) -> None:
    page.goto(f"/messages/{site.ids['rejection']}")
    sure = page.get_by_text("Delete this message for good?")
    expect(sure).to_be_hidden()
    page.locator("summary", has_text="Delete").click()
    expect(sure).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="All inboxes")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Tom Barker"))).to_have_count(0)


def test_a_category_is_corrected_by_choosing_it(page: Page, site: Site) -> None:
    page.goto(f"/messages/{site.ids['blank']}")
    page.get_by_text("Change category").click()
    page.get_by_role("button", name="Notice").click()
    expect(page.locator(".labels .badge")).to_have_text("Notice")
    page.get_by_text("Change category").click()
    expect(page.get_by_role("button", name="Notice")).to_have_attribute("aria-current", "true")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Notice")).to_be_hidden()


def test_with_the_keyboard_nothing_is_chosen_before_enter(page: Page, site: Site) -> None:
    page.goto(f"/messages/{site.ids['blank']}")
    badge, summary = page.locator(".labels .badge"), page.locator(".recategorise summary")
    before = badge.inner_text()
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Inquiry")).to_be_visible()
    for key in ("ArrowDown", "ArrowDown", "Tab", "ArrowDown", "Tab"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Inquiry")).to_be_focused()
    expect(badge).to_have_text(before)
    page.keyboard.press("Enter")
    expect(badge).to_have_text("Inquiry")


def test_a_category_is_corrected_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, locale="en-GB", java_script_enabled=False)
    page = signed_in(context, site)
    page.goto(f"/messages/{site.ids['blank']}")
    page.get_by_text("Change category").click()
    page.get_by_role("button", name="Notice").click()
    expect(page.locator(".labels .badge")).to_have_text("Notice")
    context.close()


def test_an_attachment_is_downloaded_under_its_own_name(page: Page, site: Site) -> None:
    page.goto(f"/messages/{site.ids['html']}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download 展位布置图.png").click()
    assert download.value.suggested_filename == "展位布置图.png"
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG")


def test_the_log_finds_a_refusal_and_says_why(page: Page) -> None:
    page.goto("/mail")
    page.get_by_role("link", name="Log", exact=True).click()
    page.get_by_role("link", name="Refused").click()
    page.get_by_label("Search the log").fill("bank.example")
    page.get_by_role("button", name="Show").click()
    page.locator("table.log .cover").click()
    expect(
        page.get_by_text("Refused: the sending server was told not to send it again.")
    ).to_be_visible()
    expect(page.locator(".reply-line")).to_contain_text("550 5.7.26 Unauthenticated email")


def test_times_are_in_the_viewer_s_zone_and_say_so(page: Page, site: Site) -> None:
    page.goto(f"/transactions/{site.ids['reply']}")
    time = page.locator("time").first
    expect(time).to_have_text("20 Nov 2026, 19:48")
    expect(time).to_have_attribute("title", re.compile(r"Asia/Shanghai.*= 2026-11-20 11:48:00 UTC"))
    expect(page.locator(".foot")).to_have_text("Times are in your zone, Asia/Shanghai.")


def test_the_keyboard_is_enough(page: Page, site: Site) -> None:
    page.goto("/mail")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/messages/{site.ids['chinese']}*")
    page.keyboard.press("k")
    page.wait_for_url(f"**/messages/{site.ids['reply']}*")
    page.keyboard.press("e")
    page.wait_for_url("**/mail")
    expect(page.get_by_role("link", name=re.compile("Maria Keller"))).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("catalogue")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name='Results for "catalogue"')).to_be_visible()


def test_keys_do_nothing_while_somebody_types(page: Page, site: Site) -> None:
    page.goto(f"/messages/{site.ids['reply']}")
    page.locator("#q").fill("")
    page.locator("#q").press_sequentially("jeu")
    assert page.locator("#q").input_value() == "jeu"
    assert site.ids["reply"] in page.url


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_a_viewer_reads_without_a_write(context: BrowserContext, site: Site, role: str) -> None:
    methods: list[str] = []
    context.on("request", lambda request: methods.append(request.method))
    page = signed_in(context, site, role)
    page.goto(f"/messages/{site.ids['reply']}", wait_until="networkidle")
    assert ("PATCH" in methods) == (role == "operator")


ADDRESSES = [
    "/mail",
    "/mail?view=held",
    "/mail?q=nothing-of-the-kind",
    "/messages/{reply}",
    "/messages/{html}",
    "/messages/{html}?show=html",
    "/messages/{held}",
    "/messages/{long}",
    "/messages/{bounce}",
    "/messages/{confirmation}",
    "/log",
    "/transactions/{held}",
    "/domains",
    "/password",
    "/about",
]


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_no_page_is_wider_than_its_screen(browser: Browser, site: Site, language: str) -> None:
    context = browser.new_context(base_url=site.url, locale=language)
    complaints = Complaints(context)
    page = signed_in(context, site)
    for address in ADDRESSES:
        page.goto(address.format(**site.ids))
        page.evaluate("document.querySelectorAll('main details').forEach(e => { e.open = true; })")
        for width in (360, 390, 768, 1024, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{address} is {wide} wide on {width}"
    context.close()
    assert complaints.lines == []


def test_all_text_has_the_contrast_that_wcag_asks_for(browser: Browser, site: Site) -> None:
    context = browser.new_context(base_url=site.url, locale="en-GB", reduced_motion="reduce")
    page = context.new_page()
    page.goto("/login")
    for look in looks(page, WIDE):
        assert page.evaluate(CONTRAST) == [], look
    page = signed_in(context, site)
    for address in ADDRESSES:
        page.goto(address.format(**site.ids))
        for look in looks(page, WIDE):
            assert page.evaluate(CONTRAST) == [], (address, look)
    context.close()


def test_every_control_has_a_name_and_every_page_its_landmarks(
    browser: Browser, site: Site
) -> None:
    context = browser.new_context(base_url=site.url, locale="en-GB")
    page = signed_in(context, site)
    for address in ADDRESSES:
        page.goto(address.format(**site.ids))
        for width in (390, 1440):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.evaluate(NAMELESS) == [], (address, width)
            assert page.locator("main").count() == 1
            assert page.locator("h1:visible").count() >= 1
        assert page.title().endswith("Postern")
        assert (
            page.evaluate(
                "[...document.querySelectorAll('[id]')].map(e => e.id)"
                ".filter((id, at, all) => all.indexOf(id) !== at)"
            )
            == []
        ), address
    context.close()
