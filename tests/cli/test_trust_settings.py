"""Trusted relays, sealers and forwarders, from the file to what the rooms get."""

from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import pytest

from cli import judging
from cli.config import Config, load_config
from cli.sample import sample_file
from mail.errors import SettingsProblem
from mail.trust import Known, Trust
from verify.arc.sealers import large_sealers

FILE = """
data_dir = "{folder}"
[verify]
trusted_relays = ["198.51.100.7", "2001:db8::/64"]
large_sealers = ["Support@reply.example"]
trusted_sealers = [
  "Plain.Example",
  {{name = "fwd.example", destination = "Sales@Reply.Example", expires = 2027-01-31, note = "Li"}},
]
trusted_forwarders = [{{name = "gate.example", destination = "reply.example"}}]
"""


def read(folder: Path, text: str = FILE) -> Config:
    path = folder / "postern.toml"
    path.write_text(text.format(folder=folder))
    return load_config(path)


def test_names_and_tables_mean_the_same_kind_of_thing(tmp_path: Path) -> None:
    config = read(tmp_path)
    settings, policy = judging.verify_settings(config), judging.policy(config)
    assert settings.trusted_relays == (ip_network("198.51.100.7"), ip_network("2001:db8::/64"))
    plain, scoped, *large = settings.trust
    assert plain == Trust(Known.SEAL, "plain.example")
    assert scoped == Trust(
        Known.SEAL,
        "fwd.example",
        "sales@reply.example",
        datetime(2027, 1, 31, tzinfo=UTC),
        "Li",
    )
    assert {one.name for one in large} == {one.domain for one in large_sealers()}
    assert {one.destination for one in large} == {"support@reply.example"}
    assert policy.trust == (Trust(Known.CLIENT, "gate.example", "reply.example"), *settings.trust)


def test_nobody_is_trusted_unasked(tmp_path: Path) -> None:
    config = read(tmp_path, 'data_dir = "{folder}"')
    assert judging.verify_settings(config).trust == judging.policy(config).trust == ()
    assert not (tmp_path / "keys").exists()


def test_a_star_is_every_destination(tmp_path: Path) -> None:
    config = read(tmp_path, '[verify]\nlarge_sealers = ["*"]')
    assert {one.destination for one in judging.verify_settings(config).trust} == {""}


def test_the_environment_takes_names_and_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTERN_VERIFY__TRUSTED_SEALERS", "a.example, b.example")
    table = '[{"name": "c.example", "expires": "2027-01-31T12:00:00+08:00"}]'
    monkeypatch.setenv("POSTERN_VERIFY__TRUSTED_FORWARDERS", table)
    config = read(tmp_path, "")
    assert [one.name for one in config.verify.trusted_sealers] == ["a.example", "b.example"]
    (forwarder,) = config.verify.trusted_forwarders
    assert forwarder.expires == datetime(2027, 1, 31, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("trusted_sealers = [3]", "trusted_sealers"),
        ('trusted_sealers = ["-"]', "trusted_sealers.0.name"),
        ("trusted_sealers = [{}]", "name"),
        ('trusted_sealers = [{name = "a.example", until = 2027-01-31}]', "unknown key"),
        ('trusted_forwarders = [{name = "a.example", expires = "soon"}]', "expires"),
        ('trusted_forwarders = [{name = "a.example", destination = "@x"}]', "destination"),
        ('trusted_relays = ["backup"]', "trusted_relays"),
        ('large_sealers = ["a@b@c"]', "large_sealers"),
    ],
)
def test_a_wrong_entry_is_one_line_that_names_it(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(SettingsProblem) as caught:
        read(tmp_path, "[verify]\n" + line.replace("{", "{{").replace("}", "}}"))
    assert "\n" not in str(caught.value)
    assert says in str(caught.value)


def test_what_is_set_comes_back_from_the_sample_file(tmp_path: Path) -> None:
    config = read(tmp_path)
    (tmp_path / "again.toml").write_text(sample_file(config))
    assert load_config(tmp_path / "again.toml").verify == config.verify


def test_each_large_sealer_is_a_domain_once() -> None:
    domains = [one.domain for one in large_sealers()]
    assert len(set(domains)) == len(domains) >= 4
