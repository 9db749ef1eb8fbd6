"""Messages of a Maildir: a file each, flags in its name, folders beside or below one another.

A folder is a directory that has `cur` and `new`, however a server nests them (Maildir++ with
`.Sent`, or plain directories). All of them go into the one mailbox that the operator names,
because a mailbox here is what was received for a domain; folders whose name says that their mail
was not received or not wanted (Sent, Drafts, Trash, Junk, …) are left out unless asked for.

A Maildir is its owner's, and who imports it may read more than they: a symbolic link in it is no
folder and no message, else it would bring another's mail, or our keys, into their mailbox.
"""

import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cli.moving.found import Found, Unreadable
from store.imports import Marks

LEFT_OUT = frozenset(
    {
        *("sent", "sent items", "sent messages", "sent mail", "drafts", "templates", "outbox"),
        *("junk", "junk e-mail", "junk email", "spam", "bulk mail"),
        *("trash", "deleted", "deleted items", "deleted messages"),
    }
)
"""Names of folders, in lower case, whose mail nobody sent us or nobody wanted."""

_ARCHIVES = frozenset({"archive", "archives", "all mail"})
_FLAGS = re.compile(r"[:;!]2,([A-Za-z]*)$")


@dataclass(frozen=True, slots=True)
class Folder:
    """`name` is "INBOX" for the Maildir itself, else its path below it as it stands on disk."""

    name: str
    path: Path

    @property
    def last(self) -> str:
        """Its own name, without those of the folders above, in lower case."""
        return re.split(r"[./]", self.name.strip("./"))[-1].lower()


def folders_of(top: Path) -> tuple[Folder, ...]:
    """All folders at and below `top`, by name."""
    found = []
    for place, names, _ in os.walk(top):
        path = Path(place)
        if all(_is_folder(path / sub) for sub in ("cur", "new")):
            name = str(path.relative_to(top))
            found.append(Folder("INBOX" if name == "." else name, path))
        names[:] = sorted(name for name in names if name not in ("cur", "new", "tmp"))
    return tuple(found)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def chosen(
    folders: Collection[Folder], wanted: Collection[str]
) -> tuple[tuple[Folder, ...], tuple[Folder, ...]]:
    """The folders that are read, and those that are left out. `wanted` names some, with or
    without the dot of Maildir++; empty: all but LEFT_OUT."""
    names = {name.strip("./") for name in wanted}

    def is_read(folder: Folder) -> bool:
        return folder.name.strip("./") in names if names else folder.last not in LEFT_OUT

    read = tuple(one for one in folders if is_read(one))
    return read, tuple(one for one in folders if one not in read)


def read_maildir(folders: Collection[Folder], largest: int) -> Iterator[Found]:
    """The messages of these folders, by name, which begins with the time of delivery."""
    for folder in folders:
        for sub in ("cur", "new"):
            for path in sorted((folder.path / sub).iterdir()):
                if not path.name.startswith(".") and (path.is_symlink() or path.is_file()):
                    yield _found(folder, sub, path, largest)


def _found(folder: Folder, sub: str, path: Path, largest: int) -> Found:
    match = _FLAGS.search(path.name)
    flags = match[1] if match and sub == "cur" else ""
    marks = Marks(seen="S" in flags, flagged="F" in flags, archived=folder.last in _ARCHIVES)

    def read() -> bytes:
        if "T" in flags or "D" in flags:
            raise Unreadable("it is marked there as " + ("deleted" if "T" in flags else "a draft"))
        return content_of(path, largest, follow=False)

    return Found(str(path), read, file_time=file_time(path), marks=marks)


def content_of(path: Path, largest: int, *, follow: bool = True) -> bytes:
    """A file that holds one message. With `follow` False it must not be a symbolic link: nobody
    but its folder's owner chose it. Raises Unreadable where it is one or too large, OSError."""
    if not follow and path.is_symlink():
        raise Unreadable("it is a symbolic link")
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW))
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        if size > largest:
            raise Unreadable(f"it has {size} octets; the limit is {largest}")
        return file.read()


def file_time(path: Path) -> datetime | None:
    """When the file was last written, or None where that cannot be told."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (OSError, ValueError, OverflowError):
        return None
