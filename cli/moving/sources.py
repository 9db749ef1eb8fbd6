"""What an import reads: which format a path is, and its messages one after the other."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cli.moving.formats import Variant
from cli.moving.found import Found
from cli.moving.jsonl import read_jsonl
from cli.moving.maildir import (
    Folder,
    chosen,
    content_of,
    file_time,
    folders_of,
    read_maildir,
)
from cli.moving.mbox import read_mbox
from mail.errors import SettingsProblem


@dataclass(frozen=True, slots=True)
class Source:
    """One path of the command line. `largest` is in octets; `folders` names those of a Maildir."""

    path: Path
    format: str
    variant: Variant
    largest: int
    folders: tuple[str, ...] = ()

    @property
    def is_one_file(self) -> bool:
        """Whether an octet tells how far it was read."""
        return self.format in ("mbox", "jsonl")

    @property
    def size(self) -> int:
        """Octets of the one file, else 0."""
        return self.path.stat().st_size if self.is_one_file else 0

    def identity(self, *asked: str) -> str:
        """A name for this very file and what was asked of it, for the note how far it was read.

        Another file under the same name has another: its inode, size and time are in it.
        """
        status = self.path.stat()
        words = [
            str(self.path.resolve()),
            *(str(one) for one in (status.st_dev, status.st_ino, status.st_size)),
            *(str(status.st_mtime_ns), self.format, self.variant.value),
            *asked,
        ]
        return sha256("\x00".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:40]

    def messages(self, start: int = 0) -> Iterator[Found]:
        """From octet `start` on, where it is one file. Raises SettingsProblem and OSError."""
        if self.format == "mbox":
            return read_mbox(self.path, start, self.variant, self.largest)
        if self.format == "jsonl":
            return read_jsonl(self.path, start, self.largest)
        if self.format == "maildir":
            return read_maildir(self._read_and_left_out()[0], self.largest)
        return _files(self.path, self.largest)

    def left_out(self) -> tuple[str, ...]:
        """The names of folders of a Maildir that are not read."""
        if self.format != "maildir":
            return ()
        return tuple(one.name for one in self._read_and_left_out()[1])

    def _read_and_left_out(self) -> tuple[tuple[Folder, ...], tuple[Folder, ...]]:
        return chosen(folders_of(self.path), self.folders)


def source_of(
    path: Path, wanted: str | None, variant: Variant, largest: int, folders: Sequence[str] = ()
) -> Source:
    """The source at `path`, its format recognised where none is named.

    Raises SettingsProblem where nothing is there, or it is not of the named format.
    """
    try:
        found = _format_of(path)
    except OSError as error:
        raise SettingsProblem(f"{path} cannot be read: {error.strerror}") from error
    is_folder = path.is_dir()
    if wanted is not None and is_folder and wanted in ("mbox", "jsonl"):
        raise SettingsProblem(
            f"{path} is a folder: name the {wanted} files in it, or --format eml or maildir"
        )
    if (wanted or found) == "maildir" and found != "maildir":
        raise SettingsProblem(f"{path} is no Maildir: it has no folders cur and new")
    source = Source(path, wanted or found, variant, largest, tuple(folders))
    _check_folders(source)
    return source


def _check_folders(source: Source) -> None:
    """A misspelt folder must not look like an empty one."""
    if source.format != "maildir":
        return
    names = {one.name.strip("./") for one in folders_of(source.path)}
    for name in source.folders:
        if name.strip("./") not in names:
            raise SettingsProblem(
                f"{source.path} has no folder {name}; it has: {', '.join(sorted(names))}"
            )


def _format_of(path: Path) -> str:
    if path.is_dir():
        return "maildir" if folders_of(path) else "eml"
    with path.open("rb") as file:
        head = file.read(4096).lstrip(b"\r\n")
    if head.startswith(b"From "):
        return "mbox"
    return "jsonl" if head.startswith(b"{") else "eml"


def _files(path: Path, largest: int) -> Iterator[Found]:
    """A file with one message, or a folder with many; names that begin with a dot are no mail."""
    if path.is_file():
        yield _file(path, largest, follow=True)
        return
    for place, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            found = Path(place) / name
            if not name.startswith(".") and (found.is_symlink() or found.is_file()):
                yield _file(found, largest, follow=False)


def _file(path: Path, largest: int, *, follow: bool) -> Found:
    return Found(
        str(path), lambda: content_of(path, largest, follow=follow), file_time=file_time(path)
    )
