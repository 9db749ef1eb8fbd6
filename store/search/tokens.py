"""Words of a text in any language, and the other ways in which one of them may be written.

Scripts with spaces have their words between spaces. Those without (Chinese, Japanese, Thai, Lao,
Khmer, Burmese), and Korean with its endings, become overlapping pairs of characters, and the last
character of a run alone: every character begins exactly one token, so any part of the text is a
row of neighbours, and a single character is the beginning of a token.

The same functions read what is searched and what is searched for; a change of what they give
needs a new VERSION, so that older messages are indexed again.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

from store.columns import storable
from store.search.fold import letters, plain, spelled_out

VERSION = 2
"""Of the tokens and pairs of them: stored with each message's words."""

LONGEST = 64
"""Characters of a token; what is longer is no word, and its beginning will do."""

MOST_FORMS = 8
"""Ways of writing of one search term that are looked for."""

_KANA_AND_HAN = (
    "\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
)
_DENSE = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf"
    f"\u1100-\u11ff\u3131-\u318e\ua960-\ua97f\uac00-\ud7ff{_KANA_AND_HAN}]+)"
)
_WRAPPED = re.compile(f"(?<=[{_KANA_AND_HAN}])[ \t]*\r?\n[ \t]*(?=[{_KANA_AND_HAN}])")
_MIXED = re.compile(r"[0-9]+|[^0-9]+")
_NUMBER = re.compile(r"\+?[0-9]+(?:[ .,'/()-]{1,2}[0-9]+)*")
_DIGITS = re.compile("[0-9]+")
_UMLAUT = re.compile("[äöüåø]")
_WORD = re.compile(r"[^\W\d_]+")

_THOUSANDS = re.compile(r"([0-9]{1,3}(?:[ .,'][0-9]{3})+)(?:[.,][0-9]{1,2})?")
_SHORTEST_NUMBER, _LONGEST_NUMBER = 7, 20
_MIXED_PIECES, _MIXED_LENGTH = 4, 24


@dataclass(frozen=True, slots=True)
class Form:
    """One way of writing a search term: tokens next to each other, the last of which may go on
    where `prefix` says so."""

    tokens: tuple[str, ...]
    prefix: bool = False


def sequences(text: str) -> list[tuple[str, ...]]:
    """The tokens of a text in their order, then one short sequence for each other way in which
    somebody may write a part of it: `Müller` as mueller, `AB1234` as ab 1234, a number with
    spaces without them. Empty for a text without words."""
    folded = plain(text)
    if not folded.isascii():
        folded = _WRAPPED.sub("", folded)
    main = tuple(_tokens(letters(folded)))
    if not main:
        return []
    others = dict.fromkeys([*_split(main), *_numbers(folded), *_spelled(folded)])
    return [main, *others]


def forms(text: str, prefix: bool = False) -> tuple[Form, ...]:
    """How a search term may stand in a text; the most literal way first, none for a term without
    words. `prefix`: its last word may go on."""
    folded = plain(text)
    main = _searched(letters(folded))
    if main is None:
        return ()
    spelled = _searched(letters(spelled_out(folded)))
    assert spelled is not None
    goes_on = prefix or main.prefix
    options = [
        _options(token, other, alone=len(main.tokens) == 1)
        for token, other in zip(main.tokens, spelled.tokens, strict=True)
    ]
    found = [tuple(t for piece in chosen for t in piece) for chosen in _chosen(options)]
    if not goes_on:
        found += [number for number in _glued(folded) if number not in found]
    return tuple(Form(tokens, goes_on) for tokens in found)


def id_token(message_id: str) -> str | None:
    """A Message-ID as one token: nobody looks for a part of one, and its parts are no words.
    None for an empty one."""
    bare = "".join(message_id.split()).strip("<>").casefold()
    if not bare:
        return None
    return "¶" + hashlib.blake2b(storable(bare).encode(), digest_size=10).hexdigest()


def _chosen(options: list[list[tuple[str, ...]]]) -> Iterator[tuple[tuple[str, ...], ...]]:
    return islice(product(*options), MOST_FORMS)


def _tokens(spaced: str) -> Iterator[str]:
    for chunk in spaced.split():
        if chunk.isascii():
            yield chunk[:LONGEST]
            continue
        for place, run in enumerate(_DENSE.split(chunk)):
            if place % 2:
                yield from _pairs(run)
            elif run:
                yield run[:LONGEST]


def _pairs(run: str) -> Iterator[str]:
    for start in range(len(run)):
        yield run[start : start + 2]


def _searched(spaced: str) -> Form | None:
    """The tokens of a search term. It may end within a run of characters without spaces: the
    last of them is not the last of the run, and alone it is the beginning of a pair."""
    tokens = list(_tokens(spaced))
    if not tokens:
        return None
    last = tokens[-1]
    if len(last) > 1 or not _DENSE.fullmatch(last):
        return Form(tuple(tokens))
    if len(tokens) > 1 and len(tokens[-2]) == 2 and _DENSE.fullmatch(tokens[-2]):
        return Form(tuple(tokens[:-1]))
    return Form(tuple(tokens), prefix=True)


def _options(token: str, spelled: str, *, alone: bool) -> list[tuple[str, ...]]:
    """The ways of writing one word of a term. Whoever types `mueller` alone finds Müller by what
    the index has of him (`_spelled`); within a phrase the index has him as muller."""
    found: list[tuple[str, ...]] = [(token,)]
    if spelled != token:
        found.append((spelled,))
    elif not alone and (short := _contracted(token)) != token:
        found.append((short,))
    if pieces := _pieces(token):
        found.append(pieces)
    return found


def _contracted(token: str) -> str:
    for long, short in (("ae", "a"), ("oe", "o"), ("ue", "u"), ("aa", "a")):
        token = token.replace(long, short)
    return token


def _pieces(token: str) -> tuple[str, ...]:
    """Letters and digits of a part number apart; nothing for words, numbers and random ids."""
    if len(token) > _MIXED_LENGTH or token.isalpha() or token.isdigit():
        return ()
    found = _MIXED.findall(token)
    return tuple(found) if 1 < len(found) <= _MIXED_PIECES else ()


def _split(tokens: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for token in tokens:
        if pieces := _pieces(token):
            yield pieces


def _numbers(text: str) -> Iterator[tuple[str, ...]]:
    """Numbers in one piece; of a telephone number also what follows the country and the area."""
    for match in _NUMBER.finditer(text):
        number = match[0]
        groups = _DIGITS.findall(number)
        if len("".join(groups)) > _LONGEST_NUMBER:
            continue
        if amount := _THOUSANDS.fullmatch(number):
            yield (_digits(amount[1]),)
        for start in range(min(len(groups) - 1, 3)):
            joined = "".join(groups[start:])
            if len(joined) >= _SHORTEST_NUMBER:
                yield (joined,)
        if number[0] == "+" and len(groups) == 1:
            for code in (1, 2, 3):
                if len(number) - 1 - code >= _SHORTEST_NUMBER:
                    yield (number[1 + code :],)


def _glued(text: str) -> Iterator[tuple[str, ...]]:
    """A term that is one number with signs in it, without them."""
    number = text.strip().strip("()")
    digits = _digits(number)
    if digits == number or not _NUMBER.fullmatch(number):
        return
    if amount := _THOUSANDS.fullmatch(number):
        yield (_digits(amount[1]),)
    if _SHORTEST_NUMBER <= len(digits) <= _LONGEST_NUMBER:
        yield (digits,)


def _digits(text: str) -> str:
    return "".join(_DIGITS.findall(text))


def _spelled(text: str) -> Iterator[tuple[str, ...]]:
    if _UMLAUT.search(text) is None:
        return
    for word in dict.fromkeys(_WORD.findall(text)):
        if _UMLAUT.search(word) is not None:
            yield tuple(_tokens(letters(spelled_out(word))))
