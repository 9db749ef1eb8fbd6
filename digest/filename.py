"""Names of attachments: what the sender called them, made fit for any file system and any eye."""

import re

LONGEST = 180
"""Characters of a name; most file systems take 255 octets."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# Marks that reorder what is read ("exe.txt" for "txt.exe") or are not seen at all.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
_REORDERING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_FORBIDDEN = re.compile('[<>:"|?*]')
_SURROGATE = re.compile("[\ud800-\udfff]")
_EXTENSIONS = {
    "application/json": "json",
    "application/msword": "doc",
    "application/octet-stream": "bin",
    "application/pdf": "pdf",
    "application/pgp-signature": "asc",
    "application/pkcs7-mime": "p7m",
    "application/pkcs7-signature": "p7s",
    "application/rtf": "rtf",
    "application/vnd.ms-excel": "xls",
    "application/x-pkcs7-mime": "p7m",
    "application/x-pkcs7-signature": "p7s",
    "application/xml": "xml",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/jpeg": "jpg",
    "image/jpg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/mp4": "mp4",
}


def safe_name(name: str) -> str:
    """`name` without folders, controls, marks that reorder or hide, and signs that some file
    systems refuse; "" where nothing is left.

    >>> safe_name("../../etc/passwd")
    'passwd'
    """
    name = _INVISIBLE.sub("", _CONTROL.sub(" ", _SURROGATE.sub("\ufffd", name)))
    name = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    name = _FORBIDDEN.sub("_", name).strip(" .")
    return _shortened(" ".join(name.split()))


def unsafe_in(name: str) -> str | None:
    """What of a name looks like an attempt to deceive, in words for a person; None for nothing."""
    found = []
    if _REORDERING.search(name):
        found.append("marks that reorder what is read")
    if "\x00" in name:
        found.append("a NUL")
    elif _CONTROL.search(name):
        found.append("control characters")
    if ".." in name.replace("\\", "/").split("/"):
        found.append("a path out of its folder")
    return " and ".join(found) or None


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    stem, dot, extension = name.rpartition(".")
    if dot and len(extension) <= 10:
        return stem[: LONGEST - len(extension) - 1] + "." + extension
    return name[:LONGEST]


def made_up_name(number: int, content_type: str) -> str:
    """A name for the nameless: `attachment-1.pdf`."""
    return f"attachment-{number}.{_EXTENSIONS.get(content_type, 'bin')}"


def with_extension(name: str, extension: str) -> str:
    """`name`, ending in `.extension`."""
    return name if name.lower().endswith("." + extension) else f"{name}.{extension}"
