"""Where SMTP is served, who must use TLS, who is a proxy: from the file to the door."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from cli.config import Config, load_config
from cli.sample import sample_file
from mail.errors import SettingsProblem

CERTIFICATE = 'tls_certificate = "server.pem"\n'


def read(folder: Path, text: str) -> Config:
    path = folder / "postern.toml"
    path.write_text("[smtp]\n" + text)
    return load_config(path)


def test_tls_is_required_of_nobody_of_all_or_of_some(tmp_path: Path) -> None:
    networks = (ip_network("192.0.2.0/24"), ip_network("2001:db8::/32"))
    for text, required in (
        ("", False),
        ("require_tls = false", False),
        (CERTIFICATE + "require_tls = true", True),
        (CERTIFICATE + 'require_tls = ["192.0.2.0/24", "2001:db8::/32"]', networks),
    ):
        assert read(tmp_path, text).smtp.require_tls == required


@pytest.mark.parametrize(
    ("text", "required"),
    [
        ("true", True),
        ("False", False),
        ("192.0.2.0/24", (ip_network("192.0.2.0/24"),)),
        ('["192.0.2.0/24"]', (ip_network("192.0.2.0/24"),)),
    ],
)
def test_the_environment_says_it_too(
    text: str, required: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTERN_SMTP__REQUIRE_TLS", text)
    assert read(tmp_path, CERTIFICATE).smtp.require_tls == required


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("require_tls = true", "require_tls needs tls_certificate"),
        ('tls_listen = ["127.0.0.1:465"]', "tls_listen needs tls_certificate"),
        (CERTIFICATE + "require_tls = 5", "require_tls: must be true, false or a list"),
        (CERTIFICATE + 'require_tls = ["partner.example"]', "require_tls: 'partner.example'"),
        ('proxy_networks = ["haproxy"]', "proxy_networks"),
        ('tls_listen = ["465"]', "tls_listen"),
    ],
)
def test_what_cannot_work_is_said_with_its_key(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsProblem) as said:
        read(tmp_path, text)
    assert problem in str(said.value)
    assert "postern.toml" in str(said.value)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("[smtp]\nmax_hopz = 1", "max_hops"),
        ('[[smtp.dns_lists]]\nzone = "bl.example"\ncods = []', "codes"),
        ('[[verify.trusted_sealers]]\nname = "fwd.example"\nuntil = 1', "expires"),
        ('[[domains]]\nname = "reply.example"\ntake = "all"', "accept"),
        ("hostnam = 1", "hostname"),
    ],
)
def test_an_unknown_key_is_told_what_may_stand_there(
    tmp_path: Path, text: str, allowed: str
) -> None:
    (tmp_path / "postern.toml").write_text(text)
    with pytest.raises(SettingsProblem) as said:
        load_config(tmp_path / "postern.toml")
    assert allowed in str(said.value).partition("allowed here: ")[2].split(", ")


def test_the_file_that_init_writes_says_the_same_again(tmp_path: Path) -> None:
    text = (
        f'{CERTIFICATE}tls_listen = ["127.0.0.1:4465"]\nproxy_networks = ["10.0.0.0/8"]\n'
        'require_tls = ["192.0.2.0/24"]'
    )
    first = read(tmp_path, text)
    (tmp_path / "postern.toml").write_text(sample_file(first))
    again = load_config(tmp_path / "postern.toml")
    assert again.smtp == first.smtp
