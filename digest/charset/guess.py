"""Which charset octets are in when nobody says, or says wrongly.

Each candidate decodes a sample, and the sample's characters vote: frequent characters of the
language speak for it, rare ones against it, octets that it cannot decode strongly against it.
The best mean vote wins. UTF-8 is not among the candidates: whoever guesses asks for it first,
strictly, because other text is UTF-8 by accident almost never.
"""

import codecs
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

from digest.charset import frequent
from digest.charset.effort import Effort, effort
from digest.charset.labels import (
    BIG5,
    EUC_JP,
    EUC_KR,
    GB18030,
    SHIFT_JIS,
    WINDOWS_1252,
    Charset,
    charset_of,
    composed,
)
from digest.charset.pairs import familiar, familiar_words, words_in

SAMPLE = 3000
"""Octets looked at, from the first that is not ASCII."""

_GLANCE, _CLOSER = 400, 6
"""Octets of a long sample by which all candidates are ranked, and how many of them are then asked
about the whole of it."""

HINT = 0.35
"""What a hint (another part's declared charset, say) adds to a candidate's mean vote."""

FIRST_HINT = 0.7
"""What the weightiest one adds."""

_UNDECODABLE = -4.0
_PAIRS = 1.6
"""What pairs of letters weigh beside the letters themselves."""

_WORD, _WORDS = 0.1, 5
"""What a frequent word weighs, and how many of them at most."""
_ASCII = re.compile("[\x00-\x7f]+")
_ODD = re.compile("[\ue000-\uf8ff\x80-\x9f]")
# A capital right after a small letter is what the wrong one of two Cyrillic charsets gives.
_CASE_BREAK = re.compile("[а-яё][А-ЯЁ]")
# Letters beyond ASCII stand inside words of ASCII letters in Latin scripts, seldom in a row, and
# few of them are words by themselves.
_LONELY = re.compile("(?<![A-Za-z\x80-\u024f])(?![àéèóöåæÀÉÈÓÖÅÆ])[À-ɏ](?![A-Za-z\x80-\u024f])")
_IN_A_ROW = re.compile("[À-ɏ]{4,}")
# Signs of the upper half do not touch its letters, but for quotation marks and what opens Spanish.
_SIGN_AT_LETTER = re.compile("[¢-¦¨-ª¬-¶¸-º¼-¾](?=[À-ɏ])|(?<=[À-ɏ])[¡-¦¨-ª¬-¶¸-º¼-¿]")
_ALONE = re.compile(
    "(?<![\u0370-\u06ff\u0e00-\u0e7f])[\u0370-\u06ff\u0e00-\u0e7f](?![\u0370-\u06ff\u0e00-\u0e7f])"
)
# One word is written in one script.
_MIXED = re.compile(
    "(?<=[A-Za-z])[\u0370-\u06ff\u0e00-\u0e7f]|[\u0370-\u06ff\u0e00-\u0e7f](?=[A-Za-z])"
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A charset and what its language's characters weigh; `other` is for all the rest."""

    charset: Charset
    weights: Callable[[], dict[str, float]]
    other: float
    check: Callable[[str, int], float] = lambda text, count: 0.0
    languages: tuple[str, ...] = ()
    """Those in alphabets that it is for; their pairs of letters vote, too."""
    latin: bool = False
    """Whether those have frequent words in ASCII, which vote as well."""


def _weights(*groups: tuple[Iterable[str], float]) -> dict[str, float]:
    """Later groups win."""
    table: dict[str, float] = {}
    for characters, weight in groups:
        for character in characters:
            table[character] = weight
    return table


def _rows(codec: str, leads: range, trails: Iterable[int]) -> list[str]:
    """All characters of a part of a two-octet charset."""
    pairs = b"\n".join(map(bytes, product(leads, trails)))
    return [text for text in pairs.decode(codec, "ignore").split("\n") if len(text) == 1]


@cache
def _simplified() -> dict[str, float]:
    common = _rows("gb2312", range(0xB0, 0xD8), range(0xA1, 0xFF))
    return _weights(
        (common, 0.7), (frequent.SIMPLIFIED, 1.6), (frequent.CJK_PUNCTUATION, 1.2), _full_width()
    )


@cache
def _traditional() -> dict[str, float]:
    trails = (*range(0x40, 0x7F), *range(0xA1, 0xFF))
    common = _rows("cp950", range(0xA4, 0xC7), trails)
    return _weights(
        (common, 0.6), (frequent.TRADITIONAL, 1.6), (frequent.CJK_PUNCTUATION, 1.2), _full_width()
    )


@cache
def _japanese() -> dict[str, float]:
    kanji = _rows("euc_jp", range(0xB0, 0xD0), range(0xA1, 0xFF))
    return _weights(
        (kanji, 0.6),
        (frequent.JAPANESE_KANJI, 1.3),
        (map(chr, range(0x30A1, 0x30FD)), 1.2),
        (map(chr, range(0x3041, 0x3094)), 1.7),
        (frequent.CJK_PUNCTUATION, 1.2),
        (map(chr, range(0xFF61, 0xFFA0)), -0.8),
        _full_width(),
    )


@cache
def _korean() -> dict[str, float]:
    syllables = _rows("euc_kr", range(0xB0, 0xC9), range(0xA1, 0xFF))
    return _weights((syllables, 0.6), (frequent.KOREAN, 1.6), (frequent.CJK_PUNCTUATION, 0.5))


def _full_width() -> tuple[Iterable[str], float]:
    return [chr(0xFEE0 + ord(sign)) for sign in "0123456789ABCDEFGHIKLMNOPQRSTUVWXYZ"], 0.6


@cache
def _cyrillic() -> dict[str, float]:
    small = frequent.CYRILLIC
    return _weights(
        (small, 0.8), (small[:12], 1.5), (small.upper(), 0.1), ("іїєґў№«»—–“”„…ІЇЄҐ", 0.6)
    )


@cache
def _hebrew() -> dict[str, float]:
    return _weights((frequent.HEBREW, 1.1), ("יוהאלרתמבש", 1.6))


@cache
def _arabic() -> dict[str, float]:
    return _weights((frequent.ARABIC, 1.0), ("المنوي", 1.4), ("،؟؛", 1.0))


def _alphabet(letters: str, typical: float) -> Callable[[], dict[str, float]]:
    @cache
    def table() -> dict[str, float]:
        return _weights(
            (letters.upper(), typical * 0.6), (frequent.TYPOGRAPHIC, 0.8), (letters, typical)
        )

    return table


def _cyrillic_case(text: str, count: int) -> float:
    return -4.0 * len(_CASE_BREAK.findall(text)) / count + _one_script(text, count)


def _one_script(text: str, count: int) -> float:
    return -(2.0 * len(_MIXED.findall(text)) + 0.8 * len(_ALONE.findall(text))) / count


def _latin_words(text: str, count: int) -> float:
    rows = sum(map(len, _IN_A_ROW.findall(text)))
    signs = len(_SIGN_AT_LETTER.findall(text))
    return -(1.5 * rows + 0.7 * len(_LONELY.findall(text)) + 1.2 * signs) / count


def _named(label: str) -> Charset:
    charset = charset_of(label)
    assert charset is not None
    return charset


_WESTERN = ("de", "fr", "es", "pt", "it", "sv", "da", "nb", "fi", "nl", "is", "ca", "et")
_CENTRAL = ("cs", "pl", "hu", "sk", "hr", "sl", "ro", "de")
_BALTIC = ("lt", "lv", "et")
_CYRILLIC = ("ru", "uk", "bg")


def _latin(label: str, letters: str, languages: tuple[str, ...], prior: float) -> Candidate:
    """A charset of Latin letters; the less common one has the lower prior."""
    weights = _alphabet(letters, 0.7 + prior)
    return Candidate(_named(label), weights, -0.7 + prior, _latin_words, languages, latin=True)


_CANDIDATES: tuple[Candidate, ...] = (
    Candidate(GB18030, _simplified, -1.0),
    Candidate(BIG5, _traditional, -1.0),
    Candidate(SHIFT_JIS, _japanese, -1.0),
    Candidate(EUC_JP, _japanese, -1.0),
    Candidate(EUC_KR, _korean, -1.0),
    Candidate(_named("windows-1251"), _cyrillic, -1.2, _cyrillic_case, _CYRILLIC),
    Candidate(_named("koi8-r"), _cyrillic, -1.2, _cyrillic_case, _CYRILLIC),
    Candidate(_named("koi8-u"), _cyrillic, -1.25, _cyrillic_case, _CYRILLIC),
    Candidate(_named("iso-8859-5"), _cyrillic, -1.3, _cyrillic_case, _CYRILLIC),
    Candidate(_named("ibm866"), _cyrillic, -1.3, _cyrillic_case, _CYRILLIC),
    _latin("windows-1252", frequent.WESTERN, _WESTERN, 0.1),
    _latin("windows-1250", frequent.CENTRAL, _CENTRAL, 0.05),
    _latin("iso-8859-2", frequent.CENTRAL, _CENTRAL, 0.04),
    _latin("windows-1254", frequent.TURKISH, ("tr",), 0.08),
    _latin("windows-1257", frequent.BALTIC, _BALTIC, 0.0),
    _latin("iso-8859-13", frequent.BALTIC, _BALTIC, -0.02),
    _latin("windows-1258", frequent.VIETNAMESE, ("vi",), 0.0),
    _latin("iso-8859-16", frequent.CENTRAL, ("ro",), 0.0),
    _latin("macintosh", frequent.WESTERN, _WESTERN, -0.1),
    Candidate(_named("windows-1253"), _alphabet(frequent.GREEK, 1.0), -1.2, _one_script, ("el",)),
    Candidate(_named("iso-8859-7"), _alphabet(frequent.GREEK, 0.98), -1.25, _one_script, ("el",)),
    Candidate(_named("windows-1255"), _hebrew, -1.2, _one_script, ("he",)),
    Candidate(_named("windows-1256"), _arabic, -1.2, _one_script, ("ar", "fa")),
    Candidate(_named("iso-8859-6"), _arabic, -1.3, _one_script, ("ar",)),
    Candidate(_named("windows-874"), _alphabet(frequent.THAI, 1.1), -1.2, _one_script, ("th",)),
)
_BY_NAME = {candidate.charset.name: candidate for candidate in _CANDIDATES}


def sample_of(content: bytes) -> bytes:
    """The part of `content` that a vote looks at: from a little before its first octet over 127."""
    first = _EIGHT_BIT.search(content)
    start = max(0, first.start() - 20) if first else 0
    return content[start : start + SAMPLE]


_EIGHT_BIT = re.compile(rb"[\x80-\xff]")


def vote(sample: bytes, charset: Charset) -> float | None:
    """How well a charset's reading of `sample` looks; None where we know no such language."""
    candidate = _BY_NAME.get(charset.name)
    return None if candidate is None else _mean_vote(sample, candidate)


def _mean_vote(sample: bytes, candidate: Candidate) -> float:
    text = _read(sample, candidate.charset)
    weights, other = candidate.weights(), candidate.other
    beyond = _ASCII.sub("", text)
    count = len(beyond)
    if count == 0:
        return 0.0
    try:
        total = sum(map(weights.__getitem__, beyond))
    except KeyError:
        total = sum(
            times * (weights[character] if character in weights else _rare(character, other))
            for character, times in Counter(beyond).items()
        )
    mean = total / count + candidate.check(text, count)
    if candidate.languages:
        mean += _PAIRS * (familiar(text, candidate.languages) - 0.5)
    if candidate.latin:
        mean += _WORD * min(_WORDS, familiar_words(_words_in(sample), candidate.languages))
    return mean


@lru_cache(maxsize=8)
def _words_in(sample: bytes) -> frozenset[str]:
    """All candidates ask for the same ones."""
    return words_in(sample)


def _read(sample: bytes, charset: Charset) -> str:
    """A character that the sample cuts off at its end is no mistake."""
    table = charset.table
    if table is not None:
        return composed(codecs.charmap_decode(sample, "replace", table)[0], charset)
    for codec in charset.codecs if len(charset.codecs) > 1 else ():
        try:
            return codecs.getincrementaldecoder(codec)().decode(sample, final=False)
        except UnicodeDecodeError:
            continue
    decoder = codecs.getincrementaldecoder(charset.codecs[0])(errors="replace")
    return decoder.decode(sample, final=False)


def _rare(character: str, other: float) -> float:
    if character == "\ufffd":
        return _UNDECODABLE
    return -3.0 if _ODD.match(character) else other


def is_of_letters(charset: Charset) -> bool:
    """Whether it is one whose wrong readings are text of rare letters or characters, and no
    rubbish: those of alphabets that we know, and those of several octets a character."""
    candidate = _BY_NAME.get(charset.name)
    return charset.multibyte or (candidate is not None and bool(candidate.languages))


def guess(content: bytes, hints: tuple[Charset, ...] = ()) -> tuple[Charset, float]:
    """The likeliest charset of octets that are neither ASCII nor UTF-8, and its mean vote.

    `hints` are charsets that something nearby is in, the weightiest first; they win close calls.
    """
    budget = effort()
    if budget.spent:
        return _guess_roughly(content, hints, budget)
    sample = sample_of(content)
    hinted = {hint.name: FIRST_HINT if hint is hints[0] else HINT for hint in reversed(hints)}

    def votes(candidate: Candidate, octets: bytes) -> float:
        return _mean_vote(octets, candidate) + hinted.get(candidate.charset.name, 0.0)

    candidates: Iterable[Candidate] = _CANDIDATES
    budget.ask(min(len(sample), 2 * _GLANCE), len(_CANDIDATES))
    if len(sample) > 2 * _GLANCE:
        glance = sample[:_GLANCE]
        budget.ask(_CLOSER * len(sample))
        ranked = sorted(_CANDIDATES, key=lambda candidate: -votes(candidate, glance))
        candidates = ranked[:_CLOSER]
    best, best_vote = WINDOWS_1252, float("-inf")
    for candidate in candidates:
        mean = votes(candidate, sample)
        if mean > best_vote:
            best, best_vote = candidate.charset, mean
    budget.learn(best.name)
    return best, best_vote


def _guess_roughly(
    content: bytes, hints: tuple[Charset, ...], budget: Effort
) -> tuple[Charset, float]:
    """The likeliest of the charsets that the message was found to be in, by a few octets."""
    names = dict.fromkeys([*budget.known, *(hint.name for hint in hints[:1])])
    known = [_BY_NAME[name] for name in names if name in _BY_NAME]
    if not known:
        return WINDOWS_1252, float("-inf")
    if budget.exhausted:
        return known[0].charset, float("-inf")
    sample = sample_of(content)[:_GLANCE]
    budget.ask(len(sample), len(known))
    votes = [_mean_vote(sample, candidate) for candidate in known]
    best = max(votes)
    return known[votes.index(best)].charset, best
