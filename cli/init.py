"""What `postern init` does. Its manual and its arguments: `cli/manual/init.py`."""

import argparse
import sys
from datetime import datetime
from pathlib import Path

from cli import build
from cli.config import Config, DomainConfig
from cli.first_run import accept_text, one_time_password
from cli.opened import opened
from cli.sample import sample_file
from mail.errors import SettingsProblem
from store.database import Database, migrate
from store.domains import add_domain, list_domains
from store.operators import add_operator, list_operators


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0; whatever is there already is no error."""
    path = arguments.config or Path("postern.toml")
    config = _chosen(arguments, config)
    if path.exists():
        print(f"{path} is there already and was left as it is.")
    else:
        # store.url may have a password in it: then the file is its owner's only.
        _write(path, sample_file(config), mode=0o600 if config.store.url else 0o644)
        print(f"{path} is written: every key with its meaning and its default.")
    now = build.now()
    build.prepare_data_dir(config)
    settings = build.store_settings(config)
    migrate(settings)
    with opened(config) as database:
        place = config.data_dir if settings.is_embedded else database.place
        print(f"The store is ready in {place}.")
        _first_domain(database, config, now)
        _first_operator(database, arguments, now)
    return 0


def _chosen(arguments: argparse.Namespace, config: Config) -> Config:
    update: dict[str, object] = {}
    if arguments.hostname:
        update["hostname"] = arguments.hostname
    if arguments.domain:
        update["domains"] = (DomainConfig(name=arguments.domain, accept=arguments.accept),)
    return config.model_copy(update=update)


def _write(path: Path, text: str, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SettingsProblem(f"{path}: cannot be written: {error.strerror}") from None


def _first_domain(database: Database, config: Config, now: datetime) -> None:
    present = {row.name for row in list_domains(database)}
    for domain in config.domains:
        if domain.name in present:
            print(f"{domain.name} is served already.")
        else:
            add_domain(database, domain.name, accept_text(domain), "file", now)
            print(f"{domain.name} is served; point its MX here.")
    if not config.domains and not present:
        print("No domain yet: postern domain add reply.example.com")


def _first_operator(database: Database, arguments: argparse.Namespace, now: datetime) -> None:
    if list_operators(database):
        print("There are operators already; none was added.")
        return
    given = sys.stdin.readline().rstrip("\r\n") if arguments.password_stdin else ""
    password = given or one_time_password()
    add_operator(database, arguments.operator, "admin", password, now)
    said = "" if given else f" with the one-time password {password}"
    print(f"{arguments.operator} may sign in as admin{said}.")
