"""Commands of `postern` in the process of the tests: what they load is loaded already, which is
most of the time that a small one takes. For those that are not asked how they start or end."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout

from cli.main import main


def told(
    environment: Mapping[str, str], *words: str, stdin: str = ""
) -> "subprocess.CompletedProcess[str]":
    """What the command says with these variables, and its status."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with _surroundings(environment, stdin), redirect_stdout(out), redirect_stderr(err):
        try:
            status = main(list(words))
        except SystemExit as ended:  # argparse
            status = int(ended.code or 0)
    return subprocess.CompletedProcess(words, status, _text(out), _text(err))


@contextmanager
def _surroundings(environment: Mapping[str, str], stdin: str) -> Iterator[None]:
    kept, before = dict(os.environ), sys.stdin
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
    try:
        yield
    finally:
        sys.stdin = before
        os.environ.clear()
        os.environ.update(kept)


def _text(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()
