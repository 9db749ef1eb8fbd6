"""The commands as a person uses them, and what they say when something is wrong."""

import json
import socket
from pathlib import Path

import pytest

from cli.main import COMMANDS, main
from tests.server import Server, serving
from tests.services import free_port


@pytest.fixture
def house(tmp_path: Path) -> Server:
    """An installation that does not run yet."""
    return Server(tmp_path)


def one_line(text: str) -> str:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def test_a_fresh_server_needs_nothing_but_a_start_and_shows_its_password_once(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as server:
        assert "one-time password" in server.greeting
        assert f"127.0.0.1:{server.smtp_port}" in server.greeting
        assert f"http://127.0.0.1:{server.web_port}" in server.greeting
    with serving(tmp_path) as again:
        assert "password" not in again.greeting


def test_the_demonstration_gets_the_replies_that_it_expects_and_leaves_nothing_served_behind(
    tmp_path: Path,
) -> None:
    with serving(tmp_path, "--demo") as server:
        shown = server.run("demo")
        assert shown.returncode == 0, shown.stdout + shown.stderr
        assert shown.stdout.count("250 2.0.0") >= 7
        assert (
            "550 5.7.26 Unauthenticated email from bank.demo.test is not accepted" in shown.stdout
        )
        assert "451 4." in shown.stdout
        assert "unexpected" not in shown.stdout
    with serving(tmp_path) as server:
        listed = json.loads(server.run("domain", "list", "--json").stdout)
        assert listed == []


def test_the_demonstration_stays_on_loopback(house: Server) -> None:
    house.environment["POSTERN_SMTP__LISTEN"] = f'["0.0.0.0:{free_port()}"]'
    refused = house.run("serve", "--demo")
    assert refused.returncode == 2
    assert "--demo serves loopback only" in one_line(refused.stderr)


def test_zones_of_a_file_decide_nothing_beyond_loopback(house: Server, zones: Path) -> None:
    house.environment["POSTERN_VERIFY__DNS_ZONES"] = str(zones)
    house.environment["POSTERN_SMTP__LISTEN"] = f'["0.0.0.0:{free_port()}"]'
    refused = house.run("serve")
    assert refused.returncode == 2
    assert "verify.dns_zones" in one_line(refused.stderr)


def test_a_port_that_is_taken_is_named(house: Server) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", house.smtp_port))
        taken.listen()
        refused = house.run("serve")
    assert refused.returncode == 2
    assert f"smtp.listen: cannot listen on 127.0.0.1:{house.smtp_port}" in one_line(refused.stderr)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[smtp]\nlistn = 1", ["unknown key smtp.listn", "listen"]),
        ("colour = 1", ["unknown key colour", "data_dir"]),
        ("[verify]\nenforce = 'often'", ["verify.enforce", "dmarc", "monitor", "often"]),
        ("[web]\nmetrics_networks = ['nowhere']", ["web.metrics_networks", "nowhere"]),
        ("[smtp\n", ["not valid TOML", "line 1"]),
        ("[[domains]]\nname = 'a b'", ["domains.0.name", "a b"]),
    ],
)
def test_a_wrong_setting_stops_the_start_with_file_key_and_what_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], toml: str, words: list[str]
) -> None:
    path = tmp_path / "postern.toml"
    path.write_text(toml)
    assert main(["serve", "--config", str(path)]) == 2
    line = one_line(capsys.readouterr().err)
    assert str(path) in line
    assert all(word in line for word in words), line


def test_a_wrong_variable_is_named(house: Server) -> None:
    house.environment["POSTERN_SMTP__MAX_HOPS"] = "many"
    refused = house.told("check")
    assert refused.returncode == 2
    assert "POSTERN_SMTP__MAX_HOPS" in one_line(refused.stderr)


def test_a_zone_file_with_a_typo_is_named(house: Server) -> None:
    path = house.folder / "zones.yaml"
    path.write_text("open.test:\n  - TXTT: v=spf1\n")
    house.environment["POSTERN_VERIFY__DNS_ZONES"] = str(path)
    refused = house.run("serve")
    assert refused.returncode == 2
    line = one_line(refused.stderr)
    assert str(path) in line
    assert "open.test" in line
    assert "open.test" in house.told("check").stdout


def test_an_address_that_is_not_ours_is_not_called_taken(house: Server) -> None:
    house.environment["POSTERN_SMTP__LISTEN"] = '["192.0.2.1:2525"]'
    line = one_line(house.run("serve").stderr)
    assert "this machine does not have that address" in line


def test_the_configuration_may_be_named_before_and_after_the_subcommand(house: Server) -> None:
    path = house.folder / "mine.toml"
    path.write_text("[[domains]]\nname = 'reply.test'\n")
    for words in (("--config", str(path), "list"), ("list", "--config", str(path))):
        house.told("migrate")
        assert house.told("domain", *words).returncode == 0
    missing = house.told("domain", "list", "--config", str(path) + "x")
    assert missing.returncode == 2
    assert "no such configuration file" in one_line(missing.stderr)


@pytest.mark.parametrize(
    "words",
    [("domain", "list"), ("operator", "list"), ("token", "list"), ("trace", "a@b.test")],
)
def test_who_only_asks_makes_no_store(house: Server, words: tuple[str, ...]) -> None:
    asked = house.told(*words)
    assert asked.returncode == 2
    assert "There is no store at" in one_line(asked.stderr)
    assert not (house.folder / "data").exists()


def test_a_certificate_that_cannot_be_used_is_named_once(house: Server) -> None:
    path = house.folder / "certificate.pem"
    path.write_text("this is no certificate")
    house.environment["POSTERN_SMTP__TLS_CERTIFICATE"] = str(path)
    refused = house.run("serve")
    assert refused.returncode == 2
    line = one_line(refused.stderr)
    assert "smtp.tls_certificate" in line
    assert str(path) in line
    assert "PEM" in line


def test_a_data_dir_that_cannot_be_made_is_named(house: Server) -> None:
    blocked = house.folder / "file"
    blocked.write_text("")
    house.environment["POSTERN_DATA_DIR"] = str(blocked / "data")
    refused = house.run("serve")
    assert refused.returncode == 2
    assert "data_dir" in one_line(refused.stderr)


def test_a_store_that_is_no_database_is_named(house: Server) -> None:
    data = house.folder / "data"
    data.mkdir()
    (data / "postern.db").write_bytes(b"this is not a database, it only looks like a file" * 50)
    refused = house.run("serve")
    assert refused.returncode == 2
    assert "postern.db" in one_line(refused.stderr)


def test_init_writes_every_key_and_is_repeatable(house: Server) -> None:
    path = house.folder / "new" / "postern.toml"
    words = ("init", "--config", str(path), "--domain", "reply.test", "--hostname", "mx.test")
    first = house.told(*words)
    assert first.returncode == 0, first.stderr
    assert "one-time password" in first.stdout
    text = path.read_text()
    assert 'hostname = "mx.test"' in text
    assert "# Seconds to wait for a command." in text
    again = house.told(*words)
    assert again.returncode == 0, again.stderr
    assert "left as it is" in again.stdout
    assert path.read_text() == text
    assert house.told("check", "--config", str(path)).returncode == 0


def test_an_unknown_command_is_one_line_with_status_2(house: Server) -> None:
    refused = house.run("conquer")
    assert refused.returncode == 2
    assert "no command 'conquer'" in one_line(refused.stderr)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_manual(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.count("\n") > 5


def test_domains_operators_and_tokens_are_added_listed_and_removed(house: Server) -> None:
    assert house.told("domain", "add", "Reply.TEST", "--accept", "sales,info").returncode == 0
    domains = json.loads(house.told("domain", "list", "--json").stdout)
    assert [(row["name"], row["accept"]) for row in domains] == [("reply.test", "sales,info")]
    assert house.told("domain", "remove", "reply.test").returncode == 0
    assert house.told("domain", "remove", "reply.test").returncode == 1

    words = ("operator", "add", "li", "--role", "operator", "--password-stdin")
    assert house.told(*words, stdin="a long password\n").returncode == 0
    assert house.told(*words, stdin="a long password\n").returncode == 1
    assert "li" in house.told("operator", "list").stdout
    assert house.told("operator", "remove", "li").returncode == 0

    token = house.told("token", "create", "crm", "--scope", "read")
    assert token.returncode == 0
    assert len(token.stdout.split()) == 1
    assert "crm" in house.told("token", "list").stdout
    assert token.stdout.strip() not in house.told("token", "list", "--json").stdout
    assert house.told("token", "revoke", "crm").returncode == 0
    assert house.told("token", "revoke", "crm").returncode == 1


def test_trace_finds_what_was_refused(door: Server) -> None:
    from tests.wire import Wire

    content = b"From: Bank <a@strict.test>\r\nMessage-ID: <lost@strict.test>\r\n\r\nhello\r\n"
    with Wire(door.smtp_port) as wire:
        wire.say("EHLO client.open.test")
        reply = wire.deliver("a@strict.test", "sales@reply.test", content)
    assert reply.startswith("550 5.7.26 Unauthenticated email from strict.test")
    for text in ("<lost@strict.test>", reply[-27:-1], "a@strict.test", "127.0.0.1"):
        found = door.told("trace", text, "--json")
        assert found.returncode == 0, text
        assert json.loads(found.stdout)[0]["id"] == reply[-27:-1]
    assert door.run("trace", "nobody@nowhere.test").returncode == 1
