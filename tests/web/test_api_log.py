"""The log and the domains as programs see them; health; the description of the API."""

import httpx
import pytest

from tests.web.conftest import Site


@pytest.fixture
def reader(site: Site) -> httpx.Client:
    return site.client("read")


@pytest.mark.parametrize(
    ("params", "number"),
    [
        ({}, 16),
        ({"outcome": "accepted"}, 11),
        ({"outcome": "held"}, 1),
        ({"outcome": "refused"}, 3),
        ({"outcome": "deferred"}, 1),
        ({"q": "198.51.100.77"}, 2),
        ({"q": "chinese@huadong-yeya.example"}, 1),
        ({"since": "2026-11-20T11:30:00Z"}, 2),
    ],
)
def test_every_transaction_is_in_the_log(
    reader: httpx.Client, params: dict[str, str], number: int
) -> None:
    items = reader.get("/api/v1/transactions", params=params).json()["items"]
    assert len(items) == number


def test_a_refused_one_keeps_its_whole_report_and_says_it_in_words(reader: httpx.Client) -> None:
    params = {"q": "billing@bank.example", "outcome": "refused"}
    found = reader.get("/api/v1/transactions", params=params).json()["items"][0]
    assert found["reply"]["code"] == 550
    told = reader.get(f"/api/v1/transactions/{found['id']}").json()
    assert told["authentication"]["dmarc"]["result"] == "fail"
    assert told["headers"].startswith("From: Accounts <billing@bank.example>")
    assert "bank.example" in told["explanation"]["headline"]
    assert told["explanation"]["reasons"] == [
        "The author's domain asks to refuse unauthenticated mail."
    ]
    assert told["evidence"][0]["name"] == "_dmarc.bank.example"


def test_the_explanation_is_in_the_language_that_is_asked_for(reader: httpx.Client) -> None:
    found = reader.get("/api/v1/transactions?outcome=refused&limit=1").json()["items"][0]
    path = f"/api/v1/transactions/{found['id']}"
    chinese = reader.get(path, headers={"accept-language": "zh-CN"}).json()["explanation"]
    assert chinese["verdict"].startswith("已拒收")


def test_a_flood_of_one_session_is_one_row_with_its_number(reader: httpx.Client) -> None:
    found = reader.get("/api/v1/transactions?q=nobody").json()["items"]
    assert [row["recipients"] for row in found] == [14]
    assert found[0]["stage"] == "rcpt"


def test_the_null_sender_is_an_empty_string(site: Site, reader: httpx.Client) -> None:
    told = reader.get(f"/api/v1/transactions/{site.ids['bounce']}").json()
    assert told["envelope"]["mail_from"] == ""


def test_domains_are_added_changed_and_removed(site: Site) -> None:
    client = site.client("admin")
    made = client.post("/api/v1/domains", json={"name": "Bücher.example", "accept": ["info", "a"]})
    assert made.status_code == 201
    assert made.json()["name"] == "xn--bcher-kva.example"
    assert made.json()["accept"] == ["info", "a"]
    names = [row["name"] for row in client.get("/api/v1/domains").json()["items"]]
    assert "xn--bcher-kva.example" in names
    assert client.delete("/api/v1/domains/xn--bcher-kva.example").status_code == 204
    assert client.delete("/api/v1/domains/xn--bcher-kva.example").status_code == 404


@pytest.mark.parametrize("name", ["", "no spaces", "-x.example", "[192.0.2.1]", "a" * 300])
def test_what_is_no_domain_is_not_added(site: Site, name: str) -> None:
    answer = site.client("admin").post("/api/v1/domains", json={"name": name})
    assert answer.status_code == 422
    assert answer.json()["detail"]


def test_health_needs_no_token(site: Site) -> None:
    client = site.client()
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}


def test_readiness_fails_when_the_store_does(site: Site) -> None:
    with site.database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE domains RENAME TO elsewhere")
    client = site.client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


def test_metrics_count_and_are_for_loopback(site: Site) -> None:
    client = site.client()
    assert "postern_messages_held 1\n" in client.get("/metrics").text
    relayed = client.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})
    assert relayed.status_code == 403


def test_the_api_describes_itself_and_no_page_loads_foreign_code(site: Site) -> None:
    client = site.client()
    document = client.get("/api/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert set(document["paths"]["/api/v1/messages/{id}"]) == {"get", "patch", "delete"}
    assert "/login" not in document["paths"]
    for page in ("/docs", "/redoc"):
        assert client.get(page).status_code == 404


def test_head_answers_as_get_without_the_bytes(site: Site, reader: httpx.Client) -> None:
    path = f"/api/v1/messages/{site.ids['reply']}/raw"
    head, got = reader.head(path), reader.get(path)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content))
