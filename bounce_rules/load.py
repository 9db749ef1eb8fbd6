"""Reads the rule files, once, at start. A rule that is wrong in any way stops the start.

Files are read in the order of their names and rules in the order of their places, and that is the
order in which they are asked. Every fault is a SettingsProblem that names the file, the line and
the rule: an operator who writes a rule of their own should learn here what is wrong with it, and
never from mail that went the wrong way.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from bounce_rules.facts import POLICY_UNKNOWN, Enforce, Facts, RecipientState
from bounce_rules.rule import FACT_NAMES, PLACEHOLDER, ReplyForm, Rule, Rules, Wanted
from mail.envelope import Door
from mail.errors import SettingsProblem
from mail.forward import Rewriting
from mail.report import (
    ArcWord,
    AuthorWord,
    DkimWord,
    DmarcPolicy,
    DmarcWord,
    IprevWord,
    SpfWord,
)
from mail.verdict import Action, Override, Verdict

FOLDER = Path(__file__).parent / "reject"
"""The rules that come with the program."""

STAGES = ("mail", "rcpt", "data")

_WORDS = {
    "stage": STAGES,
    "door": tuple(Door),
    "enforce": tuple(Enforce),
    "recipient_state": tuple(RecipientState),
    "author": tuple(AuthorWord),
    "spf": tuple(SpfWord),
    "dkim": tuple(DkimWord),
    "arc": tuple(ArcWord),
    "dmarc": tuple(DmarcWord),
    "dmarc_policy": (*DmarcPolicy, POLICY_UNKNOWN),
    "iprev": tuple(IprevWord),
    "forward_rewriting": tuple(Rewriting),
}
"""Facts whose values come from a fixed list: a value outside it is a slip of the pen."""

_YES_NO = frozenset(field.name for field in fields(Facts) if field.type is bool)
_NEEDED = {"name", "stage", "when", "action", "reply", "why", "case"}
_ALLOWED = _NEEDED | {"override", "names_next"}


def load_rules(folder: Path | None = None) -> Rules:
    """All rules of `folder`'s *.toml files, or those that come with the program.

    Raises SettingsProblem for anything that is not a rule, for a name used twice, for a rule
    that does not decide its own case, and for a stage without a last rule that always fits.
    """
    folder = FOLDER if folder is None else folder
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise SettingsProblem(f"{folder}: there are no rule files (*.toml) here")
    rules = Rules(tuple(rule for file in files for rule in _read_file(file)))
    _check_names(rules)
    _check_last(rules, folder)
    _check_cases(rules)
    return rules


def _read_file(file: Path) -> Iterator[Rule]:
    try:
        text = file.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{file}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"{file}: not valid TOML: {error}") from error
    tables = content.pop("rule", [])
    if content or not isinstance(tables, list) or not tables:
        raise SettingsProblem(f"{file}: a rule file is a list of [[rule]] tables, and no more")
    for table, line in zip(tables, _lines(text), strict=True):
        yield _read_rule(table, f"{file}:{line}")


def _lines(text: str) -> Iterator[int]:
    """The line of each [[rule]]."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not inside and line.replace(" ", "").startswith("[[rule]]"):
            yield number
        inside ^= line.count('"""') % 2 == 1


def _read_rule(table: Any, where: str) -> Rule:
    name = table.get("name") if isinstance(table, dict) else None
    where = f"{where}: rule {name!r}"
    try:
        _check_keys(table)
        return Rule(
            name=_text(table, "name"),
            stage=_word(_text(table, "stage"), STAGES, "stage"),
            when=_read_when(table["when"]),
            action=Action(_word(_text(table, "action"), tuple(Action), "action")),
            reply=_read_reply(table["reply"]),
            why=_text(table, "why"),
            case=_read_case(table["case"], table["stage"]),
            where=where,
            override=_read_override(table),
            names_next=table.get("names_next", False) is True,
        )
    except (TypeError, ValueError) as error:
        raise SettingsProblem(f"{where}: {error}") from error


def _check_keys(table: Mapping[str, Any]) -> None:
    if missing := sorted(_NEEDED - table.keys()):
        raise ValueError(f"lacks {', '.join(missing)}")
    if unknown := sorted(table.keys() - _ALLOWED):
        raise ValueError(
            f"unknown key {', '.join(unknown)}; allowed: {', '.join(sorted(_ALLOWED))}"
        )


def _text(table: Mapping[str, Any], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} must be a text that says something")
    return value


def _word(value: str, allowed: tuple[str, ...], key: str) -> str:
    if value not in allowed:
        raise ValueError(f"{key} = {value!r}; allowed: {', '.join(allowed)}")
    return value


def _read_override(table: Mapping[str, Any]) -> Override | None:
    if "override" not in table:
        return None
    return Override(_word(_text(table, "override"), tuple(Override), "override"))


def _read_when(table: Any) -> dict[str, Wanted]:
    if not isinstance(table, dict):
        raise TypeError("when must be a table of facts and the values they should have")
    when = {}
    for name, wanted in table.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        if not values:
            raise ValueError(f"when.{name} allows no value, so the rule could never fit")
        for value in values:
            _check_fact(f"when.{name}", name, value)
        when[name] = tuple(values)
    return when


def _check_fact(key: str, name: str, value: Any) -> None:
    """Whether that is a fact, and that a value which it can have."""
    if name not in FACT_NAMES or name == "reasons":
        raise ValueError(
            f"{key}: there is no such fact; there are: {', '.join(sorted(FACT_NAMES))}"
        )
    if not isinstance(value, bool if name in _YES_NO else str):
        kind = "true or false" if name in _YES_NO else "a text"
        raise TypeError(f"{key} = {value!r}; it must be {kind}")
    if name in _WORDS:
        _word(str(value), _WORDS[name], key)


def _read_reply(table: Any) -> ReplyForm:
    if not isinstance(table, dict) or table.keys() != {"code", "enhanced", "text"}:
        raise ValueError("reply must have code, enhanced and text, and no more")
    code, enhanced, text = table["code"], _text(table, "enhanced"), _text(table, "text")
    if not isinstance(code, int) or isinstance(code, bool):
        raise TypeError(f"reply.code = {code!r}; it must be a number")
    for name in PLACEHOLDER.findall(enhanced + text):
        if name not in FACT_NAMES:
            raise ValueError(f"reply: there is no fact {{{name}}}")
    return ReplyForm(code, enhanced, text)


def _read_case(table: Any, stage: str) -> Facts:
    if not isinstance(table, dict):
        raise TypeError("case must be a table of facts")
    for name, value in table.items():
        _check_fact(f"case.{name}", name, value)
    return replace(Facts(stage), **table)


def _check_names(rules: Rules) -> None:
    seen: dict[str, Rule] = {}
    for rule in rules.rules:
        if rule.name in seen:
            raise SettingsProblem(f"{rule.where}: the name is taken by {seen[rule.name].where}")
        seen[rule.name] = rule


def _check_last(rules: Rules, folder: Path) -> None:
    """Every transaction must get an answer, so each stage needs a rule without conditions."""
    for stage in STAGES:
        of_stage = [rule for rule in rules.rules if rule.stage == stage]
        if not of_stage or of_stage[-1].when:
            raise SettingsProblem(
                f'{folder}: the last rule of stage "{stage}" must have when = {{}}, '
                "so that there is always an answer"
            )


def _check_cases(rules: Rules) -> None:
    """A rule must decide its own case, with a reply that its action allows."""
    for rule in rules.rules:
        decided = rules.first(rule.case)
        if decided is not rule:
            raise SettingsProblem(f"{rule.where}: its case is decided by {decided.where}")
        try:
            Verdict(rule.action, rule.name, rule.reply.fill(rule.case), rule.override)
        except ValueError as error:
            raise SettingsProblem(f"{rule.where}: {error}") from error
