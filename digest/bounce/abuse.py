"""Whether a text is about abuse of mail, or about goods and services.

People complain of deliveries, doors and invoices in the words in which abuse desks complain of
mail. What only the latter have: an address of their own, the address of the machine that sent, the
names of laws on advertising by mail, and words for mail that nobody asked for.
"""

import re
from collections.abc import Container

from digest.automatic.spelling import fold
from digest.bounce.signs import complaint_signs

LOOKED_AT = 2000
"""Characters of a text."""

_IP_ADDRESS = re.compile(
    r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)|(?<![\w:])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f:]{1,9}"
)
_UNWANTED = ("#spam", "#marked")
_TOLD = ("#complaint", "#report")
_CERTAIN = frozenset(["unwanted-mail", "complained-of"])
_OF_A_DESK = frozenset(["abuse-desk", "ip-address"])
_LAW = "law-on-advertising-mail"


def signs_of_abuse(
    subject: str, text: str, from_address: str, concepts: Container[str]
) -> frozenset[str]:
    """What tells that a text is about abuse of mail; empty where nothing does.

    `concepts` are those of the category model that are in the subject or the text.
    """
    signs, spelled = complaint_signs(), fold(f"{subject[:300]}\n{text[:LOOKED_AT]}")
    found = {
        "abuse-desk": signs.desks.match(from_address),
        "ip-address": _IP_ADDRESS.search(spelled),
        _LAW: any(one in spelled for one in signs.laws),
        "words-of-mail": any(one in spelled for one in signs.words),
        "unwanted-mail": any(one in concepts for one in _UNWANTED),
        "complained-of": any(one in concepts for one in _TOLD),
    }
    return frozenset(name for name, is_there in found.items() if is_there)


def is_about_mail(signs: frozenset[str]) -> bool:
    """Whether a complaint with these signs can be one about mail of ours."""
    return bool(signs - {"complained-of"})


def is_of_an_abuse_desk(signs: frozenset[str], *, by_a_program: bool) -> bool:
    """Whether these signs leave no doubt: somebody complained of mail that nobody wanted, and who
    tells it names the machine that sent it, or is there for such complaints.

    Programs may name the law instead; people who want no more mail do that too.
    """
    beside = _OF_A_DESK | ({_LAW} if by_a_program else frozenset())
    return signs >= _CERTAIN and bool(signs & beside)
