"""The reason of a result in the reader's language.

English is what the report has; the Chinese sentences are a table beside this module, by code.
Reports that were kept before there were codes give their English sentence in every language.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

from bounce_rules.explain.finding import Report
from mail.reason import Reason, ReasonCode, reason_from_json
from mail.reply import printable

CHINESE = "zh-CN"
_METHODS = {"spf": "SPF", "dkim": "DKIM", "mailfrom": "MAIL FROM", "helo": "HELO"}
_LONGEST = 300
# A space stands between Chinese and Latin, not between two Chinese characters.
_BETWEEN = re.compile("(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def cause_of(result: Report) -> Reason | None:
    """The cause of one result of a stored report, None where none was kept."""
    return reason_from_json(result.get("cause"))


def reason_of(result: Report, language: str) -> str:
    """Why this result came about, without a full stop, for a reader of that language."""
    cause = cause_of(result) if language == CHINESE else None
    return str(result["reason"]) if cause is None else in_chinese(cause)


def in_chinese(reason: Reason) -> str:
    """The Chinese sentence, strangers' words made printable."""
    values = [
        in_chinese(one) if isinstance(one, Reason) else _METHODS.get(one, printable(one, _LONGEST))
        for one in reason.values
    ]
    return _BETWEEN.sub("", chinese_texts()[reason.code.value].format(*values))


def codes_within(reason: Reason | None) -> frozenset[ReasonCode]:
    """The reason's code and those of the reasons that it is made of."""
    if reason is None:
        return frozenset()
    inner = (codes_within(one) for one in reason.values if isinstance(one, Reason))
    return frozenset({reason.code}.union(*inner))


@cache
def chinese_texts() -> dict[str, str]:
    """The sentence of each code."""
    text = Path(__file__).with_name("reasons.zh-CN.toml").read_text("utf-8")
    return tomllib.loads(text)
