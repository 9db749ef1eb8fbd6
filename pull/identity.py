"""The ID command: how a mail program names itself to an IMAP server (RFC 2971).

Most servers only log it. NetEase's (and Coremail's, the software behind them) answer SELECT with
"Unsafe Login" to whoever did not send it, which users take for a wrong password; some announce
ID, some do not, so there it is sent in any case.
"""

import re

NAME = "Postern"

_DEMANDING_HOSTS = re.compile(
    r"(?:.*\.)?(?:163\.com|126\.com|yeah\.net|188\.com|netease\.com|163\.net)", re.IGNORECASE
)
_COREMAIL = b"coremail system imap server"


def needs_identity(host: str, greeting: bytes) -> bool:
    """Whether ID must be sent even where the server does not announce it."""
    if _DEMANDING_HOSTS.fullmatch(host):
        return True
    return _COREMAIL in greeting.lower()


def identity_list(version: str) -> str:
    """The command's argument: one list of quoted strings, which is all that some servers take.

    >>> identity_list("1.0")
    '("name" "Postern" "version" "1.0")'
    """
    fields = {"name": NAME, "version": version}
    words = (f'"{word}"' for pair in fields.items() for word in pair)
    return f"({' '.join(words)})"
