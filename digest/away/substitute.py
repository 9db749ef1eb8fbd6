"""Whom a note asks to write to instead: the address beside the phrase that says so.

An address counts where somebody is asked to turn to it; one that only stands in a signature or a
footer does not. Where nobody is asked, "for orders: Oleg Petrov, oleg@company.example" is enough
(`_named_for`), if the note names one such address. Addresses stand in the text as single characters
(`digest.away.roles`), so what follows is about words and distances alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from digest.away.languages import Language, any_of, shipped_languages
from digest.away.roles import FIRST_ADDRESS, Sentence

MANY = 40
"""Addresses of one note that are looked at."""

_ATOM = r"[A-Za-z0-9](?:[A-Za-z0-9._%+\-]{0,62}[A-Za-z0-9_])?"
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?"
_SPELLED_AT = r"[\[({<]\s?(?:at|ät|arroba|chiocciola|собака|@)\s?[\])}>]"
_AT = rf"(?:\s?@\s?|\s?{_SPELLED_AT}\s?|(?-i:\sAT\s)|\sarroba\s)"
_DOT = r"(?:\.|\s?[\[({]\s?(?:dot|punkt|punto|point|ponto|\.)\s?[\])}]\s?|(?-i:\sDOT\s))"
_ADDRESS = re.compile(
    rf"(?<![A-Za-z0-9_/.@+\-])({_ATOM}){_AT}({_HOST}(?:{_DOT}{_HOST}){{1,5}})(?![A-Za-z0-9_@])",
    re.I,
)
_SPELLED_DOT = re.compile(_DOT, re.IGNORECASE)
_URL = re.compile(r"\b(?:https?|ftp)://\S{1,2000}|\bwww\.\S{1,500}", re.IGNORECASE)
_NOBODY = re.compile(
    r"(?:no-?_?reply|do-?not-?reply|unsubscribe|list-?unsubscribe|mailer-daemon|postmaster|abuse"
    r"|privacy|datenschutz|dpo|optout|opt-out)(?:[.+\-_][^@]{0,40})?@",
    re.IGNORECASE,
)
_FOOTER = re.compile(
    "unsubscribe|confidential|intended recipient|privileged|disclaimer|abmelden|abbestellen"
    "|datenschutz|vertraulich|confidentiel|desabonner|privacy|ricevuto per errore|退订|保密|免责"
    "|received this (?:e-?mail|message) in error|virus|legal notice"
)
_PRIVATE = re.compile("[\ue000-\uf8ff]")

_FRONT = 160
"""Characters before an address that are looked at."""
_FEWEST = 3
"""Words that say whose address it is, and what for."""
_SHORT = 2
"""Letters of a word that may be in any address."""
_ANY_ADDRESS = re.compile("[\ue100-\ue1ff]")
_ABBREVIATED = re.compile(r"(?<!\w)[^\W\d]{2,5}\.\s?\Z")
_PHONE = re.compile(r"\d(?:[\s().\-/]{0,2}\d){5}|[|·•]|www\.")
_DIGIT = re.compile(r"\d")
_DENSE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_WORD = re.compile("[^\\W\\d_\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{2,}")


def hide_addresses(text: str) -> tuple[str, list[str]]:
    """The text with a character for each address, and the addresses as they are written to."""
    found: list[str] = []

    def hidden(match: re.Match[str]) -> str:
        if len(found) >= MANY:
            return " "
        found.append(f"{match[1]}@{_SPELLED_DOT.sub('.', match[2])}")
        return chr(FIRST_ADDRESS + len(found) - 1)

    return _ADDRESS.sub(hidden, _URL.sub(" ", _PRIVATE.sub("", text))), found


def substitute_of(
    sentences: Sequence[Sentence],
    addresses: Sequence[str],
    own: frozenset[str],
    is_left: bool,
    languages: Sequence[Language] = (),
) -> str | None:
    """The address to write to, or None. `own` are the writer's and ours, in lower case."""
    best: tuple[int, int] | None = None
    strength = 0
    for number, sentence in enumerate(sentences):
        before = max(strength - 1, 0) if number else 0
        strength = _strength(sentence)
        if _FOOTER.search(sentence.text):
            break
        counts = max(strength, before, 1 if is_left else 0)
        for _, index in _candidates(sentence.text, addresses, own):
            if counts and (best is None or counts > best[0]):
                best = (counts, index)
    if best is not None:
        return addresses[best[1]]
    named = set(_named_for(sentences, addresses, own, languages))
    return addresses[min(named)] if len({addresses[one].lower() for one in named}) == 1 else None


def _strength(sentence: Sentence) -> int:
    """How plainly a sentence asks to turn to somebody. "E-mail:" only says what an address is."""
    if any(one.role == "urgent" for one in sentence.said):
        return 3
    asking = [one for one in sentence.said if one.role == "contact"]
    labels = [one.span() for one in _label().finditer(sentence.text)] if asking else []
    return 2 * any(
        not any(start <= one.start and one.end <= end for start, end in labels) for one in asking
    )


def _candidates(
    text: str, addresses: Sequence[str], own: frozenset[str]
) -> Iterator[tuple[int, int]]:
    """Where addresses stand in a text, and which, but the writer's, ours and nobody's."""
    for match in _ANY_ADDRESS.finditer(text):
        index = ord(match[0]) - FIRST_ADDRESS
        if index < len(addresses):
            address = addresses[index]
            if address.lower() not in own and not _NOBODY.match(address):
                yield match.start(), index


def _named_for(
    sentences: Sequence[Sentence],
    addresses: Sequence[str],
    own: frozenset[str],
    languages: Sequence[Language],
) -> Iterator[int]:
    """Addresses that the words before them give to something: "open orders: Oleg Petrov, ..."."""
    lead = ""
    for sentence in sentences:
        if _FOOTER.search(sentence.text):
            break
        text = lead + sentence.text
        for at, index in _candidates(text, addresses, own):
            if _gives(text[max(0, at - _FRONT) : at], addresses[index], languages):
                yield index
        # "For plans: arch. Reali": the sentence is no sentence yet.
        goes_on = len(text) <= _FRONT and ":" in text and _ABBREVIATED.search(text)
        lead = f"{text} " if goes_on else ""


def _gives(front: str, address: str, languages: Sequence[Language]) -> bool:
    """Whether the words before an address say what it is for; those of a signature do not."""
    if any(one.search(front) for one in (_PHONE, _imprint(), _label())):
        return False
    if _count(front) < _FEWEST:
        return not _DIGIT.search(front) and _names(front, address)
    head, colon, name = front.rpartition(":")
    if colon and _count(head) >= _FEWEST - 1:
        return not _DIGIT.search(name)
    if _DIGIT.search(front):
        return False
    return any(_concerns(one, front) for one in languages) or _names(front, address)


def _names(front: str, address: str) -> bool:
    """Whether what stands behind a colon or a dash is the address's own name, as in "new orders -
    Al Vogt, a.vogt@company.example"."""
    local = address.lower().partition("@")[0]
    for mark, fewest in ((":", 1), (" - ", _FEWEST - 1)):
        head, _, name = front.rpartition(mark)
        is_own = any(len(one) > _SHORT and one in local for one in _WORD.findall(name))
        if is_own and _count(head) >= fewest:
            return True
    return False


def _count(text: str) -> int:
    """The words of a text; where they are not parted, two characters make one."""
    dense = len(_DENSE.findall(text))
    return dense // 2 + len(_WORD.findall(text))


def _concerns(language: Language, front: str) -> bool:
    begins, has = _concerning(language)
    return bool((begins and begins.match(front)) or (has and has.search(front)))


@lru_cache(maxsize=64)
def _concerning(language: Language) -> tuple[re.Pattern[str] | None, re.Pattern[str] | None]:
    begins, has = language.words["concerning"], language.words["concerning_after"]
    return (
        re.compile(rf"\W{{0,4}}{_whole(begins)}") if begins else None,
        re.compile(_ending(has)) if has else None,
    )


@lru_cache(maxsize=1)
def _label() -> re.Pattern[str]:
    """What an address is, as signatures say it, in any language."""
    return re.compile(rf"{_whole(_of_all('address_label'))}\s?:")


@lru_cache(maxsize=1)
def _imprint() -> re.Pattern[str]:
    """What only signatures and footers have: a company's form, a street, a register."""
    return re.compile(_whole(_of_all("imprint")))


def _of_all(key: str) -> list[str]:
    return [
        word for language in shipped_languages().by_name.values() for word in language.words[key]
    ]


def _whole(words: Iterable[str]) -> str:
    """Any of these as whole words; scripts without spaces have no such thing."""
    dense = [one for one in words if _DENSE.search(one)] or ["\0"]
    spaced = [one for one in words if not _DENSE.search(one)] or ["\0"]
    return rf"(?:{any_of(dense)}|(?<!\w){any_of(spaced)}(?!\w))"


def _ending(words: Iterable[str]) -> str:
    """The same for words that may be joined to the one before, as in "számlaügyekben"."""
    return _whole(words).replace(r"(?<!\w)", "")
