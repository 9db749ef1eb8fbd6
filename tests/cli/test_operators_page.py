"""The page for operators tells what is counted, every name of it and no other."""

import re
from pathlib import Path

from cli.config import SmtpConfig
from mta.meters import STAGES
from store.metric_names import METRICS

PAGE = (Path(__file__).parents[2] / "docs" / "operators.md").read_text("utf-8")


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
