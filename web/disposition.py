"""Downloads: whatever a stranger sent is handed out as a file, and never shown by the browser,
but for the sanitised page, which is locked in.

The type is always application/octet-stream (what a sender declares may be text/html), and the
name is cleaned: it becomes the name of a file on somebody's disk.
"""

import re
import unicodedata
from urllib.parse import quote

MAX_NAME = 150
"""Octets of a file name in UTF-8; file systems stop at 255."""

FRAMED = {
    "content-security-policy": (
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        "frame-ancestors 'self'"
    ),
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "no-referrer",
}
"""For what stands in the frame of a message's page, the HTML of strangers: no script, no form,
nothing fetched, an origin of its own. The sanitiser took all that out already; this holds where it
might have overlooked something."""

HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
}


def file_name(foreign: str, otherwise: str) -> str:
    """A name that is safe to save under: no folders, no control or direction characters, no
    leading dots; its extension is kept where it has to be cut."""
    last = re.split(r"[/\\]", foreign)[-1]
    kept = "".join(" " if ch.isspace() else ch for ch in last if _is_harmless(ch))
    cleaned = re.sub(r'[<>:"|?*]', "_", re.sub(r" +", " ", kept)).strip(" .")
    return _cut(cleaned) or otherwise


def content_disposition(name: str) -> str:
    """The field's value: an ASCII name for all, and the real one (RFC 6266 §4.3, RFC 8187)."""
    fallback = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    plain = re.sub(r'[^\x20-\x7e]|["\\%]', "_", fallback).strip() or "download"
    if plain.startswith("."):
        plain = "download" + plain
    if plain == name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _is_harmless(ch: str) -> bool:
    # Cc control, Cf format (direction overrides that turn "gpj.exe" around), Cs, Co, Cn.
    return ch.isspace() or not unicodedata.category(ch).startswith("C")


def _cut(name: str) -> str:
    if len(name.encode()) <= MAX_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension.encode()) > 20:
        stem, extension = name, ""
    room = MAX_NAME - len((dot + extension).encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip() + (
        dot + extension if extension else ""
    )
