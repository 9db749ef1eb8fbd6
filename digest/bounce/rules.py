"""What refusals of mail mean, and how reports are told: data in `bounce_rules/bounces`, read once.

A file with [[rule]] tables is one provider's, or `generic.toml`, whose rules come after all of
them. `codes.toml` has the kinds of status codes, `signs.toml` the words by which reports without
RFC 3464 are known. A rule that does not decide its own case is refused.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import bounce_rules
from digest.bounce.values import Kind
from mail.errors import SettingsProblem

FOLDER = Path(bounce_rules.__file__).parent / "bounces"

ASK = "ask-after-three"
"""In a digest's reasons: nobody knows what this refusal means, a person should look at several."""

LONGEST = 4000
"""Characters of a refusal that are looked at."""

_SHORTEST = {True: 4, False: 2}
"""Characters that a text has at least, if it is ASCII or not."""

_NEEDED = {"name", "kind", "case", "source", "checked_on", "confidence"}
_ALLOWED = _NEEDED | {"text", "pattern", "near", "status", "code", "weak", "sure", "ask", "lasting"}
_INHERITED = ("source", "checked_on", "confidence")
STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
"""An enhanced status code (RFC 3463)."""

CODE = re.compile(r"(?<![\d.\w])([45][0-5]\d)(?=[\s\-:;#,.)\]]|\Z)(?!\.\d)")
"""A reply's code (RFC 5321)."""

_CONTINUED = re.compile(r"\b[245]\d\d-(?:\d\.\d{1,3}\.\d{1,3}\b)?")
# Cisco's gateways put their own title of a code before the reply that they were given.
_TITLE = re.compile(r"\b[45]\.\d\.\d - [A-Za-z ()]{4,60}(?= ['\"]?[45]\d\d[ -])")
_ADDRESS = re.compile(r"<?[^\s<>@:;,\"'()]{1,200}@(?:(?!\.\.)[^\s<>,;:\"'()]){1,250}>?")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Rule:
    """A refusal by its words. Any of `text` (as `plain` makes it) or `pattern` must be in it, or a
    word of each of the two lists `near` in one sentence, in any order. Where `status`
    says something, one of it must be the status code: "x" is a digit, "5.1." all of its subject;
    the reply's code must begin with one of `code`. A `weak` rule counts only
    where the status code says nothing by itself; a `sure` one counts before what is said in the
    reader's language, of which it knows the words. What a `lasting` one says is no passing trouble,
    even where the reporter calls it one."""

    name: str
    kind: Kind
    text: tuple[str, ...]
    pattern: re.Pattern[str] | None
    near: "Near | None"
    status: re.Pattern[str] | None
    code: tuple[str, ...]
    weak: bool
    sure: bool
    ask: bool
    lasting: bool
    case: str

    def strength(self, words: str, status: str, code: str) -> int:
        """How many characters of `words` speak for this rule; 0: it does not fit."""
        if self.status is not None and not self.status.match(status):
            return 0
        if self.code and not code.startswith(self.code):
            return 0
        found = max((len(text) for text in self.text if text in words), default=0)
        if not found and self.pattern is not None:
            match = self.pattern.search(words)
            found = match.end() - match.start() if match else 0
        if not found and self.near is not None:
            found = self.near.strength(words)
        return found


@dataclass(frozen=True, slots=True)
class Near:
    """Two lists of words, and a word of each within one sentence as a pattern, which is costly."""

    lists: tuple[tuple[str, ...], ...]
    pattern: re.Pattern[str]

    def strength(self, words: str) -> int:
        """How many characters lie from one word to the other; 0: they are not there."""
        if not all(any(one in words for one in some) for some in self.lists):
            return 0
        match = self.pattern.search(words)
        return match.end() - match.start() if match else 0


@dataclass(frozen=True, slots=True)
class Rules:
    """All that is known of refusals."""

    providers: tuple[Rule, ...]
    generic: tuple[Rule, ...]
    codes: dict[str, Kind]

    def by_words(self, words: str, status: str, code: str, *, weak: bool) -> Rule | None:
        """The rule that decides `words`: a provider's own before a general one."""
        own = self.of_provider(words, status, code, weak=weak)
        return own or self.general(words, status, code, weak=weak)

    def of_provider(self, words: str, status: str, code: str, *, weak: bool) -> Rule | None:
        """A provider's rule that says most of `words`."""
        best, most = None, 0
        for rule in self.providers:
            strength = rule.strength(words, status, code)
            if strength > most and (weak or not rule.weak):
                best, most = rule, strength
        return best

    def general(self, words: str, status: str, code: str, *, weak: bool) -> Rule | None:
        """The first of the general rules that fits."""
        fitting = (one for one in self.generic if weak or not one.weak)
        return next((one for one in fitting if one.strength(words, status, code)), None)


def plain(text: str) -> str:
    """The words of a refusal as rules have them: lower case, single spaces, without addresses
    (a person may be called spam@…), without the codes that continue a reply of several lines and
    without a gateway's own title for all of it."""
    text = _TITLE.sub(" ", unicodedata.normalize("NFKC", text[:LONGEST]).replace("\u2019", "'"))
    text = _ADDRESS.sub("@", _CONTINUED.sub(" ", text))
    return _SPACE.sub(" ", text).strip().casefold()


@cache
def shipped_rules() -> Rules:
    """Those that come with the program."""
    return load(FOLDER)


def load(folder: Path) -> Rules:
    """The rules of one folder. Raises SettingsProblem, naming file and rule."""
    providers: list[Rule] = []
    generic: list[Rule] = []
    for file in sorted(folder.glob("*.toml")):
        content = read_toml(file)
        if "rule" in content:
            (generic if file.stem == "generic" else providers).extend(_rules(content, file))
    rules = Rules(tuple(providers), tuple(generic), _codes(folder / "codes.toml"))
    if not providers or not generic:
        raise SettingsProblem(f"{folder}: rules of providers and generic.toml are needed")
    _check_cases(rules, folder)
    return rules


def _check_cases(rules: Rules, folder: Path) -> None:
    for rule in (*rules.providers, *rules.generic):
        status, code = STATUS.search(rule.case), CODE.search(rule.case)
        found = rules.by_words(
            plain(rule.case), status[0] if status else "", code[1] if code else "", weak=True
        )
        if found is None or found.kind is not rule.kind:
            other = found.name if found else "no rule"
            raise SettingsProblem(f"{folder}: rule {rule.name!r}: its case is decided by {other}")


def read_toml(file: Path) -> dict[str, Any]:
    """A file's content. Raises SettingsProblem, naming it."""
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsProblem(f"{file}: cannot be read: {error}") from error


def _rules(content: dict[str, Any], file: Path) -> Iterator[Rule]:
    inherited = {name: content[name] for name in _INHERITED if name in content}
    for table in content["rule"]:
        found = inherited | table
        where = f"{file}: rule {found.get('name')!r}"
        missing, unknown = _NEEDED - found.keys(), found.keys() - _ALLOWED
        if missing or unknown:
            raise SettingsProblem(f"{where}: lacks {sorted(missing)}, has {sorted(unknown)}")
        try:
            yield _rule(found)
        except (ValueError, TypeError, re.error) as error:
            raise SettingsProblem(f"{where}: {error}") from error


def _rule(table: dict[str, Any]) -> Rule:
    pattern = table.get("pattern")
    rule = Rule(
        name=table["name"],
        kind=Kind(table["kind"]),
        text=tuple(plain(one) for one in table.get("text", ())),
        pattern=re.compile(pattern) if pattern else None,
        near=_near(table.get("near")),
        status=_status(table.get("status")),
        code=tuple(table.get("code", ())),
        weak=bool(table.get("weak", False)),
        sure=bool(table.get("sure", False)),
        ask=bool(table.get("ask", False)),
        lasting=bool(table.get("lasting", False)),
        case=table["case"],
    )
    if not rule.text and rule.pattern is None and rule.near is None:
        raise ValueError("a rule needs text or pattern")
    if short := [text for text in rule.text if len(text) < _SHORTEST[text.isascii()]]:
        raise ValueError(f"the texts {short} are too short to say anything")
    return rule


def _status(wanted: list[str] | None) -> re.Pattern[str] | None:
    if not wanted:
        return None
    codes = (re.escape(one).replace("x", r"\d") for one in wanted)
    ends = (rf"{code}\Z" if not code.endswith(".") else code for code in codes)
    return re.compile("|".join(ends))


def _near(lists: list[list[str]] | None) -> Near | None:
    if not lists:
        return None
    first, second = (tuple(map(plain, words)) for words in lists)
    one, other = ("|".join(map(re.escape, words)) for words in (first, second))
    between = r"[^.!?。！？;；]{0,60}"
    pattern = f"(?:{one}){between}(?:{other})|(?:{other}){between}(?:{one})"
    return Near((first, second), re.compile(pattern))


def _codes(file: Path) -> dict[str, Kind]:
    try:
        return {code: Kind(kind) for code, kind in read_toml(file)["codes"].items()}
    except (KeyError, ValueError, AttributeError) as error:
        raise SettingsProblem(f"{file}: [codes] says the kind of each code: {error}") from error
