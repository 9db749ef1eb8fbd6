"""The page for operators tells what is counted and what can be set, every name and no other."""

import re
from pathlib import Path

from pydantic import BaseModel

from cli.config import SmtpConfig, VerifyConfig, WebConfig
from cli.store_config import StoreConfig
from mta.meters import STAGES
from store.metric_names import METRICS

HOUSE = Path(__file__).parents[2]
PAGE = (HOUSE / "docs" / "operators.md").read_text("utf-8")
SECTIONS: dict[str, type[BaseModel]] = {
    "smtp": SmtpConfig,
    "verify": VerifyConfig,
    "store": StoreConfig,
    "web": WebConfig,
}


def test_the_table_of_metrics_is_the_list() -> None:
    rows = re.findall(r"^\| `(postern_[a-z_]+)` \| (\w+) \| (.*?) \| (.*?) \|$", PAGE, re.M)
    told = {name: (kind, re.findall(r"`(\w+)`", labels), text) for name, kind, labels, text in rows}
    assert told == {
        name: (meaning.kind.value, list(meaning.labels), meaning.help)
        for name, meaning in METRICS.items()
    }


def test_alarms_ask_for_metrics_that_there_are() -> None:
    for name in re.findall(r"postern_\w+", PAGE):
        stem = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in METRICS or stem in METRICS, name


def test_all_stages_are_told() -> None:
    assert all(f"`{stage}`" in PAGE for stage in STAGES)


def test_the_table_of_limits_names_keys_and_defaults_that_there_are() -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| ([0-9]+)", PAGE.partition("## Limits")[2], re.M)
    assert len(rows) > 15
    for keys, default in rows:
        first = re.findall(r"`(\w+)`", keys)[0]
        assert SmtpConfig.model_fields[first].default == int(default), first


def test_keys_that_pages_name_can_be_set() -> None:
    pages = [HOUSE / "README.md", *(HOUSE / "docs").glob("*.md"), HOUSE / "systemd" / "README.md"]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    named = set(re.findall(r"`(smtp|verify|store|web)\.([a-z_]+)[` ]", text))
    assert len(named) > 20
    for section, key in named:
        assert key in SECTIONS[section].model_fields, f"{section}.{key}"


def test_keys_that_can_be_set_are_told() -> None:
    for section, keys in SECTIONS.items():
        for key in keys.model_fields:
            told = re.search(rf"(?:^ *|`|{section}\.){key}\b", PAGE, re.M)
            assert told, f"{section}.{key}"
