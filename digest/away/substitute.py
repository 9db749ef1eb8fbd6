"""Whom a note asks to write to instead: the address beside the phrase that says so.

An address counts where somebody is asked to turn to it; one that only stands in a signature or a
footer does not. Addresses stand in the text as single characters (`digest.away.roles`), so what
follows is about words and distances alone.
"""

import re
from collections.abc import Sequence

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
    sentences: Sequence[Sentence], addresses: Sequence[str], own: frozenset[str], is_left: bool
) -> str | None:
    """The address to write to, or None. `own` are the writer's and ours, in lower case."""
    best: tuple[int, int] | None = None
    strength = 0
    for number, sentence in enumerate(sentences):
        before = max(strength - 1, 0) if number else 0
        roles = {one.role for one in sentence.said}
        strength = 3 if "urgent" in roles else 2 if "contact" in roles else 0
        if _FOOTER.search(sentence.text):
            break
        counts = max(strength, before, 1 if is_left else 0)
        for character in sentence.text:
            index = ord(character) - FIRST_ADDRESS
            if not 0 <= index < len(addresses) or not counts:
                continue
            address = addresses[index]
            if address.lower() in own or _NOBODY.match(address):
                continue
            if best is None or counts > best[0]:
                best = (counts, index)
    return addresses[best[1]] if best else None
