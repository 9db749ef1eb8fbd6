"""The house itself: modules say what they are for, manuals match files, locks pin everything."""

import ast
import re
import shutil
import subprocess
from importlib.metadata import distributions
from pathlib import Path

import pytest

from cli.main import COMMANDS
from tests.services import require

HOUSE = Path(__file__).parent.parent
ROOMS = ("mail", "verify", "bounce_rules", "store", "mta", "digest", "pull", "web", "cli")
MODULES = [path for room in ROOMS for path in sorted((HOUSE / room).rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_module_has_more_than_500_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 500


def test_no_other_distribution_has_a_package_of_our_names() -> None:
    for distribution in distributions():
        if distribution.metadata["Name"].lower() == "postern":
            continue
        tops = {str(file).split("/")[0] for file in distribution.files or []}
        assert not tops & set(ROOMS), distribution.metadata["Name"]


def test_every_command_has_a_module_whose_docstring_begins_with_its_name() -> None:
    for name, (module, _) in COMMANDS.items():
        path = HOUSE / "cli" / "manual" / f"{module}.py"
        docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
        assert docstring.startswith(f"postern {name} - ")


def test_lock_files_name_no_index_and_pin_every_package_with_hashes() -> None:
    for lock in (HOUSE / "requirements").glob("*.lock"):
        text = lock.read_text("utf-8")
        assert "://" not in text
        assert "--index" not in text
        pins = [line for line in text.splitlines() if line and not line[0].isspace()]
        assert all("==" in line and line.endswith("\\") for line in pins)


def test_scripts_are_good_shell() -> None:
    shell = shutil.which("dash") or require("sh")
    for path in [*(HOUSE / "scripts").iterdir(), HOUSE / ".ci" / "run"]:
        if path.read_bytes().startswith(b"#!/bin/sh"):
            subprocess.run([shell, "-n", str(path)], check=True)


def test_every_function_that_the_architecture_names_exists() -> None:
    page = (HOUSE / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`([a-z_/]+\.py)\s+([A-Za-z_.]+)`", page)
    assert len(named) > 15
    for file, name in named:
        path = HOUSE / file
        assert path.is_file(), file
        for part in name.split("."):
            assert re.search(
                rf"^\s*(?:async def|def|class) {part}\b", path.read_text("utf-8"), re.M
            )
    for file in re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", page):
        assert (HOUSE / file).is_file(), file
