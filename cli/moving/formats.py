"""What a file of mail may be: its format, and which kind of mbox."""

import re
from enum import StrEnum

FORMATS = ("mbox", "eml", "jsonl", "maildir")

_QUOTED = {"mboxrd": re.compile(rb"(?m)^>(>*From )"), "mboxo": re.compile(rb"(?m)^>(From )")}


class Variant(StrEnum):
    """What the writer of an mbox did with From_ lines of messages."""

    AUTO = "auto"
    MBOXRD = "mboxrd"
    MBOXO = "mboxo"
    MBOXCL = "mboxcl"
    MBOXCL2 = "mboxcl2"

    @property
    def counts(self) -> bool:
        """Whether Content-Length says where a message ends."""
        return self in (Variant.MBOXCL, Variant.MBOXCL2)

    @property
    def quoted(self) -> re.Pattern[bytes] | None:
        """What has a `>` to be taken away, or None."""
        if self is Variant.MBOXCL2:
            return None
        return _QUOTED["mboxrd" if self is Variant.MBOXRD else "mboxo"]
