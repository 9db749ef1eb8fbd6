"""What people paste becomes a usable account, or a sentence that says why not."""

from typing import Any

import pytest

from mail.errors import SettingsProblem
from pull.settings import check_account, guess_imap_host


def account(**imap: Any) -> dict[str, Any]:
    server = {"host": "imap.example.com", "password": "secret"}
    return {"address": "li@example.com", "imap": {**server, **imap}}


def imap_of(**imap: Any) -> dict[str, Any]:
    checked: dict[str, Any] = check_account(account(**imap))["imap"]
    return checked


def refusal(given: dict[str, Any]) -> str:
    with pytest.raises(SettingsProblem) as caught:
        check_account(given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_least_that_is_given_becomes_a_whole_account() -> None:
    assert check_account(account()) == {
        "address": "li@example.com",
        "name": "",
        "description": "",
        "integration": None,
        "imap": {
            "host": "imap.example.com",
            "port": 993,
            "encryption": "tls",
            "user": "li@example.com",
            "auth": "password",
            "password": "secret",
        },
        "smtp": None,
        "sync": {"enabled": True, "interval_minutes": 5, "folders": None},
    }


def test_a_checked_account_stays_as_it_is_when_checked_again() -> None:
    once = check_account(account(host="[2001:DB8::1]:993", user="li"))
    assert check_account(once) == once


@pytest.mark.parametrize(
    ("pasted", "host", "port", "encryption"),
    [
        ("imaps://imap.x.example:993/", "imap.x.example", 993, "tls"),
        ("imaps://imap.x.example", "imap.x.example", 993, "tls"),
        ("imap://imap.x.example", "imap.x.example", 143, "starttls"),
        ("IMAPS://IMAP.X.Example:9993/INBOX", "imap.x.example", 9993, "tls"),
        ("  imap.x.example \n", "imap.x.example", 993, "tls"),
        ("imap.x.example:143", "imap.x.example", 143, "starttls"),
        ("imap.x.example.", "imap.x.example", 993, "tls"),
        ("imap.bücher.example", "imap.xn--bcher-kva.example", 993, "tls"),
        ("imap。邮件。example", "imap.xn--5nq051n.example", 993, "tls"),
        ("192.0.2.7", "192.0.2.7", 993, "tls"),
        ("[2001:db8::1]:993", "2001:db8::1", 993, "tls"),
        ("2001:DB8:0:0::1", "2001:db8::1", 993, "tls"),
    ],
)
def test_a_pasted_server_is_taken_apart(pasted: str, host: str, port: int, encryption: str) -> None:
    found = imap_of(host=pasted)
    assert (found["host"], found["port"], found["encryption"]) == (host, port, encryption)


def test_a_pasted_user_is_kept() -> None:
    assert imap_of(host="imaps://li@imap.example.com/")["user"] == "li"


def test_a_port_as_text_is_a_port() -> None:
    assert imap_of(port="1993")["port"] == 1993


@pytest.mark.parametrize("port", [0, 65536, -1, True, 99.5, "ninety", [993]])
def test_a_port_that_is_none_is_refused(port: Any) -> None:
    assert refusal(account(port=port)).startswith("imap.port: must be a number from 1 to 65535")


@pytest.mark.parametrize(
    ("given", "guess"),
    [
        ({"host": "pop.163.com:995"}, "imap.163.com"),
        ({"host": "pop.163.com"}, "imap.163.com"),
        ({"host": "POP3.example.com", "port": 993}, "imap.example.com"),
        ({"host": "pop3s://mail.example.com"}, "mail.example.com"),
        ({"host": "pop-mail.example.com"}, "imap-mail.example.com"),
        ({"host": "mail.example.com", "port": 110}, "mail.example.com"),
    ],
)
def test_pop3_is_refused_with_the_imap_server_to_try(given: dict[str, Any], guess: str) -> None:
    words = refusal(account(**given))
    assert "is POP3, and only IMAP is offered" in words
    assert f"try {guess} with port 993 and encryption tls" in words


def test_a_name_that_only_begins_like_pop_is_no_pop3_server() -> None:
    assert imap_of(host="popcorn.example.com")["host"] == "popcorn.example.com"
    assert guess_imap_host("popcorn.example.com") == "popcorn.example.com"


@pytest.mark.parametrize(
    "host",
    ["", "   ", "https://mail.example.com", "smtp://x.example", "a b", "-x..y", None, 5, "@"],
)
def test_what_is_no_imap_server_is_refused(host: Any) -> None:
    assert refusal(account(host=host)).startswith("imap.host: ")


def test_no_encryption_is_for_this_machine_only() -> None:
    assert imap_of(host="127.0.0.1", encryption="none")["port"] == 143
    assert imap_of(host="localhost", encryption="none", port=1143)["port"] == 1143
    for elsewhere in ("imap.example.com", "192.0.2.1", "localhost.example.com"):
        words = refusal(account(host=elsewhere, encryption="none"))
        assert words.startswith("imap.encryption: none would send the password readable")


def test_an_unknown_encryption_is_told_the_known_ones() -> None:
    assert refusal(account(encryption="ssl")).endswith("must be one of tls, starttls, none")


@pytest.mark.parametrize("interval", [1, 2, 3, 5, 10, 15, 30, 60])
def test_the_intervals_of_the_list_are_taken(interval: int) -> None:
    checked = check_account({**account(), "sync": {"interval_minutes": interval}})
    assert checked["sync"]["interval_minutes"] == interval


@pytest.mark.parametrize("interval", [0, 4, 61, -5, 5.0, "5", None, True, [5]])
def test_other_intervals_are_refused_with_the_list(interval: Any) -> None:
    words = refusal({**account(), "sync": {"interval_minutes": interval}})
    assert words == "sync.interval_minutes: must be one of 1, 2, 3, 5, 10, 15, 30, 60"


@pytest.mark.parametrize("address", ["", None, "li", "li@@example.com", "li@exa mple", 7, "@x.y"])
def test_what_is_no_address_is_refused(address: Any) -> None:
    assert refusal({**account(), "address": address}).startswith("address: ")


def test_an_internationalised_address_is_kept_with_its_domain_in_ascii() -> None:
    given = {**account(), "address": " 李伟@例子.example "}
    assert check_account(given)["address"] == "李伟@xn--fsqu00a.example"


def test_a_name_cannot_end_its_line() -> None:
    assert refusal({**account(), "name": "Li\r\nBcc: all@example.com"}) == (
        "name: must be one line of text"
    )
    assert check_account({**account(), "description": "two\r\nlines"})["description"]


def test_a_password_cannot_end_its_line() -> None:
    words = refusal(account(password="secret\r\nA2 LOGOUT"))
    assert words.startswith("imap.password: contains")
    assert "secret" not in words


def test_a_missing_password_is_missed() -> None:
    assert refusal({"address": "li@example.com", "imap": {"host": "imap.example.com"}}) == (
        "imap.password: is missing"
    )


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"imapp": {}}, "account"),
        ({"imap": {"hots": "x"}}, "imap"),
        ({"sync": {"intervall": 5}}, "sync"),
    ],
)
def test_a_misspelt_key_is_named(given: dict[str, Any], where: str) -> None:
    assert refusal({**account(), **given}).startswith(f"{where}: unknown key ")


def test_port_25_takes_no_submission() -> None:
    smtp = {"host": "smtp.example.com", "port": 25, "password": "x"}
    assert refusal({**account(), "smtp": smtp}).startswith("smtp.port: 25 is for mail between")


@pytest.mark.parametrize(("port", "encryption"), [(465, "tls"), (587, "starttls")])
def test_the_submission_port_says_its_encryption(port: int, encryption: str) -> None:
    smtp = {"host": "smtp.example.com", "port": port, "password": "x"}
    assert check_account({**account(), "smtp": smtp})["smtp"]["encryption"] == encryption


def test_oauth2_is_refused_as_long_as_it_is_not_there() -> None:
    assert refusal(account(auth="oauth2")).startswith("imap.auth: oauth2 is not offered yet")


def test_folders_are_names_or_nothing() -> None:
    checked = check_account({**account(), "sync": {"folders": ["INBOX", "垃圾邮件"]}})
    assert checked["sync"]["folders"] == ["INBOX", "垃圾邮件"]
    for wrong in ([], "INBOX", [""], [5], ["a\r\nb"]):
        assert refusal({**account(), "sync": {"folders": wrong}}).startswith("sync.folders: ")
