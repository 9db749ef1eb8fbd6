"""Each reason has a sentence in both languages, which say the same things."""

import json
import re
import string
from pathlib import Path

import pytest

from bounce_rules.explain import dkim, reasons
from bounce_rules.explain.finding import Finding, Kind
from bounce_rules.explain.words import words_of
from mail.reason import Reason, ReasonCode, ReasonedError, because, listed, reason_from_json

ROOT = Path(__file__).resolve().parents[2]
CODES = list(ReasonCode)
# What fills these is English, or said in other words in Chinese.
LEFT_OUT = {ReasonCode.FROM_DOMAIN, ReasonCode.SPF_ADDRESS}


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_the_chinese_table_has_each_code_and_no_other() -> None:
    assert set(reasons.chinese_texts()) == {code.value for code in CODES}


@pytest.mark.parametrize("code", CODES)
def test_both_sentences_are_filled_by_the_same_values(code: ReasonCode) -> None:
    chinese = reasons.chinese_texts()[code.value]
    assert code.english
    wanted = set() if code in LEFT_OUT else fields(code.english)
    assert fields(chinese) == wanted


@pytest.mark.parametrize("code", CODES)
def test_chinese_sentences_are_chinese_clauses(code: ReasonCode) -> None:
    chinese = reasons.chinese_texts()[code.value]
    assert not chinese.endswith(("。", ".", " "))
    assert re.search("[\u4e00-\u9fff]", chinese) or not re.search("[a-z]{3}", code.english)
    # Half-width marks next to a Chinese character are a slip.
    assert not re.search("[\u4e00-\u9fff][,;:!?()]|[,;:!?(][\u4e00-\u9fff]", chinese)


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_given_by_some_check(code: ReasonCode) -> None:
    sources = [*ROOT.glob("verify/**/*.py"), ROOT / "mail/reason.py"]
    wanted = re.compile(rf"\b(?:Code|ReasonCode)\.{code.name}\b")
    assert any(wanted.search(path.read_text("utf-8")) for path in sources)


def test_a_reason_within_a_reason_is_said_in_the_same_language() -> None:
    inner = because(ReasonCode.TAGS_TWICE, "d")
    outer = because(ReasonCode.ARC_FIELD, "ARC-Seal", because(ReasonCode.UNREADABLE, inner))
    assert str(outer) == "ARC-Seal: the signature cannot be read: the tag d= stands there twice"
    assert reasons.in_chinese(outer) == "ARC-Seal：签名无法读懂：标签 d= 出现了两次"
    assert reasons.codes_within(outer) >= {ReasonCode.TAGS_TWICE, ReasonCode.ARC_FIELD}


def test_chinese_characters_have_no_space_between_them() -> None:
    path = because(ReasonCode.SPF_NO_TERM, "a.example")
    assert reasons.in_chinese(because(ReasonCode.SPF_MATCHES, path, "192.0.2.1")) == (
        "a.example 的记录中没有任何一项匹配 192.0.2.1"
    )
    term = because(ReasonCode.SPF_TERM, "-all", "a.example")
    assert reasons.in_chinese(because(ReasonCode.SPF_MATCHES, term, "192.0.2.1")) == (
        "a.example 的 -all 匹配 192.0.2.1"
    )


def test_what_is_kept_of_a_reason_is_read_back() -> None:
    methods = [because(ReasonCode.DMARC_METHOD, name, "a.example") for name in ("spf", "dkim")]
    reason = because(ReasonCode.DMARC_ALIGNED, listed(methods))
    assert str(reason) == "aligned pass of spf for a.example, dkim for a.example"
    kept = json.loads(json.dumps(reason.as_json()))
    assert reason_from_json(kept) == reason
    assert reasons.in_chinese(reason) == "通过且对齐：a.example 的 SPF、a.example 的 DKIM"


@pytest.mark.parametrize("kept", [None, {"code": "of tomorrow", "values": []}])
def test_a_reason_without_a_known_code_stays_english(kept: dict[str, object] | None) -> None:
    result = {"reason": "as it was", "cause": kept}
    assert reasons.reason_of(result, "zh-CN") == "as it was"
    assert reasons.reason_of({"reason": "as it was"}, "zh-CN") == "as it was"


def test_the_words_of_strangers_stay_printable() -> None:
    said = reasons.in_chinese(because(ReasonCode.KEY_MISSING, "a\u202eb\n" + "x" * 1000))
    assert said.isprintable() and len(said) < 400


def test_findings_tell_the_reason_in_the_language_of_the_reader() -> None:
    cause = because(ReasonCode.KEY_BITS, 512, 1024, 4096)
    result = {"reason": str(cause), "cause": cause.as_json()}
    finding = Finding(Kind.DKIM_WEAK_KEY, "x", {"name": "x", "new": "n"}, because=result)
    assert "the key has 512 bits" in words_of(finding, "en").found
    assert "密钥为 512 位" in words_of(finding, "zh-CN").found


def test_an_error_says_its_reason_in_english() -> None:
    error = ReasonedError(ReasonCode.TAGS_TOO_MANY, 100)
    assert str(error) == "it has more than 100 tags"
    assert error.reason == Reason(ReasonCode.TAGS_TOO_MANY, ("100",))


def test_each_code_of_a_key_has_a_kind_that_speaks_of_keys() -> None:
    passing = {ReasonCode.KEY_TIMEOUT, ReasonCode.KEY_SERVFAIL, ReasonCode.KEY_NAME_TOO_LONG}
    about_keys = {code for code in CODES if code.name.startswith("KEY_")} - passing
    assert about_keys <= dkim.KINDS.keys()
