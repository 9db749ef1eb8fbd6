"""What operators' corrections teach this installation: read from the store, kept as a small file.

The lessons are the corrected messages that are still in the store, so a deleted or erased one is
forgotten with the next look. The file holds changes of weights of features that the shipped model
knows, nothing of any message; it can be thrown away, and is made again.
"""

import contextlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from digest.category.concepts import shipped_concepts
from digest.category.features import Features, features
from digest.category.hints import own_subject, shipped_hints
from digest.category.lessons import (
    MOST_LESSONS,
    Learned,
    Lesson,
    changed,
    learn,
    shipped_check,
)
from digest.category.model import Model, read_model, shipped_model, write_model
from digest.category.reasons import readable
from digest.classify import Category, impossible, told_by
from mail.errors import SettingsProblem
from store.corrections import Correction, read_corrections
from store.database import Database

_LOG = logging.getLogger("postern.digest")

NAME = "category-lessons.tsv"
"""The file's name in the data directory."""


class Teacher:
    """Learns anew whenever the corrections are others than last time."""

    def __init__(self, database: Database, file: Path) -> None:
        self._database = database
        self._file = file
        self._known: frozenset[tuple[str, str]] | None = None

    def look(self) -> Learned | None:
        """What was learned; None where nothing changed. Raises StoreProblem and SettingsProblem."""
        corrections = read_corrections(self._database, MOST_LESSONS)
        known = frozenset((one.message_id, one.category) for one in corrections)
        if known == self._known:
            return None
        learned = learn(shipped_model(), [_lesson(one) for one in corrections], shipped_check())
        _keep(self._file, learned.changes if corrections else None)
        self._known = known
        _LOG.info(
            "event=corrections-learned corrections=%d kept=%s f1=%.3f shipped=%.3f",
            learned.lessons,
            "no" if learned.changes is None else "yes",
            learned.after,
            learned.before,
        )
        return learned


class Installed:
    """The shipped model with what this installation learned; the file is read when it changes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int] | None = None
        self._model: Model | None = None

    def adjust(self, form: Mapping[str, Any], mail_from: str | None) -> dict[str, Any] | None:
        """A digest that words decided, as they decide here; None where nothing changes.

        Where the shipped model would not have said what the digest says, something else that we
        do not see spoke too, and it stays.
        """
        model = self._current()
        if model is None:
            return None
        found, shut, moves = _asked(form, mail_from)
        said = shipped_model().predict(found, shut, moves)
        if (told_by(said, found) or Category.TO_REPLY) != form["category"]:
            return None
        now = model.predict(found, shut, moves)
        if told_by(now, found) is None or now.likely == said.likely:
            return None
        learned = ["learned-here"] if now.category != said.category else []
        why = [*learned, *readable(now.reasons)]
        confidence = round(now.confidence, 3)
        return {**form, "category": now.category, "confidence": confidence, "why": why}

    def _current(self) -> Model | None:
        try:
            found = self._file.stat()
        except OSError:
            self._stamp = self._model = None
            return None
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp != self._stamp:
            self._stamp, self._model = stamp, self._read()
        return self._model

    def _read(self) -> Model | None:
        try:
            return changed(shipped_model(), read_model(self._file.read_text("utf-8")))
        except (OSError, ValueError) as error:
            _LOG.warning("event=lessons-unreadable file=%s reason=%s", self._file.name, error)
            return None


def _asked(
    form: Mapping[str, Any], mail_from: str | None
) -> tuple[Features, frozenset[str], Mapping[str, float]]:
    """What the model is asked about a digest."""
    subject, text = form["subject"] or "", form["reply_text"]
    address = (form["from"] or {}).get("address") or ""
    hints = shipped_hints()
    moves = hints.moved_by(tuple(hints.signs((), subject, address)))
    return _features_of(subject, text), impossible(mail_from, address), moves


def _features_of(subject: str, text: str) -> Features:
    return features(own_subject(subject, text), text, shipped_concepts())


def _lesson(one: Correction) -> Lesson:
    subject, text = one.digest.get("subject") or "", one.digest.get("reply_text") or ""
    return Lesson(_features_of(subject, text), one.category)


def _keep(file: Path, changes: Model | None) -> None:
    """Write the file in one piece, or take it away."""
    try:
        if changes is None or not changes.weights:
            with contextlib.suppress(FileNotFoundError):
                file.unlink()
            return
        new = file.with_suffix(".new")
        new.write_text(write_model(changes), "utf-8")
        new.replace(file)
    except OSError as error:
        raise SettingsProblem(f"{file} cannot be written: {error.strerror}") from None
