"""Our own tables under tests/vectors: cases as data, each naming the section that it is about."""

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent.parent / "vectors"


def cases(kind: str) -> list[dict[str, Any]]:
    """All cases of tests/vectors/KIND/*.yaml; names are unique, and every case has a section."""
    found = []
    for file in sorted((FOLDER / kind).glob("*.yaml")):
        for case in yaml.safe_load(file.read_text("utf-8")):
            assert case["section"], case["name"]
            found.append(case)
    names = [case["name"] for case in found]
    assert len(set(names)) == len(names), "two cases have one name"
    return found


def name_of(case: dict[str, Any]) -> str:
    """For pytest's ids."""
    return str(case["name"]).replace(" ", "-")
