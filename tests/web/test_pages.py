"""The console's pages: what a person finds where, in which language, and what a click does."""

import re
from pathlib import Path

import pytest

from store.database import StoreSettings, migrate, open_database
from store.operators import add_operator
from tests.fakes import NOON
from tests.web.conftest import PASSWORD, Front, Site, console, sign_in
from tests.web.samples import DOMAIN, store_many, store_one
from web.listing import PAGE

CHINESE = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.5"}


def rows(page: str) -> list[str]:
    """The ids of a list's messages, in the order of the page."""
    return re.findall(r'<li class="row[^>]*>\s*<a href="/messages/([0-9A-Z]{26})', page)


def test_the_root_leads_to_the_mail(site: Site) -> None:
    assert site.signed_in().get("/").headers["location"] == "/mail"


def test_the_list_shows_everything_newest_first(site: Site) -> None:
    page = site.signed_in().get("/mail").text
    assert rows(page)[0] == site.ids["reply"]
    assert rows(page)[-1] == site.ids["complaint"]
    assert site.ids["held"] not in rows(page)
    assert "王芳" in page


def test_the_system_mailbox_has_an_address_of_its_own(site: Site) -> None:
    page = site.signed_in().get("/mail/system")
    assert page.status_code == 200
    assert len(rows(page.text)) == 11


def test_who_waits_longest_for_an_answer_comes_first(site: Site) -> None:
    page = site.signed_in().get("/mail?category=to_reply").text
    expected = ["second-chinese", "blank", "html", "reply"]
    assert rows(page) == [site.ids[name] for name in expected]
    assert "Oldest first" in page
    assert "29 h" in page


def numbers(page: str) -> dict[str, int]:
    """What the tree says is unread, by the name of the line."""
    tree = page.split('<nav class="tree"', 1)[1].split("</nav>", 1)[0]
    lines = re.findall(
        r'<span class="tree-name">([^<]*)</span>(?:<span class="number">(\d+))?', tree
    )
    return {name: int(number or 0) for name, number in lines}


def test_the_tree_counts_what_is_unread(site: Site) -> None:
    found = numbers(site.signed_in().get("/mail").text)
    assert found["All inboxes"] == found[DOMAIN] == 6
    assert (found["To reply"], found["Bounce"], found["Out of office"]) == (3, 1, 0)
    assert found["Held"] == 1


def test_the_tree_counts_change_when_something_is_read_filed_or_recategorised(site: Site) -> None:
    client = site.signed_in()
    path = f"/messages/{site.ids['reply']}/flags"
    site.submit(client, path, action="read")
    assert numbers(client.get("/mail").text)["To reply"] == 2
    site.submit(client, path, action="unread")
    site.submit(client, path, category="complaint")
    found = numbers(client.get("/mail").text)
    assert (found["To reply"], found["Complaint"]) == (2, 1)
    site.submit(client, path, action="archive")
    found = numbers(client.get("/mail").text)
    assert (found["All inboxes"], found["Complaint"]) == (5, 0)


def test_a_search_finds_chinese_words_of_two_characters(site: Site) -> None:
    page = site.signed_in().get("/mail", params={"q": "样品"}).text
    assert set(rows(page)) == {site.ids["chinese"], site.ids["second-chinese"]}


async def test_a_long_list_has_pages(site: Site) -> None:
    await store_many(site.database, 2 * PAGE)
    client = site.signed_in()
    seen: list[str] = []
    address: str | None = "/mail"
    while address:
        page = client.get(address).text
        assert len(rows(page)) <= PAGE
        seen += rows(page)
        found = re.search(r'rel="next" href="([^"]+)">Next page', page)
        address = found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 11 + 2 * PAGE


def test_a_message_shows_what_was_written_and_who_it_is_from(site: Site) -> None:
    page = site.signed_in().get(f"/messages/{site.ids['reply']}").text
    assert "m.keller@pumpen-nord.example" in page
    assert "your price for 200 pieces FOB Ningbo?" in page
    assert "Authenticated: it is from pumpen-nord.example." in page
    assert f'href="/api/v1/messages/{site.ids["reply"]}/raw"' in page
    assert "Message-ID: &lt;reply@pumpen-nord.example&gt;" in page


def test_formatted_mail_is_framed_without_any_permission(site: Site) -> None:
    page = site.signed_in().get(f"/messages/{site.ids['html']}?show=html").text
    frame = re.search(r"<iframe[^>]*>", page)
    assert frame is not None
    assert 'sandbox src="' in frame[0]
    assert f'"/api/v1/messages/{site.ids["html"]}/html"' in frame[0]


def test_a_file_that_can_run_is_marked(site: Site) -> None:
    page = site.signed_in().get(f"/messages/{site.ids['html']}").text
    marked = re.findall(r'<a href="([^"]+)"[^>]*is-dangerous', page)
    assert [link.rsplit("/", 1)[1] for link in marked] == ["2"]


async def test_what_strangers_wrote_is_text_and_never_markup(site: Site) -> None:
    attack = b"<script>alert(1)</script><img src=x onerror=alert(2)>"
    content = (
        b"From: " + attack + b" <a@b.example>\r\nSubject: " + attack + b"\r\n"
        b"X-" + b"Odd: " + attack + b"\r\n\r\n" + attack
    )
    identifier = await store_one(site.database, content)
    client = site.signed_in()
    for path in ("/mail", f"/messages/{identifier}", "/log", f"/transactions/{identifier}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_a_held_message_is_released_by_its_button(site: Site) -> None:
    client = site.signed_in("operator")
    page = client.get(f"/messages/{site.ids['held']}?in=/mail%3Fview%3Dheld").text
    assert "This message is held" in page
    answer = site.submit(client, f"/messages/{site.ids['held']}/release", then="/mail")
    assert answer.headers["location"] == "/mail"
    assert site.ids["held"] in rows(client.get("/mail").text)


def test_a_deleted_message_is_gone(site: Site) -> None:
    client = site.signed_in("operator")
    site.submit(client, f"/messages/{site.ids['held']}/delete", then="/mail?view=held")
    assert "Nothing is held" in client.get("/mail?view=held").text
    gone = client.get(f"/messages/{site.ids['held']}", headers={"accept": "text/html"})
    assert gone.status_code == 404
    assert "Not found" in gone.text


def test_the_log_shows_every_attempt_with_its_answer(site: Site) -> None:
    page = site.signed_in().get("/log").text
    assert "Unauthenticated email from bank.example" in page
    assert "There is" not in page.split("<table", 1)[0]
    assert page.count("<tr>") == 1 + 16
    assert "+13" in page


def test_refused_is_a_short_address(site: Site) -> None:
    client = site.signed_in()
    assert client.get("/refused").headers["location"] == "/log?outcome=refused"
    assert client.get("/log?outcome=refused").text.count("<tr>") == 1 + 3


def test_dates_of_the_log_mean_whole_days(site: Site) -> None:
    client = site.signed_in()
    page = client.get("/log?since=2026-11-16&until=2026-11-16").text
    assert page.count("<tr>") == 1 + 1
    unread = client.get("/log?since=last+week")
    assert unread.status_code == 200
    assert "The dates must look like" in unread.text


def test_a_transaction_shows_the_reply_as_it_was_sent(site: Site) -> None:
    client = site.signed_in()
    page = client.get("/log?q=billing&outcome=refused").text
    identifier = re.findall(r'href="/transactions/([0-9A-Z]{26})"', page)[0]
    shown = client.get(f"/transactions/{identifier}").text
    assert "550 5.7.26 Unauthenticated email from bank.example" in shown
    assert f"bank.example domain. [{identifier}]</pre>" in shown
    assert "and bank.example asks to refuse such mail" in shown
    assert "v=DMARC1; p=reject" in shown


def test_the_language_follows_the_browser_and_the_switch_wins(site: Site) -> None:
    client = site.signed_in()
    assert '<html lang="zh-CN">' in client.get("/mail", headers=CHINESE).text
    assert "全部收件箱" in client.get("/mail", headers=CHINESE).text
    answer = client.get("/language/en?next=/log", headers=CHINESE)
    assert answer.headers["location"] == "/log"
    assert "Every attempt" in client.get("/log", headers=CHINESE).text


def test_pages_let_nothing_foreign_in_and_nothing_be_framed(site: Site) -> None:
    for path in ("/login", "/mail", "/nothing"):
        answer = site.signed_in().get(path, headers={"accept": "text/html"})
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe-inline" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert " style=" not in answer.text
        assert not re.search(r"<script(?! src=\"/static/)", answer.text)
        assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)


def test_our_own_files_may_be_kept_and_change_their_address(site: Site) -> None:
    client = site.client()
    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/login").text)
    assert len(links) >= 4
    for link in links:
        assert "?v=" in link
        answer = client.get(link)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/../app.py").status_code == 404


def test_pages_with_mail_are_kept_by_nobody(site: Site) -> None:
    assert site.signed_in().get("/mail").headers["cache-control"] == "no-store"


def test_a_domain_is_added_and_removed_by_its_forms(site: Site) -> None:
    client = site.signed_in()
    form = {"name": "second.example", "accept": "list", "names": "info, sales"}
    answer = site.submit(client, "/domains", **form)
    page = client.get(answer.headers["location"]).text
    assert "second.example is added" in page
    assert "info, sales" in page
    wrong = site.submit(client, "/domains", name="not a domain")
    assert wrong.status_code == 422
    assert 'value="not a domain"' in wrong.text
    site.submit(client, "/domains/remove", name="second.example")
    assert "info, sales" not in client.get("/domains").text


@pytest.mark.parametrize(
    "address", ["/mail/nowhere", "/messages/nothing", "/transactions/nothing", "/x"]
)
def test_what_is_not_there_is_a_page_with_a_way_back(site: Site, address: str) -> None:
    answer = site.signed_in().get(address, headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert 'href="/mail"' in answer.text


def test_an_old_bookmark_still_leads_to_a_list(site: Site) -> None:
    client = site.signed_in()
    for address in ("/mail?category=gone", "/mail?view=gone", "/mail?cursor=old", "/log?cursor=x"):
        assert client.get(address).status_code == 200
    page = client.get(f"/messages/{site.ids['reply']}?in=https://evil.example/").text
    assert 'href="https://evil' not in page
    assert len(rows(page)) == 11


def test_a_new_store_says_what_to_do_next(front: Front, tmp_path: Path) -> None:
    settings = StoreSettings("", tmp_path / "data")
    migrate(settings)
    database = open_database(settings)
    add_operator(database, "admin", "admin", PASSWORD, NOON)
    database.close()
    with console(front, tmp_path / "data") as fresh:
        client = fresh.client()
        sign_in(client, "admin")
        assert "Add a domain" in client.get("/mail").text
        assert "Nothing is held" in client.get("/mail?view=held").text
        assert "No transactions" in client.get("/log").text
        assert "No domain yet" in client.get("/domains").text


def test_the_search_box_tells_what_it_understands(site: Site) -> None:
    client = site.signed_in("viewer")
    for headers, words in (({}, "next to each other"), (CHINESE, "完整的短语")):
        page = client.get("/mail", headers=headers).text
        assert words in page
        assert 'href="/mail?q=from%3Ali%40example.com"' in page


def test_a_search_says_what_of_it_was_not_understood(site: Site) -> None:
    client = site.signed_in("viewer")
    page = client.get("/mail", params={"q": "catalogue category:unknown foo:bar"}).text
    assert "“category:unknown”" in page or "&#34;category:unknown&#34;" in page
    assert "foo:" in page
    assert "search-notes" not in client.get("/mail", params={"q": "catalogue"}).text
    assert "search-notes" not in client.get("/mail").text
