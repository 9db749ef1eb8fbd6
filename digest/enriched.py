"""text/enriched, a forerunner of HTML that old mailers send (RFC 1896)."""

import re

_COMMAND = re.compile(r"<(<|/?[A-Za-z0-9\-]{1,60}>)")
_PARAMETER = re.compile(r"<param>[^<]{0,1000}</param>", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\n+")


def enriched_text(text: str) -> str:
    """What it shows: without commands, and with one line end less wherever there are several.

    >>> enriched_text("<bold>Dear</bold> Li,\\n\\nprice <<5")
    'Dear Li,\\nprice <5'
    """
    text = _LINE_ENDS.sub(_without_one, _PARAMETER.sub("", text))
    return _COMMAND.sub(lambda match: "<" if match[1] == "<" else "", text)


def _without_one(match: re.Match[str]) -> str:
    return match[0][1:] or " "
