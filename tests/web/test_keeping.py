"""Retention, holds, quotas, erasure and the audit log: in the console and in the API."""

import json

import pytest

from store.erasure import list_erasures, run_erasure
from store.holds import list_holds
from store.messages import get_message
from store.receipts import is_genuine
from store.retention import sweep
from store.retention_rules import list_rules
from store.secrets import SecretBox
from tests.web.conftest import Site
from tests.web.test_api_description import check
from web.api import keeping_models as models

API = "/api/v1"


def authors(site: Site, identifier: str) -> str:
    """The address that a sample message is from."""
    found = get_message(site.database, identifier)
    assert found is not None
    return found.summary.from_address


def test_a_rule_in_the_api_is_dry_until_it_is_confirmed(site: Site) -> None:
    client = site.client("admin")
    wanted = {"days": 30, "category": "bounce", "what": "bytes"}
    would = check(models.Preview, client.post(f"{API}/retention/preview", json=wanted))
    assert would["messages"] == 0
    made = check(models.Rule, client.post(f"{API}/retention/rules", json=wanted))
    kept = check(models.Retention, client.get(f"{API}/retention"))
    assert [one["id"] for one in kept["rules"]] == [made["id"]]
    assert made["effective_at"] > made["created_at"]
    confirm = f"{API}/retention/rules/{made['id']}/confirm"
    assert client.post(confirm).status_code == 204
    assert client.post(confirm).status_code == 409
    assert client.delete(f"{API}/retention/rules/{made['id']}").status_code == 204
    assert client.delete(f"{API}/retention/rules/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    "wanted",
    [
        {"days": 0},
        {"days": 1, "category": "spam"},
        {"days": 1, "mailbox": "nowhere.example"},
        {"days": 1, "what": "burn"},
        {"days": 1, "odd": 1},
        {},
    ],
)
def test_what_no_rule_can_be_is_refused(site: Site, wanted: dict[str, object]) -> None:
    client = site.client("admin")
    assert client.post(f"{API}/retention/rules", json=wanted).status_code == 422
    assert list_rules(site.database) == ()


def test_ages_holds_and_quotas_in_the_api(site: Site) -> None:
    client = site.client("admin")
    age = check(models.Age, client.put(f"{API}/retention/ages/log", json={"days": 5}))
    assert (age["days"], age["in_force"]) == (5, 90)
    assert client.post(f"{API}/retention/ages/log/confirm").status_code == 204
    assert client.post(f"{API}/retention/ages/log/confirm").status_code == 409
    assert client.put(f"{API}/retention/ages/x", json={"days": 5}).status_code == 422
    assert client.post(f"{API}/retention/clock/confirm").status_code == 204
    hold = check(models.Hold, client.post(f"{API}/holds", json={"address": "a@b.example"}))
    assert client.post(f"{API}/holds", json={}).status_code == 422
    assert client.delete(f"{API}/holds/{hold['id']}").status_code == 204
    assert client.delete(f"{API}/holds/{hold['id']}").status_code == 404
    [kept] = check(models.HoldPage, client.get(f"{API}/holds"))["items"]
    assert kept["lifted_at"] is not None
    name = check(models.LoadPage, client.get(f"{API}/quotas"))["items"][0]["name"]
    assert client.put(f"{API}/quotas/{name}", json={"messages": 1}).status_code == 204
    load = check(models.LoadPage, client.get(f"{API}/quotas"))["items"][0]
    assert load["percent"] >= 100
    assert client.put(f"{API}/quotas/{name}", json={}).status_code == 422
    assert client.delete(f"{API}/quotas/{name}").status_code == 204
    assert client.delete(f"{API}/quotas/{name}").status_code == 404


def test_what_is_held_cannot_be_deleted_and_the_answer_says_why(site: Site) -> None:
    client, identifier = site.client("admin"), site.ids["reply"]
    hold = client.post(f"{API}/holds", json={"message": identifier, "reason": "case 12"}).json()
    answer = client.delete(f"{API}/messages/{identifier}")
    assert answer.status_code == 409
    assert hold["id"] in answer.json()["detail"]
    assert "set by admin" in answer.json()["detail"]
    browser = site.signed_in()
    page = browser.get(f"/messages/{identifier}").text
    assert "case 12" in page
    assert f"/messages/{identifier}/delete" not in page
    refused = site.submit(browser, f"/messages/{identifier}/delete")
    assert refused.status_code == 409
    assert get_message(site.database, identifier) is not None


@pytest.mark.parametrize("scope", ["read", "write"])
def test_only_administrators_change_what_is_kept_or_see_who_was_erased(
    site: Site, scope: str
) -> None:
    client = site.client(scope)
    for method, path, body in (
        ("POST", "/retention/rules", {"days": 1}),
        ("POST", "/retention/rules/x/confirm", None),
        ("DELETE", "/retention/rules/x", None),
        ("PUT", "/retention/ages/log", {"days": 1}),
        ("POST", "/retention/ages/log/confirm", None),
        ("POST", "/retention/clock/confirm", None),
        ("POST", "/holds", {"address": "a@b.example"}),
        ("DELETE", "/holds/x", None),
        ("PUT", "/quotas/x", {"messages": 1}),
        ("DELETE", "/quotas/x", None),
        ("POST", "/erasures", {"address": "a@b.example", "confirm": "a@b.example"}),
        ("POST", "/erasures/preview", {"address": "a@b.example"}),
        ("GET", "/erasures", None),
        ("GET", "/erasures/x", None),
        ("GET", "/audit", None),
    ):
        assert client.request(method, API + path, json=body).status_code == 403, path
    browser = site.signed_in("operator")
    for path in ("/erasures", "/erasures/x/receipt", "/audit"):
        assert browser.get(path).status_code == 403
    for path in (
        *("/retention/rules", "/retention/confirm", "/retention/remove", "/retention/ages"),
        *("/retention/quotas", "/holds", "/holds/lift", "/erasures", "/erasures/preview"),
    ):
        assert site.submit(browser, path).status_code == 403, path
    assert browser.get("/retention").status_code == 200
    assert browser.get("/holds").status_code == 200
    assert 'action="/retention' not in browser.get("/retention").text
    assert 'action="/holds' not in browser.get("/holds").text


def test_somebody_is_erased_by_the_api_and_the_receipt_is_there(site: Site) -> None:
    client, whom = site.client("admin"), authors(site, site.ids["reply"])
    box = SecretBox(site.database.settings.data_dir / "keys")
    would = client.post(f"{API}/erasures/preview", json={"address": whom})
    forecast = check(models.Forecast, would)
    assert forecast["messages"] > 0
    other = {"address": whom, "confirm": "other@b.example"}
    assert client.post(f"{API}/erasures", json=other).status_code == 422
    assert client.post(f"{API}/erasures/preview", json={"address": "x"}).status_code == 422
    answer = client.post(f"{API}/erasures", json={"address": whom, "confirm": whom.upper()})
    assert answer.status_code == 202
    asked = models.Erasure.model_validate_json(answer.content)
    assert asked.receipt is None
    run_erasure(site.database, box, asked.id, site.clock)
    done = check(models.Erasure, client.get(answer.headers["location"]))
    assert done["counts"]["messages"] == forecast["messages"]
    assert is_genuine(box, done["receipt"], whom.lower())
    assert len(check(models.ErasurePage, client.get(f"{API}/erasures"))["items"]) == 1
    assert client.get(f"{API}/erasures/x").status_code == 404


def test_the_audit_log_is_read_in_pages(site: Site) -> None:
    client = site.client("admin")
    for number in range(5):
        client.post(f"{API}/holds", json={"address": f"a{number}@b.example"})
    seen, cursor = [], None
    while True:
        query = {"limit": "2", "what": "hold"} | ({"cursor": cursor} if cursor else {})
        page = check(models.AuditPage, client.get(f"{API}/audit", params=query))
        seen += [one["detail"]["address"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"a{number}@b.example" for number in reversed(range(5))]
    for odd in ("x", "-1", "1" * 30, "١"):
        assert client.get(f"{API}/audit", params={"cursor": odd}).status_code == 422


def test_the_console_adds_looks_at_confirms_and_removes_a_rule(site: Site) -> None:
    browser = site.signed_in()
    page = site.submit(browser, "/retention/rules", days="3", megabytes="", do="preview").text
    assert "Today it would remove" in page
    assert list_rules(site.database) == ()
    site.submit(browser, "/retention/rules", days="3", megabytes="2", do="add")
    [rule] = list_rules(site.database)
    assert rule.wanted.larger_than == 2 * 1024 * 1024
    assert "not yet in force" in browser.get("/retention").text
    site.submit(browser, "/retention/confirm", id=rule.id)
    assert "not yet in force" not in browser.get("/retention").text
    site.submit(browser, "/retention/remove", id=rule.id)
    assert list_rules(site.database) == ()
    for days in ("0", "x", "", "-1", "٣"):
        answer = site.submit(browser, "/retention/rules", days=days, do="add")
        assert answer.status_code == 422
    site.submit(browser, "/retention/ages", name="log", days="10")
    assert "10 days" in browser.get("/retention").text
    assert site.submit(browser, "/retention/ages", name="log", days="x").status_code == 422


def test_the_console_sets_a_quota_and_warns_of_it(site: Site) -> None:
    browser = site.signed_in()
    loads = site.client("read").get(f"{API}/quotas").json()["items"]
    box = max(loads, key=lambda one: one["messages"])
    site.submit(browser, "/retention/quotas", mailbox=box["mailbox"], messages="1", refuse="true")
    page = browser.get("/retention").text
    assert f"{100 * box['messages']} % full" in page
    assert "senders are told to try again later" in page
    site.submit(browser, "/retention/quotas", mailbox=box["mailbox"])
    assert "% full" not in browser.get("/retention").text


def test_the_console_holds_and_lifts(site: Site) -> None:
    browser, identifier = site.signed_in(), site.ids["reply"]
    assert identifier in browser.get(f"/holds?message={identifier}").text
    site.submit(browser, "/holds", message=identifier, since="2026-01-01", reason="<case>")
    [hold] = list_holds(site.database)
    page = browser.get("/holds").text
    assert hold.id in page
    assert "&lt;case&gt;" in page
    site.submit(browser, "/holds/lift", id=hold.id)
    assert "Lifted holds" in browser.get("/holds").text
    assert site.submit(browser, "/holds").status_code == 422
    assert site.submit(browser, "/holds", since="soon").status_code == 422


def test_the_console_erases_after_the_address_was_typed_again(site: Site) -> None:
    browser, whom = site.signed_in(), authors(site, site.ids["reply"])
    page = site.submit(browser, "/erasures/preview", address=whom).text
    assert "Erase for good" in page
    differing = site.submit(browser, "/erasures", address=whom, confirm="other@b.example")
    assert differing.status_code == 422
    assert list_erasures(site.database) == ()
    site.submit(browser, "/erasures", address=whom, confirm=f" {whom} ")
    [asked] = list_erasures(site.database)
    assert "under way" in browser.get("/erasures").text
    assert browser.get(f"/erasures/{asked.id}/receipt").status_code == 404
    box = SecretBox(site.database.settings.data_dir / "keys")
    run_erasure(site.database, box, asked.id, site.clock)
    page = browser.get("/erasures").text
    assert whom not in page
    receipt = browser.get(f"/erasures/{asked.id}/receipt")
    assert "attachment" in receipt.headers["content-disposition"]
    assert is_genuine(box, json.loads(receipt.text), whom)
    assert "erasure.done" in browser.get("/audit?what=erasure").text


def test_the_console_says_how_much_an_erasure_left_for_a_hold(site: Site) -> None:
    browser, whom = site.signed_in(), authors(site, site.ids["reply"])
    site.submit(browser, "/holds", address=whom, reason="case")
    site.submit(browser, "/erasures", address=whom, confirm=whom)
    [asked] = list_erasures(site.database)
    box = SecretBox(site.database.settings.data_dir / "keys")
    run_erasure(site.database, box, asked.id, site.clock)
    [done] = list_erasures(site.database)
    assert f"{done.counts['held']} stayed, because they are under a hold" in (
        browser.get("/erasures").text
    )


def test_a_message_whose_original_was_deleted_says_so(site: Site) -> None:
    client, browser = site.client("admin"), site.signed_in()
    made = client.post(f"{API}/retention/rules", json={"days": 1, "what": "bytes"}).json()
    client.post(f"{API}/retention/rules/{made['id']}/confirm")
    site.clock.advance(60 * 24 * 3600)
    assert sweep(site.database, site.clock()).shed > 0
    client, browser = site.client("admin"), site.signed_in()
    identifier = site.ids["reply"]
    answer = client.get(f"{API}/messages/{identifier}/raw")
    assert answer.status_code == 410
    assert "by a rule of retention" in answer.json()["detail"]
    page = browser.get(f"/messages/{identifier}")
    assert page.status_code == 200
    assert "A rule of retention deleted the original" in page.text
