"""The zone file: a DNS that is a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from mail.errors import SettingsProblem
from tests.fakes import FixedClock, ready_zone
from verify.resolver import Answer, RecordingResolver, Status
from verify.zones import SplitResolver, ZoneResolver


async def ask(entries: dict[str, Any], name: str, rdtype: str) -> Answer:
    return await ZoneResolver.from_mapping(entries).query(name, rdtype)


async def test_each_type_comes_in_the_form_that_the_real_resolver_gives() -> None:
    zone = ZoneResolver.from_mapping(
        {
            "a.test": [
                {"A": "192.0.2.1"},
                {"A": "192.0.2.2"},
                {"AAAA": "2001:DB8:0::1"},
                {"MX": [10, "mx.test."]},
                {"TXT": "one"},
                {"TXT": ["two ", "strings"]},
                {"PTR": "host.test."},
            ]
        }
    )
    assert (await zone.query("a.test", "A")).hosts == ("192.0.2.1", "192.0.2.2")
    assert (await zone.query("a.test", "AAAA")).hosts == ("2001:db8::1",)
    assert (await zone.query("a.test", "MX")).exchanges == ((10, "mx.test"),)
    assert (await zone.query("a.test", "TXT")).records == ((b"one",), (b"two ", b"strings"))
    assert (await zone.query("a.test", "TXT")).texts == (b"one", b"two strings")
    assert (await zone.query("a.test", "PTR")).hosts == ("host.test",)


@pytest.mark.parametrize("key", ["a.test", "A.Test", "a.test.", "A.TEST."])
@pytest.mark.parametrize("asked", ["a.test", "A.TEST", "a.Test."])
async def test_case_and_a_final_dot_do_not_matter(key: str, asked: str) -> None:
    found = await ask({key: [{"A": "192.0.2.1"}]}, asked, "a")
    assert (found.status, found.name, found.rdtype) == (Status.OK, "a.test", "A")


STATUSES: list[tuple[Sequence[Any], str, Status]] = [
    ([{"A": "192.0.2.1"}], "TXT", Status.NODATA),
    ([], "A", Status.NODATA),
    (["TIMEOUT"], "A", Status.TIMEOUT),
    ([{"A": "192.0.2.1"}, "TIMEOUT"], "A", Status.OK),
    ([{"A": "192.0.2.1"}, "TIMEOUT"], "TXT", Status.TIMEOUT),
    ([{"TXT": "TIMEOUT"}], "TXT", Status.TIMEOUT),
    ([{"TXT": "TIMEOUT"}], "A", Status.NODATA),
    (["SERVFAIL"], "A", Status.SERVFAIL),
    ([{"A": "192.0.2.1"}, "SERVFAIL"], "A", Status.OK),
    ([{"MX": "SERVFAIL"}], "MX", Status.SERVFAIL),
    (["NXDOMAIN"], "A", Status.NXDOMAIN),
    ([{"TXT": "NONE"}], "TXT", Status.NODATA),
    ([{"TXT": "NONE"}, "TIMEOUT"], "TXT", Status.TIMEOUT),
    ([{"SPF": "v=spf1 -all"}], "TXT", Status.NODATA),
]


@pytest.mark.parametrize(("entries", "rdtype", "status"), STATUSES)
async def test_what_a_name_lists_decides_how_a_query_ends(
    entries: Sequence[Any], rdtype: str, status: Status
) -> None:
    assert (await ask({"a.test": list(entries)}, "a.test", rdtype)).status is status


async def test_a_name_exists_if_a_name_below_it_does() -> None:
    zone = ZoneResolver.from_mapping({"a.b.c.test": [{"A": "192.0.2.1"}]})
    for name in ("b.c.test", "c.test", "test"):
        assert (await zone.query(name, "A")).status is Status.NODATA
    for name in ("x.a.b.c.test", "x.test", "est", "b.test"):
        assert (await zone.query(name, "A")).status is Status.NXDOMAIN


async def test_cnames_are_followed_to_records_and_to_their_absence() -> None:
    zone = ZoneResolver.from_mapping(
        {
            "one.test": [{"CNAME": "Two.Test."}],
            "two.test": [{"CNAME": "end.test"}],
            "end.test": [{"TXT": "here"}, {"A": "TIMEOUT"}],
            "lost.test": [{"CNAME": "nowhere.test"}],
        }
    )
    found = await zone.query("one.test", "TXT")
    assert (found.name, found.texts) == ("one.test", (b"here",))
    assert (await zone.query("one.test", "MX")).status is Status.NODATA
    assert (await zone.query("one.test", "A")).status is Status.TIMEOUT
    assert (await zone.query("lost.test", "A")).status is Status.NXDOMAIN
    assert (await zone.query("one.test", "CNAME")).hosts == ("Two.Test",)


async def test_loops_and_endless_chains_of_cnames_are_failures() -> None:
    chain = {f"n{number}.test": [{"CNAME": f"n{number + 1}.test"}] for number in range(30)}
    zone = ZoneResolver.from_mapping(
        {
            **chain,
            "n30.test": [{"A": "192.0.2.1"}],
            "self.test": [{"CNAME": "self.test"}],
            "there.test": [{"CNAME": "back.test"}],
            "back.test": [{"CNAME": "there.test"}],
        }
    )
    assert (await zone.query("n25.test", "A")).status is Status.OK
    for name in ("n0.test", "self.test", "there.test"):
        assert (await zone.query(name, "A")).status is Status.SERVFAIL


async def test_names_that_no_resolver_could_ask_have_no_answer() -> None:
    long_label, long_name = "x" * 64 + ".test", ".".join(["x" * 60] * 5)
    names = [long_label, long_name, "a\x01b.test", "a..test", ".test"]
    zone = ZoneResolver.from_mapping({name: [{"A": "192.0.2.1"}] for name in names})
    for name in names:
        assert (await zone.query(name, "A")).status is Status.NXDOMAIN, name


async def test_octets_of_a_text_stay_what_they_are() -> None:
    zones = yaml.safe_load('a.test: [{TXT: "\\xEF\\xBB\\xBF"}, {TXT: !!binary gIE=}, {TXT: 中}]')
    found = await ask(zones, "a.test", "TXT")
    assert found.texts == (b"\xef\xbb\xbf", b"\x80\x81", "中".encode())


async def test_an_internationalised_name_is_asked_for_by_its_a_labels() -> None:
    found = await ask({"例子.test": [{"A": "192.0.2.1"}]}, "xn--fsqu00a.test", "A")
    assert found.status is Status.OK


TYPOS = [
    ({"a.test": [{"AA": "192.0.2.1"}]}, "unknown type 'AA'"),
    ({"a.test": ["TIMOUT"]}, "TIMOUT"),
    ({"a.test": 5}, "a list of records is wanted"),
    ({"a.test": [7]}, "not a record"),
    ({"a.test": [{"A": "192.0.2.300"}]}, "192.0.2.300"),
    ({"a.test": [{"AAAA": "192.0.2.1"}]}, "192.0.2.1"),
    ({"a.test": [{"MX": "mx.test"}]}, r"\[preference, host\]"),
    ({"a.test": [{"MX": ["mx.test", 10]}]}, r"\[preference, host\]"),
    ({"a.test": [{"TXT": 1.5}]}, "a string is wanted"),
    ({"a.test": [{"PTR": 5}]}, "a host name is wanted"),
    ({"a.test": [{"CNAME": None}]}, "a host name is wanted"),
]


@pytest.mark.parametrize(("zones", "words"), TYPOS)
def test_a_typo_is_an_error_that_names_the_entry(zones: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        ZoneResolver.from_mapping(zones)
    assert str(caught.value).startswith("a.test: ")


@pytest.mark.parametrize("zones", [{5: []}, {None: []}, {True: [{"A": "192.0.2.1"}]}])
def test_a_key_that_is_no_name_is_an_error(zones: dict[Any, Any]) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        ZoneResolver.from_mapping(zones)


async def test_a_file_is_read_as_yaml(tmp_path: Path) -> None:
    file = tmp_path / "zones.yaml"
    file.write_text("a.test:\n  - TXT: v=spf1 -all\n  - MX: [10, mx.test]\n", "utf-8")
    zone = ZoneResolver.from_file(file)
    assert (await zone.query("a.test", "TXT")).texts == (b"v=spf1 -all",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a.test:\n  - TXTT: x\n", "TXTT"),
        (b"a: [", "is not YAML"),
        (b"\xff\xfe\x00", "is not YAML"),
        (b"- a\n- b\n", "does not map names"),
        (b"", "does not map names"),
    ],
)
def test_a_file_with_a_typo_is_a_settings_problem_on_one_line(
    content: bytes, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "zones.yaml"
    file.write_bytes(content)
    with pytest.raises(SettingsProblem, match=words) as caught:
        ZoneResolver.from_file(file)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_a_settings_problem(tmp_path: Path) -> None:
    with pytest.raises(SettingsProblem, match="No such file"):
        ZoneResolver.from_file(tmp_path / "missing.yaml")


async def test_names_under_a_suffix_are_answered_by_the_zone_and_others_elsewhere() -> None:
    zone = ZoneResolver.from_mapping({"demo.test": [{"A": "192.0.2.1"}]})
    other = ZoneResolver.from_mapping({"example.com": [{"A": "192.0.2.2"}]})
    both = SplitResolver(zone, ["Demo.Test."], other)
    assert (await both.query("DEMO.test", "A")).hosts == ("192.0.2.1",)
    assert (await both.query("x.demo.test", "A")).status is Status.NXDOMAIN
    assert (await both.query("example.com", "A")).hosts == ("192.0.2.2",)
    assert (await both.query("xdemo.test", "A")).status is Status.NXDOMAIN


async def test_the_ready_zone_of_all_tests_has_a_sender() -> None:
    recorder = RecordingResolver(ready_zone({"more.test": [{"A": "192.0.2.9"}]}), FixedClock())
    assert (await recorder.query("example.com", "TXT")).texts[0].startswith(b"v=spf1")
    assert (await recorder.query("more.test", "A")).hosts == ("192.0.2.9",)
    assert (await recorder.query("slow.example", "A")).status is Status.TIMEOUT
