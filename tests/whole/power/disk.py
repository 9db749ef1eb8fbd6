"""A disk as POSIX promises it and no better: what was not synced may be there, or not, or half.

It is told what programs did (`apply`) and makes the files as they may be found after power was
lost at that moment (`rebuild`):

- a write that no later fsync of its file covers is kept, dropped, or torn at a sector of 512
  octets, each for itself, so that a later one may be there and an earlier one not;
- a new size is kept or dropped likewise;
- a name that was made, moved or removed and whose folder was not synced since is as it was or as
  it became; a file whose data was synced may so have no name.

A disk that does what it is told sooner is a special case of that: everything is kept, or names
are kept in the order in which they changed, as file systems with a journal do.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.whole.power.records import Kind, Record

SECTOR = 512


@dataclass(slots=True, eq=False)
class File:
    """Its octets as they are safe, and what was done since."""

    safe: bytearray = field(default_factory=bytearray)
    later: list[Record] = field(default_factory=list)
    settled: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """Names of a folder that changed: what each stands for now; None for nothing."""

    number: int
    names: tuple[tuple[str, "Node | None"], ...]


@dataclass(slots=True, eq=False)
class Folder:
    """Its names as they are now, as they are safe, and what changed between."""

    now: dict[str, "Node"] = field(default_factory=dict)
    safe: dict[str, "Node"] = field(default_factory=dict)
    later: list[Change] = field(default_factory=list)
    settled: int = 0


Node = File | Folder
IsDeaf = Callable[[str], bool]


class Disk:
    """The files of one folder. An fsync of a path for which `is_deaf` says so does nothing: what
    would be, if the program had forgotten it."""

    def __init__(self, begin: Path | None = None, is_deaf: IsDeaf = lambda path: False) -> None:
        self.top = Folder()
        self._is_deaf = is_deaf
        self._opened: dict[int, Node] = {}
        self._paths: dict[int, str] = {}
        self._syncing: dict[int, tuple[Node, int]] = {}
        self._changes = 0
        if begin is not None:
            self.top = _read_folder(begin)

    def apply(self, record: Record) -> None:
        """One more thing was done."""
        match record.kind:
            case Kind.OPEN | Kind.CREATE:
                self._open(record)
            case Kind.WRITE | Kind.TRUNCATE:
                file = self._opened[record.inode]
                assert isinstance(file, File)
                file.later.append(record)
            case Kind.SYNC:
                node = self._opened[record.inode]
                if not self._is_deaf(self._paths[record.inode]):
                    self._syncing[record.offset] = node, _begun(node)
            case Kind.SYNCED:
                if record.offset in self._syncing:
                    _settle(*self._syncing.pop(record.offset))
            case Kind.HEARD:
                pass
            case _:
                self._rename(record)

    def rebuild(self, folder: Path, chance: random.Random) -> None:
        """Make the files as they may be after a power cut just now, below `folder`, which is
        not there yet."""
        taste = chance.choice(_TASTES)
        _write_folder(self.top, folder, taste(chance, self._changes))

    def write_now(self, folder: Path) -> None:
        """The files as all programs see them, with everything that was done."""
        _write_folder(self.top, folder, _everything(random.Random(0), self._changes))

    def _open(self, record: Record) -> None:
        node = self._find(record.path)
        if record.kind is Kind.CREATE:
            node = File()
            self._change(record.path, node)
        assert node is not None, record
        self._opened[record.inode] = node
        self._paths[record.inode] = record.path

    def _rename(self, record: Record) -> None:
        node = self._find(record.path)
        match record.kind:
            case Kind.MKDIR:
                self._change(record.path, Folder())
            case Kind.UNLINK | Kind.RMDIR:
                self._change(record.path, None)
            case Kind.LINK:
                assert node is not None, record
                self._change(record.to, node)
            case Kind.RENAME:
                assert node is not None, record
                self._move(record, node)

    def _move(self, record: Record, node: Node) -> None:
        (source, old), (target, new) = self._place(record.path), self._place(record.to)
        if source is target:  # both names change, or neither
            self._note(source, ((old, None), (new, node)))
        else:
            self._note(target, ((new, node),))
            self._note(source, ((old, None),))

    def _change(self, path: str, node: Node | None) -> None:
        folder, name = self._place(path)
        self._note(folder, ((name, node),))

    def _note(self, folder: Folder, names: tuple[tuple[str, Node | None], ...]) -> None:
        self._changes += 1
        change = Change(self._changes, names)
        folder.later.append(change)
        _obey(folder.now, change)

    def _place(self, path: str) -> tuple[Folder, str]:
        above, _, name = path.rpartition("/")
        folder = self._find(above)
        assert isinstance(folder, Folder), path
        return folder, name

    def _find(self, path: str) -> Node | None:
        node: Node | None = self.top
        for name in filter(None, path.split("/")):
            node = node.now.get(name) if isinstance(node, Folder) else None
        return node


@dataclass(frozen=True, slots=True)
class _Fate:
    """What becomes of that which is not safe."""

    keeps_change: Callable[[Change], bool]
    kept_parts: Callable[[Record], Iterator[Record]]


def _everything(chance: random.Random, changes: int) -> _Fate:
    return _Fate(lambda change: True, lambda record: iter((record,)))


def _nothing(chance: random.Random, changes: int) -> _Fate:
    return _Fate(lambda change: False, lambda record: iter(()))


def _anything(chance: random.Random, changes: int) -> _Fate:
    kept = chance.random()
    return _Fate(
        lambda change: chance.random() < kept, lambda record: _some_of(record, kept, chance)
    )


def _journal(chance: random.Random, changes: int) -> _Fate:
    """Names are kept in order up to some moment; contents as they come."""
    kept, last = chance.random(), changes - int(chance.expovariate(0.2))
    return _Fate(lambda change: change.number <= last, lambda one: _some_of(one, kept, chance))


def _names_first(chance: random.Random, changes: int) -> _Fate:
    return _Fate(lambda change: True, lambda record: iter(()))


def _contents_first(chance: random.Random, changes: int) -> _Fate:
    return _Fate(lambda change: False, lambda record: iter((record,)))


_TASTES = (_everything, _nothing, _anything, _anything, _journal, _names_first, _contents_first)


def _some_of(record: Record, kept: float, chance: random.Random) -> Iterator[Record]:
    """The record, nothing of it, or a part of its sectors."""
    drawn = chance.random()
    if drawn < kept * 0.8:
        yield record
    elif drawn < kept and record.kind is Kind.WRITE:
        yield from _torn(record, chance)


def _torn(record: Record, chance: random.Random) -> Iterator[Record]:
    """Cut in two at a sector; one of both is there."""
    first, last = record.offset // SECTOR + 1, (record.offset + len(record.data) - 1) // SECTOR
    if first > last:
        return
    cut = chance.randint(first, last) * SECTOR - record.offset
    if chance.random() < 0.7:
        yield Record(Kind.WRITE, record.inode, record.offset, data=record.data[:cut])
    else:
        yield Record(Kind.WRITE, record.inode, record.offset + cut, data=record.data[cut:])


def _begun(node: Node) -> int:
    """All that was ever done to it: what an fsync that begins now covers."""
    return node.settled + len(node.later)


def _settle(node: Node, covered: int) -> None:
    """What an fsync covers is safe; another one may have been quicker."""
    count = max(0, covered - node.settled)
    node.settled += count
    if isinstance(node, File):
        for record in node.later[:count]:
            _write(node.safe, record)
    else:
        for change in node.later[:count]:
            _obey(node.safe, change)
    del node.later[:count]


def _obey(names: dict[str, Node], change: Change) -> None:
    for name, node in change.names:
        if node is None:
            names.pop(name, None)
        else:
            names[name] = node


def _write(content: bytearray, record: Record) -> None:
    end = record.offset + len(record.data)
    if end > len(content):
        content.extend(bytes(end - len(content)))
    if record.kind is Kind.TRUNCATE:
        del content[end:]
    content[record.offset : end] = record.data


def _read_folder(path: Path) -> Folder:
    """What lies there, all of it safe."""
    found: dict[str, Node] = {}
    for one in path.iterdir():
        if not one.name.endswith("-shm"):
            is_file = one.is_file()
            found[one.name] = File(bytearray(one.read_bytes())) if is_file else _read_folder(one)
    return Folder(dict(found), dict(found))


def _write_folder(folder: Folder, path: Path, fate: _Fate) -> None:
    path.mkdir()
    names = dict(folder.safe)
    for change in folder.later:
        if fate.keeps_change(change):
            _obey(names, change)
    for name, node in names.items():
        if isinstance(node, Folder):
            _write_folder(node, path / name, fate)
        else:
            (path / name).write_bytes(_content(node, fate))


def _content(file: File, fate: _Fate) -> bytearray:
    if not file.later:
        return file.safe
    content = bytearray(file.safe)
    for record in file.later:
        for part in fate.kept_parts(record):
            _write(content, part)
    return content
