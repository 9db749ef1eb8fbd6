"""What `postern serve` does. Its manual and its arguments: `cli/manual/serve.py`."""

import argparse
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from cli import build, demo_zone, roles
from cli.config import Config
from cli.first_run import first_operator, prepare_domains
from cli.interpreter import prepare_to_fork
from cli.presence import require_a_place
from cli.program import Program
from cli.reload import check_files, read_again
from cli.service_manager import ServiceManager
from cli.sockets import address_of, handed_over, is_loopback, listening
from cli.supervisor import Supervisor
from mail.errors import SettingsProblem
from store.database import migrate, open_database


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 0 after SIGTERM, 2 if a program could not be started."""
    _log_to_stderr()
    manager = ServiceManager.of(os.environ)
    _refuse_unsafe(arguments.demo, config, {})
    check_files(config)
    sockets = _sockets(arguments.only, config)
    _refuse_unsafe(arguments.demo, config, sockets)
    _prepare(arguments.demo, config, arguments.only)
    one_time_password = _first_password(config)
    planned = roles.programs(config, arguments.only, sockets, demo=arguments.demo)
    prepare_to_fork()
    supervisor = Supervisor(
        planned,
        [one for those in sockets.values() for one in those],
        _planner(arguments, config, sockets),
        manager,
    )
    if not supervisor.start():
        supervisor.stop()
        return 2
    print(_greeting(arguments, config, sockets, one_time_password), flush=True)
    supervisor.run()
    return 0


def _planner(
    arguments: argparse.Namespace, config: Config, sockets: dict[str, list[socket.socket]]
) -> Callable[[], list[Program]]:
    """What SIGHUP asks for: the programs of the configuration as it is by then."""

    def plan() -> list[Program]:
        fresh = read_again(arguments.config, config)
        _refuse_unsafe(arguments.demo, fresh, sockets)
        _prepare(arguments.demo, fresh, arguments.only)
        return roles.programs(fresh, arguments.only, sockets, demo=arguments.demo)

    return plan


class _WithZone(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """As RFC 3339 has it: nobody has to know which zone the machine is in."""
        at = datetime.fromtimestamp(record.created, UTC).astimezone()
        return at.isoformat(timespec="milliseconds")


def _log_to_stderr() -> None:
    """One line an event: when (with the zone), how grave, which room, which process, what."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithZone("%(asctime)s %(levelname)s %(name)s[%(process)d] %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # aiosmtpd logs each command, Alembic its own plugins; we log what happened to mail.
    for talkative in ("mail.log", "alembic"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def _refuse_unsafe(
    demo: bool, config: Config, sockets: Mapping[str, Sequence[socket.socket]]
) -> None:
    """Answers out of a file must never decide about mail from the Internet, wherever the sockets
    come from."""
    smtp = _served(config.smtp.listen + config.smtp.tls_listen, sockets, "smtp", "smtps")
    web = _served((config.web.listen,), sockets, "web")
    if demo and not all(is_loopback(one) for one in (*smtp, *web)):
        raise SettingsProblem("--demo serves loopback only; smtp.listen or web.listen goes beyond")
    if config.verify.dns_zones and not all(is_loopback(one) for one in smtp):
        raise SettingsProblem("verify.dns_zones is for tests; smtp.listen goes beyond loopback")


def _served(
    configured: Sequence[str], sockets: Mapping[str, Sequence[socket.socket]], *names: str
) -> list[str]:
    """The addresses that are configured, and those of the sockets of these names."""
    held = (one for name in names for one in sockets.get(name, ()))
    return [*configured, *(address_of(one) for one in held if one.family != socket.AF_UNIX)]


def _sockets(names: tuple[str, ...], config: Config) -> dict[str, list[socket.socket]]:
    """What the roles listen on: what systemd handed over, else what the configuration says."""
    serving = {"smtp": ("smtp", "smtps"), "web": ("web",)}
    wanted = tuple(one for role, those in serving.items() if role in names for one in those)
    found = handed_over(os.environ, wanted)
    if "smtp" in names and "smtp" not in found:
        found["smtp"] = listening(config.smtp.listen, "smtp.listen")
    if "smtp" in names and "smtps" not in found:
        found["smtps"] = listening(config.smtp.tls_listen, "smtp.tls_listen")
    if "web" in names and "web" not in found:
        found["web"] = listening((config.web.listen,), "web.listen")
    return found


def _prepare(demo: bool, config: Config, names: Sequence[str]) -> None:
    """The store made ready, with the domains of the configuration in it."""
    build.prepare_data_dir(config)
    settings = build.store_settings(config)
    if settings.is_embedded:
        migrate(settings)
    with contextlib.closing(open_database(settings)) as database:
        require_a_place(database, config, names)
        now = datetime.now(UTC)
        prepare_domains(database, config, now)
        if demo:
            demo_zone.prepare(database, config, now)
        else:
            demo_zone.clear(database, now)


def _first_password(config: Config) -> str | None:
    """That of the first operator, if there was none yet."""
    with contextlib.closing(open_database(build.store_settings(config))) as database:
        return first_operator(database, datetime.now(UTC))


def _greeting(
    arguments: argparse.Namespace,
    config: Config,
    sockets: Mapping[str, Sequence[socket.socket]],
    password: str | None,
) -> str:
    """What is served where, which systemd decides for the sockets that it hands over."""
    served = [address_of(one) for one in sockets.get("smtp", [])]
    served += [f"{address_of(one)} (TLS)" for one in sockets.get("smtps", [])]
    lines = ["", "Postern is running."]
    if served:
        lines.append(f"  SMTP      {', '.join(served)}")
    for one in sockets.get("web", []):
        lines.append(f"  Console   {config.web.public_url or f'http://{address_of(one)}'}")
    if password:
        lines.append(f"  Sign in   as admin with the one-time password {password}")
        lines.append("            It is shown this once; change it under Settings.")
    if arguments.demo:
        lines.append(f"  Try it    {build.program()} demo    (in another terminal)")
    elif "smtp" in arguments.only:
        lines.append("  Check it  postern check")
    return "\n".join([*lines, "  Stop it   Ctrl-C", ""])
