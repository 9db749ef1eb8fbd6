"""What `postern train` does. Its manual and its arguments: `cli/manual/train.py`."""

import argparse
import json
from pathlib import Path

from cli.config import Config
from cli.learning import lessons_file
from cli.opened import opened
from digest.category.concepts import TABLE, write_concepts
from digest.category.model import write_model
from digest.category.training import CATEGORIES, Judged, fit, judge, read_texts
from digest.category.wordlists import read_wordlists
from digest.corrections import Teacher
from mail.errors import SettingsProblem


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Learn, say how well, and write. Raises SettingsProblem for texts that cannot be read."""
    if arguments.installation:
        return _learn_here(arguments, config)
    if arguments.concepts:
        return _concepts(arguments.output, is_check=arguments.check)
    texts = read_texts()
    judged = {kind: judge(texts, kind) for kind in ("words", "topic")}
    if arguments.json:
        print(json.dumps({kind: one.as_json() for kind, one in judged.items()}, indent=2))
    else:
        for kind, one in judged.items():
            _show(kind, one)
    if not arguments.check:
        _write(arguments.output, write_model(fit(texts)))
        _write_concepts(arguments.output)
    return 0


def _learn_here(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 where the corrections were refused. Raises Problem."""
    with opened(config, create=False) as database:
        learned = Teacher(database, lessons_file(config)).look()
    assert learned is not None, "a new teacher always looks"
    kept = learned.changes is not None
    if arguments.json:
        print(
            json.dumps(
                {
                    "corrections": learned.lessons,
                    "kept": kept,
                    "macro_f1": round(learned.after, 4),
                    "shipped_macro_f1": round(learned.before, 4),
                }
            )
        )
    else:
        print(
            f"{learned.lessons} corrections; macro-F1 on the check texts {learned.after:.3f}, "
            f"shipped {learned.before:.3f}: {'kept' if kept else 'refused, nothing is changed'}"
        )
    return 0 if kept else 1


def _show(kind: str, judged: Judged) -> None:
    print(f"new {kind}: macro-F1 {judged.macro_f1:.3f} of {judged.number} texts\n")
    print(f"{'category':<12}{'texts':>7}{'precision':>11}{'recall':>8}{'F1':>7}")
    for one in judged.categories:
        print(
            f"{one.name:<12}{one.number:>7}{one.precision:>11.3f}{one.recall:>8.3f}{one.f1:>7.3f}"
        )
    print(f"\n{'language':<12}{'texts':>7}{'F1':>7}  {' '.join(f'{n:>9}' for n in CATEGORIES)}")
    for of in judged.languages:
        each = " ".join(f"{one.f1:>9.2f}" if one.number else f"{'-':>9}" for one in of.scores)
        print(f"{of.name:<12}{of.number:>7}{of.f1:>7.3f}  {each}")
    print(f"\n{'sure up to':<12}{'texts':>7}{'claimed':>9}{'right':>7}")
    for some in judged.reliability:
        print(f"{some.most:<12.2f}{some.number:>7}{some.claimed:>9.3f}{some.right:>7.3f}")
    print()


def _concepts(weights: Path, *, is_check: bool) -> int:
    """Returns 1 where the table beside `weights` was to be checked and is not that of the lists."""
    if not is_check:
        _write_concepts(weights)
        return 0
    table = weights.with_name(TABLE.name)
    is_current = table.exists() and table.read_text("utf-8") == write_concepts(read_wordlists())
    print(f"{table} is {'up to date' if is_current else 'not that of concepts/: make it anew'}")
    return 0 if is_current else 1


def _write_concepts(weights: Path) -> None:
    _write(weights.with_name(TABLE.name), write_concepts(read_wordlists()))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsProblem(f"{path} cannot be written: {error.strerror}") from None
