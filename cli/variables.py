"""Variables of the environment that look like settings and are none."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cli.config import PREFIX, Config, find_config, read_file

_NO_SETTINGS = {"POSTERN_CONFIG", "POSTERN_VECTORS"}


def unknown_variables(named: Path | None = None) -> list[str]:
    """Names in the environment that look like ours and set nothing: probably misspelt.

    `named` is the file as for `load_config`: what it takes a secret from is no such name.
    """
    path = find_config(named)
    known = {PREFIX + name.upper() for name in Config.model_fields}
    used = _NO_SETTINGS | set(_variables_of_secrets(read_file(path) if path else {}))
    return sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and name not in used and name.split("__")[0].upper() not in known
    )


def _variables_of_secrets(content: dict[str, Any]) -> Iterator[str]:
    """The names in `{ env = "NAME" }`."""
    for value in content.values():
        if isinstance(value, dict):
            yield from _variables_of_secrets(value)
            if isinstance(name := value.get("env"), str):
                yield name
