"""The three long-running programs: the SMTP door, the console, and the worker.

Each is started by the supervisor in a process of its own. They meet only in the store.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from importlib.metadata import version

from bounce_rules.load import load_rules
from cli import build
from cli.config import Config
from cli.interpreter import settle, yield_to_mail
from cli.judge import Judge
from cli.learning import build_revision, learn_hourly, lessons_file
from cli.presence import member_of, present
from cli.program import Orders, Program, Role
from cli.public_pages import mentioned_pages, public_pages
from cli.pulse import Pulse
from cli.rechecker import Rechecker
from cli.renewal import Renewal
from cli.scrubber import scrub_slowly
from cli.sweeper import (
    finish_erasures,
    index_old_mail,
    make_months_hourly,
    sweep_hourly,
    watch_quotas,
)
from digest.apart.limits import ATTENDED, PATIENT, made_for
from digest.apart.pool import Pool
from digest.apart.reader import Reader
from digest.worker import Worker
from mail.address import Domain
from mail.errors import StoreProblem
from mail.reply_address import ReplyKey
from mta.diagnose import Diagnostician
from mta.listener import Listener, SmtpSettings
from mta.rates import RateTable
from mta.spread import Place, Places
from pull.puller import PullScheduler
from store.database import Database, open_database
from store.domains import Directory
from store.forward_paths import TrustedPaths
from store.metric_files import metrics_folder, published
from store.metrics import Metrics
from store.secrets import SecretBox
from store.writer import Writer
from web.app import create_app
from web.server import serve as serve_web
from web.settings import WebSettings

RETIREMENT = 300.0
"""Seconds for the sessions of a program that has a successor: a client that says nothing for so
long is sent away by most servers."""

LEAST_MEMORY = 1_048_576
"""Octets of smtp.memory_budget_bytes that each process has, however many share it: a process whose
part is less than a message needs would defer all mail for ever."""

_COMMITS = 15.0
"""Seconds beyond the grace, for messages that were received completely."""


def programs(
    config: Config, names: Sequence[str], sockets: Mapping[str, list[socket.socket]], *, demo: bool
) -> list[Program]:
    """The programs of the roles `names`, which listen on `sockets`."""
    planned = []
    if "smtp" in names:
        planned += _smtp_programs(config, sockets, demo=demo)
    if "web" in names:
        planned.append(Program("web", web(config, sockets["web"], demo=demo), sockets["web"]))
    if "worker" in names:
        planned.append(Program("worker", worker(config, demo=demo)))
    return planned


def _smtp_programs(
    config: Config, sockets: Mapping[str, list[socket.socket]], *, demo: bool
) -> list[Program]:
    """Sisters, which see from each other's pulse who takes part."""
    pulses = [Pulse() for _ in range(config.smtp.workers)]
    places = Places(len(pulses), lambda number: pulses[number].is_fresh())
    rates = RateTable()
    return [
        Program(
            f"smtp-{number + 1}",
            smtp(config, sockets, partial(places.place, number), rates, number == 0, demo=demo),
            [*sockets["smtp"], *sockets["smtps"]],
            pulse,
            config.smtp.stop_grace + _COMMITS,
        )
        for number, pulse in enumerate(pulses)
    ]


def smtp(
    config: Config,
    sockets: Mapping[str, list[socket.socket]],
    place: Callable[[], Place],
    rates: RateTable,
    is_first: bool,
    *,
    demo: bool,
) -> Role:
    """The SMTP door on `sockets` (of `smtps` TLS comes first), which it shares with its sisters;
    the first of them speaks for all to the other nodes."""

    async def role(orders: Orders) -> None:
        with contextlib.closing(open_database(build.store_settings(config))) as database:
            writer = Writer(database, build.now)
            writer.start()
            metrics = Metrics()
            tools = replace(
                build.tools(config, writer, demo=demo),
                pages=mentioned_pages(config),
                metrics=metrics,
            )
            keys = build.secret_box(config)
            # A new installation's key file is made now, not while a client waits for the loop.
            await asyncio.to_thread(keys.reply_keys)
            renewal = Renewal(tools, TrustedPaths(database), keys.reply_keys)
            tools = replace(tools, renew=renewal)
            directory = Directory(database, tools.hostname, reply_keys=keys.reply_keys)
            listener = Listener(_smtp_settings(config), tools, directory, place(), rates)
            await listener.start(sockets["smtp"], sockets["smtps"])
            known = _present(config, database, "smtp") if is_first else contextlib.nullcontext()
            async with known, published(metrics, metrics_folder(database), "smtp"):
                settle()
                orders.ready()
                await orders.retire.wait()
                await listener.close()
                orders.closed()
                await listener.retire(RETIREMENT, orders.stop)
                await listener.stop(config.smtp.stop_grace, orders.hurry)
                await asyncio.to_thread(writer.close)

    return role


def web(config: Config, sockets: list[socket.socket], *, demo: bool) -> Role:
    """The console and the API on `sockets`."""

    async def role(orders: Orders) -> None:
        limits = made_for(ATTENDED, config.smtp.max_message_bytes)
        with (
            contextlib.closing(open_database(build.store_settings(config))) as database,
            contextlib.closing(Pool(config.data_dir / "spool", limits)) as parts,
        ):
            app = create_app(database, _web_settings(config), parts=parts, now=build.now)
            known = _present(config, database, "web")
            async with known, published(Metrics(), metrics_folder(database), "web"):
                await serve_web(app, sockets, orders.retire, orders.ready, orders.closed)

    return role


def worker(config: Config, *, demo: bool) -> Role:
    """What follows from a message, and the bound accounts."""

    async def role(orders: Orders) -> None:
        yield_to_mail()
        with contextlib.closing(open_database(build.store_settings(config))) as database:
            writer = Writer(database, build.now)
            writer.start()
            member = member_of(config, "worker")
            name = member.instance
            keys = build.secret_box(config)
            digester = Worker(
                database,
                name,
                build.now,
                Reader(made_for(PATIENT, config.smtp.max_message_bytes)),
                reply_keys=partial(_reply_keys, keys),
                revision=build_revision(config),
            )
            metrics = Metrics()
            puller = PullScheduler(
                database,
                replace(build.tools(config, writer, demo=demo), metrics=metrics),
                build.secret_box(config),
                build.pull_settings(config),
                name,
            )
            rechecker = Rechecker(
                database,
                Judge(build.verify_settings(config), build.policy(config), load_rules(), build.now),
                lambda: build.resolver(config, demo=demo),
                name,
                build.now,
            )
            settle()
            orders.ready()
            stop = orders.retire
            known = present(database, member, build.secret_box(config).fingerprint, build.now)
            publishing = published(metrics, metrics_folder(database), "worker")
            async with known, publishing, asyncio.TaskGroup() as tasks:
                tasks.create_task(rechecker.run(stop))
                tasks.create_task(digester.run(stop))
                tasks.create_task(Diagnostician(database, name, build.now).run(stop))
                tasks.create_task(puller.run(stop))
                tasks.create_task(scrub_slowly(database, metrics, build.now, stop))
                tasks.create_task(sweep_hourly(database, build.now, stop))
                tasks.create_task(make_months_hourly(database, stop))
                tasks.create_task(watch_quotas(database, stop))
                if config.digest.learn_from_corrections:
                    tasks.create_task(learn_hourly(database, lessons_file(config), stop))
                tasks.create_task(index_old_mail(database, stop))
                box = build.secret_box(config)
                tasks.create_task(finish_erasures(database, box, build.now, stop))
            await asyncio.to_thread(writer.close)

    return role


def _present(config: Config, database: Database, role: str) -> AbstractAsyncContextManager[None]:
    """The program of that role, as the other nodes know it."""
    keys = build.secret_box(config).fingerprint
    return present(database, member_of(config, role), keys, build.now)


def _reply_keys(box: SecretBox) -> Sequence[ReplyKey]:
    """The keys of signed addresses. Where the key file cannot be read now, mail is digested all
    the same; the SMTP door says what is wrong with the file."""
    try:
        return box.reply_keys() if box.exists else ()
    except StoreProblem:
        return ()


def _smtp_settings(config: Config) -> SmtpSettings:
    """The SMTP door's limits and names."""
    smtp = config.smtp
    return SmtpSettings(
        hostname=Domain(config.hostname),
        spool_dir=config.data_dir / "spool",
        max_message_bytes=smtp.max_message_bytes,
        max_connections=_share(smtp.max_connections, smtp.workers),
        max_connections_per_client=smtp.max_connections_per_client,
        large_senders=smtp.large_senders,
        max_recipients=smtp.max_recipients,
        memory_budget_bytes=max(_share(smtp.memory_budget_bytes, smtp.workers), LEAST_MEMORY),
        command_timeout=smtp.command_timeout,
        data_timeout=smtp.data_timeout,
        session_timeout=smtp.session_timeout,
        greet_delay=smtp.greet_delay,
        max_errors=smtp.max_errors,
        max_hops=smtp.max_hops,
        bare_newlines=smtp.bare_newlines,
        tls_certificate=smtp.tls_certificate,
        tls_key=smtp.tls_key,
        require_tls=smtp.require_tls,
        proxy_networks=smtp.proxy_networks,
        max_commands=smtp.max_commands,
        max_idle_commands=smtp.max_idle_commands,
        max_transactions=smtp.max_transactions,
        tarpit_after=smtp.tarpit_after,
        tarpit_seconds=smtp.tarpit_seconds,
        min_transfer_rate=smtp.min_transfer_rate,
        transfer_window=smtp.transfer_window,
        connections_per_minute=smtp.connections_per_minute,
        messages_per_minute=smtp.messages_per_minute,
        recipients_per_minute=smtp.recipients_per_minute,
        errors_per_minute=smtp.errors_per_minute,
    )


def _web_settings(config: Config) -> WebSettings:
    """How the console is reached, and by whom."""
    return WebSettings(
        public_url=config.web.public_url,
        trusted_proxies=config.web.trusted_proxies,
        metrics_networks=config.web.metrics_networks,
        hostname=config.hostname,
        version=version("postern"),
        public_pages=public_pages(config),
    )


def _share(limit: int, workers: int) -> int:
    """One process's part of a limit that holds for all of them together, rounded up."""
    return -(-limit // workers)
