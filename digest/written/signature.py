"""Where a person's words end and the signature begins.

"-- " (RFC 3676 §4.3) is certain. A closing such as "Best regards" is not: people write it in the
middle, and with their name alone below it is how they ended. It goes only together with short
lines that look like a signature.
"""

import re

from digest.written.block import ADDRESS
from digest.written.footer import device_line
from digest.written.lines import is_rule
from digest.written.phrases import fold, shipped_phrases

_MOST_SIGNED = 400
"""Lines from the end in which the standard's dashes are looked for."""
_NEAR_END = 40
_MOST_BELOW = 16
_LONGEST = 110
_LONGEST_CLOSING = 90
_LONGEST_SENTENCE = 200
_FEW = 2
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-/–]{5,30}\d")
_SITE = re.compile(
    r"(?:https?://|www\.)\S|^[a-z0-9\-]{2,60}\.(?:com|net|org|cn|de|eu|io|co|example)\b"
)
_PRICE = re.compile(r"[$€£¥₽₩₹]|\b(?:usd|eur|rmb|pcs|kg|units?)\b|元|件")
_BOTH = re.compile(r"\s*(?:[/|&]|\band\b|\bund\b)\s*")
_WORD_ENDS = re.compile(r"[\s,:;/()|]+")
_SHORT_WORD = 5
_CELL = ("|", "| |", "||")
"""What is left of a signature in a table (NetEase)."""
_COMMA = re.compile(r"[,，،:：!！]")
_QUANTITY = re.compile(
    r"\d\s?(?:pcs|pc|pieces|units?|sets?|kgs?|tons?|stück|stk|pièces|piezas|peças|pezzi|stuks|шт|buc|ks"
    r"|adet|个|個|件|套|台|箱|吨|只|支|枚|개|cái|chiếc|ชิ้น)(?![^\W\d_])"
)
_SENTENCE = re.compile(r"[.!?。！？…;；]\Z")
_TITLE = re.compile(r"\s*[|,/()*–—]\s*|\s-\s")
_AFTERWARDS = re.compile(r"(?:p\.? ?s\.?|nb|又及|附言|附[:：]|追伸)[\s:：.]")
_EDGES = " \t*_,.，،。!！~～;；؛:：、|-–—\"'"


def without_signature(
    whole: list[str], bare: list[str], author: str, *, said_before: bool = False
) -> int:
    """How many of these lines come before the signature; both lists have the same lines.

    `author` is the name and address in From: without "Best regards", only a name that is known
    begins a signature. A closing stays where it is all that was said, also before these lines.
    """
    end = _signature_start(whole, bare, author, said_before=said_before)
    if end == len(bare) or _is_dashes(bare[end]):  # who types dashes puts the signature below them
        return end
    return _above_closing(bare, end, said_before=said_before)


def _above_closing(bare: list[str], end: int, *, said_before: bool) -> int:
    """A closing right above a signature goes with it, where it is not all that was said."""
    at = end - 1
    while at > 0 and not bare[at]:
        at -= 1
    return at if at >= 0 and _closes(bare[at]) and (said_before or any(bare[:at])) else end


def _signature_start(whole: list[str], bare: list[str], author: str, *, said_before: bool) -> int:
    end = len(bare)
    first = max(0, end - _MOST_SIGNED)
    for at in range(first, end):
        if whole[at] == "-- ":
            return at
        if end - at > _NEAR_END or not bare[at] or bare[at][0] not in "-–—_=*~#─━―|":
            continue
        if _is_dashes(bare[at]) and _may_follow_dashes(bare[at + 1 :]):
            return at
        if (is_rule(bare[at]) or bare[at] in _CELL) and _may_follow_rule(bare, at):
            return at
    for at in range(max(first, end - 2 * _MOST_BELOW), end):
        if _closes(bare[at]) and _is_signature(bare[at + 1 :]):
            return at if said_before or any(bare[:at]) else at + 1
        if _awaits(bare[at]) and _is_signature(bare[at + 1 :]):
            return at + 1
    return _bare_signature(bare, author)


def _is_dashes(bare: str) -> bool:
    return bare in ("--", "—", "––", "__")


def _may_follow_rule(bare: list[str], at: int) -> bool:
    """A drawn line begins a signature if a name and a contact follow, and nothing else."""
    above = next((line for line in reversed(bare[:at]) if line), ":")
    said = [line.strip("| ") for line in bare[at + 1 :] if line and not is_rule(line)]
    said = [line for line in said if line]
    if above[-1] in ":：" or not 1 < len(said) <= _MOST_BELOW or not _is_name(said[0]):
        return False
    return any(map(_is_contact, said)) and not any(
        len(line) > _LONGEST or _is_sentence(line) for line in said
    )


def _may_follow_dashes(below: list[str]) -> bool:
    """Dashes that are not the standard's are believed if short lines without prices follow."""
    said = [line for line in below if line]
    if len(said) > _MOST_BELOW or any(len(line) > _LONGEST for line in said):
        return False
    if not said:
        return True
    if any(map(_is_contact, said)) or _is_office(said[0]):
        return True
    return not any(any(c.isdigit() for c in one) for one in said)


def _closes(line: str) -> bool:
    """Whether the line is a closing, alone, in two languages, with a name or a place behind it."""
    if not line or len(line) > _LONGEST_SENTENCE:
        return False
    folded = fold(line.strip(_EDGES))
    phrases = shipped_phrases()
    if phrases.closing_sentences.begin(folded) or folded in phrases.whole_closings:
        return True
    if phrases.awaiting.begin(folded):  # "Dans l'attente de …, veuillez agréer …"
        parts = folded.split(",")[1:5]
        return any(phrases.closing_sentences.begin(part.strip()) for part in parts)
    if len(line) > _LONGEST_CLOSING or not phrases.closings.begin(folded):
        return False
    return _closes_and_names(line) or _closes_twice(folded) or _closes_from(folded, line)


def _awaits(line: str) -> bool:
    """Whether the line says what its writer waits for, as a letter's last sentence does."""
    if not 0 < len(line) <= _LONGEST_SENTENCE or line[-1] in ":：":
        return False
    return shipped_phrases().awaiting.begin(fold(line))


def _closes_and_names(line: str) -> bool:
    found = _COMMA.search(line)
    if found is None:
        return False
    closing = fold(line[: found.start()].strip(_EDGES))
    return closing in shipped_phrases().whole_closings and _is_somebody(line[found.end() :])


def _closes_twice(folded: str) -> bool:
    parts = [part.strip(_EDGES) for part in _BOTH.split(folded)]
    return len(parts) > 1 and all(part in shipped_phrases().whole_closings for part in parts)


def _closes_from(folded: str, line: str) -> bool:
    """ "Viele Grüße aus Berlin", and not "Merci de nous envoyer la facture"."""
    words = folded.split()
    if line.rstrip(_EDGES).split()[-1][0].islower():
        return False
    for at, word in enumerate(words[1:6], 1):
        if word in shipped_phrases().places_after:
            return " ".join(words[:at]) in shipped_phrases().whole_closings
    return False


def _is_somebody(words: str) -> bool:
    """Whether a few words are a name, and no sentence that begins with thanks."""
    parts = words.strip(_EDGES).split()
    return len(parts) <= 4 and words.strip()[-1:] not in ".?!。" and all(map(_is_title, parts))


def _is_title(word: str) -> bool:
    return not word[0].islower()


def _is_signature(below: list[str]) -> bool:
    said = [line for line in below if line and not device_line(line)]
    if not said or len(said) > _MOST_BELOW:
        return False
    if any(len(line) > _LONGEST and not _is_contact(line) and not _is_entry(line) for line in said):
        return False
    if any(_is_sentence(line) or _is_matter(line) for line in said) or _goes_on(said[0]):
        return False
    contacts = sum(map(_is_contact, said))
    offices = sum(map(_is_office, said[1:] if _is_name(said[0]) else said))
    return contacts + offices > 0 or len(said) > _FEW


def _goes_on(line: str) -> bool:
    """Whether no name stands here, but the rest of a sentence: "please ship to"."""
    words = line.split()
    told = len(words) >= 3 and all(word[0].islower() for word in words)
    return told and not (_is_contact(line) or _is_office(line))


def _bare_signature(bare: list[str], author: str) -> int:
    """A signature without a closing: the last passage, the author's name first, then contacts;
    or several passages that begin with the author's whole name."""
    end = len(bare)
    while end and not bare[end - 1]:
        end -= 1
    for start in range(max(1, end - 2 * _MOST_BELOW), end):
        if not bare[start - 1] and _is_whole_name(bare[start], author):
            before = next((line for line in reversed(bare[:start]) if line), "")
            if before and before[-1] not in ":：" and _is_signature(bare[start + 1 : end]):
                return start
    start = end
    while start and bare[start - 1] and end - start <= _MOST_BELOW:
        start -= 1
    said = bare[start:end]
    before = next((line for line in reversed(bare[:start]) if line), "")
    if not before or before[-1] in ":：" or not said:
        return len(bare)
    if len(said) == 1:  # Foxmail signs with the address
        return start if "@" in said[0] and fold(said[0]) in fold(author) else len(bare)
    if any(len(one) > _LONGEST or _is_sentence(one) for one in said):
        return len(bare)
    apart = start > 1 and not bare[start - 2]
    if not (_is_of(said[0], author) or _is_signed_by_address(said, author, apart=apart)):
        return len(bare)
    return start if any(map(_is_contact, said[1:])) or any(map(_is_office, said)) else len(bare)


def _is_whole_name(line: str, author: str) -> bool:
    """Whether a line begins with two words of the author's name and nothing else before a title."""
    if len(line) > _LONGEST:
        return False
    words = fold(_TITLE.split(line.strip(_EDGES), maxsplit=1)[0]).split()
    known = set(re.split(r"[\W_]+", fold(author)))
    return 2 <= len(words) <= 4 and all(word.strip(".") in known for word in words)


def _is_of(line: str, author: str) -> bool:
    """Whether a line is the author's name, with a title at most."""
    words = [word for word in re.split(r"[\W_]+", fold(author)) if len(word) > 1]
    return len(line) <= 60 and any(word in fold(line) for word in words)


def _is_signed_by_address(said: list[str], author: str, *, apart: bool) -> bool:
    """Whether a name begins these lines below which the author's address stands, or one that may
    be the author's in another script, if they stand `apart` as programs have signatures."""
    if not _is_name(said[0]):
        return False
    sender = ADDRESS.search(author)
    if sender is not None and any(fold(sender[0]) in fold(one) for one in said[1:]):
        return True
    foreign = author.isascii() and not any(one.isascii() for one in said[0] if one.isalpha())
    return apart and foreign and any(map(_is_office, said)) and any(map(_is_contact, said[1:]))


def _is_contact(line: str) -> bool:
    folded = fold(line)
    if _PRICE.search(folded) and "@" not in folded and "http" not in folded:
        return False
    if ("@" in line and ADDRESS.search(line)) or _SITE.search(folded):
        return True
    label = re.split(r"[:：|]", folded, maxsplit=1)[0].strip(_EDGES)
    if label != folded.strip(_EDGES) and label in shipped_phrases().contact_labels:
        return True
    number = _PHONE.search(line)
    if number is None or sum(letter.isdigit() for letter in number[0]) < 7:
        return False
    return len(line) < 60 or "+" in number[0]


def _is_office(line: str) -> bool:
    folded = fold(line)
    phrases = shipped_phrases()
    if len(line) > 80:
        return False
    words = re.split(r"[\s,/|&]+", folded)
    return any(word.strip("()") in phrases.company_words for word in words) or any(
        part in folded for part in phrases.company_parts
    )


def _is_entry(line: str) -> bool:
    """A company's entry in a register, with its address and its directors."""
    folded = fold(line)
    words = set(_WORD_ENDS.split(folded))
    entries = shipped_phrases().registry_words
    return sum(one in words or (len(one) > _SHORT_WORD and one in folded) for one in entries) >= 2


def _is_name(line: str) -> bool:
    return len(line) <= 40 and not any(letter.isdigit() for letter in line) and "@" not in line


def _is_matter(line: str) -> bool:
    """A line about goods, or one that announces more: no signature goes on like that."""
    if _is_contact(line) or _is_entry(line):
        return False
    return line[-1] in ":：" or _QUANTITY.search(fold(line)) is not None


def _is_sentence(line: str) -> bool:
    """A line that goes on telling something, such as an afterthought."""
    if _AFTERWARDS.match(fold(line)):
        return True
    if _is_contact(line) or _is_office(line) or _is_entry(line):
        return False
    if line[-1] in "?？":
        return True
    long = len(line) > 45 or (len(line) > 14 and ord(line[0]) > 0x2E80)
    return long and _SENTENCE.search(line) is not None
