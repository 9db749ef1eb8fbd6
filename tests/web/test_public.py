"""The public page about a refusal: what it tells, what it never tells, and to whom."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mail.identifier import new_id
from mail.public_page import PublicPages
from store.outbox import claim
from store.rechecks import KIND, MOST_WAITING, ask, get_recheck, save_recheck
from store.transactions import (
    TransactionFilter,
    TransactionSummary,
    find_transactions,
    get_transaction,
)
from tests.fakes import NOON
from tests.web.conftest import SETTINGS, Front, Site, console
from web.allowance import Allowance
from web.i18n import LANGUAGES

PAGES = PublicPages("https://mail.acme.example", (b"k" * 32,))


@pytest.fixture
def site(front: Front, folder: Path) -> Iterator[Site]:
    with console(front, folder, replace(SETTINGS, public_pages=PAGES)) as found:
        yield found


def row_of(site: Site, **wanted: Any) -> TransactionSummary:
    rows = find_transactions(site.database, TransactionFilter(**wanted), 100).items
    return next(row for row in rows if wanted or row.stage == "data")


def refused(site: Site) -> TransactionSummary:
    return row_of(site, outcome="refused", q="bank.example")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_tells_what_was_found_and_what_would_have_passed(site: Site, language: str) -> None:
    row = refused(site)
    page = site.client().get(
        f"/t/{PAGES.token(row.id)}", headers={"accept-language": language, "accept": "text/html"}
    )
    assert page.status_code == 200
    for told in ("bank.example", str(row.client_ip), row.id, "ip4:", "v=spf1", "_domainkey"):
        assert told in page.text
    assert f'lang="{language}"' in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "noindex" in page.text


def test_it_tells_nothing_of_the_message_nor_of_its_recipients(site: Site) -> None:
    row = refused(site)
    page = site.client().get(f"/t/{PAGES.token(row.id)}", headers={"accept": "text/html"}).text
    assert row.subject
    assert row.subject not in page
    assert row.mail_from
    assert row.mail_from not in page
    for recipient in row.rcpt_to:
        assert recipient not in page
        assert recipient.partition("@")[2] not in page
    if row.message_id:
        assert row.message_id not in page


def test_wrong_expired_foreign_and_never_issued_tokens_are_all_the_same_404(site: Site) -> None:
    row = refused(site)
    accepted = row_of(site, outcome="accepted")
    early = next(
        one
        for one in find_transactions(site.database, TransactionFilter(outcome="refused"), 100).items
        if one.stage == "rcpt"
    )
    other = replace(PAGES, keys=(b"x" * 32,))
    tokens = [
        PAGES.token(row.id)[:-1] + "!",
        PAGES.token(row.id)[:-1],
        other.token(row.id),
        PAGES.token(new_id(NOON)),
        PAGES.token(accepted.id),
        PAGES.token(early.id),
        row.id,
        "x",
    ]
    good = PAGES.token(row.id)
    client = site.client()
    assert client.get(f"/t/{good}").status_code == 200
    answers = {(one.status_code, one.text) for one in map(client.get, (f"/t/{t}" for t in tokens))}
    site.clock.advance(timedelta(days=90, minutes=1).total_seconds())
    expired = client.get(f"/t/{good}")
    answers.add((expired.status_code, expired.text))
    answers.add((client.post(f"/t/{good}/again").status_code, expired.text))
    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1


def test_without_keys_there_is_no_page(front: Front, folder: Path) -> None:
    with console(front, folder) as site:
        assert site.client().get(f"/t/{PAGES.token(refused(site).id)}").status_code == 404


def test_one_stranger_cannot_ask_without_end(site: Site) -> None:
    client = site.client()
    answers = [client.get("/t/x").status_code for _ in range(125)]
    assert answers[119] == 404
    assert answers[120] == 429
    site.clock.advance(601)
    assert client.get("/t/x").status_code == 404


def test_looking_again_is_one_job_however_often_it_is_asked_for(site: Site) -> None:
    row = refused(site)
    client = site.client()
    for _ in range(3):
        answer = client.post(f"/t/{PAGES.token(row.id)}/again")
        assert answer.status_code == 303
    page = client.get(f"/t/{PAGES.token(row.id)}", headers={"accept": "text/html"}).text
    assert 'http-equiv="refresh"' in page
    jobs = claim(site.database, (KIND,), "test", 10, 60, site.clock())
    assert [job.message_id for job in jobs] == [row.id]


def test_what_has_changed_since_is_shown(site: Site) -> None:
    row = refused(site)
    client = site.client()
    path = f"/t/{PAGES.token(row.id)}"
    detail: Any = get_transaction(site.database, row.id)
    evidence = [
        {
            "name": one.name,
            "rdtype": one.rdtype,
            "status": "ok",
            "records": ['"v=DMARC1; p=none"'],
            "ttl": 300,
            "server": "zone",
            "at": NOON.isoformat(),
        }
        for one in detail.evidence
    ]
    report = detail.report
    report = {**report, "verdict": {**report["verdict"], "action": "accept"}}
    save_recheck(site.database, row.id, {"report": report, "evidence": evidence}, site.clock())
    page = client.get(path, headers={"accept": "text/html"}).text
    assert "v=DMARC1; p=none" in page
    assert "would be accepted" in page
    assert 'http-equiv="refresh"' not in page


def test_what_cannot_be_judged_again_says_so(site: Site) -> None:
    row = refused(site)
    save_recheck(site.database, row.id, {"problem": "gone"}, site.clock())
    page = site.client().get(f"/t/{PAGES.token(row.id)}", headers={"accept": "text/html"}).text
    assert "no longer kept" in page


def test_looks_are_forgotten_with_the_log_and_never_pile_up(site: Site) -> None:
    old, new = new_id(NOON - timedelta(days=91)), new_id(NOON)
    save_recheck(site.database, old, {"problem": "x"}, NOON - timedelta(days=1))
    save_recheck(site.database, new, {"problem": "y"}, NOON)
    assert get_recheck(site.database, old) is None
    assert get_recheck(site.database, new) is not None
    asked = [ask(site.database, new_id(NOON), NOON) for _ in range(MOST_WAITING + 3)]
    assert asked.count(True) == MOST_WAITING


def test_the_console_gives_the_address_to_whoever_is_signed_in(site: Site) -> None:
    row = refused(site)
    page = site.signed_in().get(f"/transactions/{row.id}", headers={"accept": "text/html"}).text
    assert PAGES.address(row.id) in page


def test_an_allowance_forgets_the_longest_quiet() -> None:
    allowance = Allowance(1, timedelta(minutes=1), lambda: NOON, capacity=2)
    assert [allowance.spend(one) is None for one in ("a", "b", "c", "a", "c")] == [
        True,
        True,
        True,
        True,
        False,
    ]
    assert len(allowance) == 2
