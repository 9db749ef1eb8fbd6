"""What a program loads: the rooms that it uses, and no others."""

import subprocess
import sys

import pytest

ROOMS = {"bounce_rules", "digest.classify", "mta", "pull", "store", "verify", "web"}
HEAVY = ROOMS | {"cli.config", "cryptography", "dns", "fastapi", "pydantic", "sqlalchemy"}


def loaded(*words: str) -> set[str]:
    """Which of HEAVY a new interpreter has loaded once it ran `words`."""
    script = "\n".join(("import contextlib, sys", *words, "print(*sys.modules)"))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return HEAVY & set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("words", ["['token', '--help']", "['domain', 'ad']"])
def test_help_and_wrong_words_load_nothing(words: str) -> None:
    ended = "with contextlib.suppress(SystemExit):"
    assert not loaded("from cli.main import main", ended, f"    main({words})")


def test_a_small_command_loads_the_store_alone() -> None:
    assert loaded("import cli.domain") & ROOMS == {"store"}


def test_a_message_is_verified_without_a_store() -> None:
    assert "sqlalchemy" not in loaded("import cli.verify")


def test_the_smtp_door_is_served_without_what_only_other_programs_need() -> None:
    found = loaded("import cli.serve, cli.smtp_role")
    assert "mta" in found
    assert not found & {"digest.classify", "fastapi", "pull", "web"}
