"""The SMTP door as a program: several processes that share its sockets."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from cli import build, receiving
from cli.config import Config
from cli.interpreter import settle
from cli.keys import secret_box
from cli.presence import this_program
from cli.program import Orders, Program, Role
from cli.public_pages import mentioned_pages
from cli.pulse import Pulse
from cli.renewal import Renewal
from mail.address import Domain
from mta.listener import Listener, SmtpSettings
from mta.rates import RateTable
from mta.spread import Place, Places
from store.database import open_database
from store.domains import Directory
from store.forward_paths import TrustedPaths
from store.metric_files import metrics_folder, published
from store.metrics import Metrics
from store.writer import Writer

RETIREMENT = 300.0
"""Seconds for the sessions of a program that has a successor: a client that says nothing for so
long is sent away by most servers."""

LEAST_MEMORY = 1_048_576
"""Octets of smtp.memory_budget_bytes that each process has, however many share it: a process whose
part is less than a message needs would defer all mail for ever."""

_COMMITS = 15.0
"""Seconds beyond the grace, for messages that were received completely."""


def smtp_programs(
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
                receiving.tools(config, writer, demo=demo),
                pages=mentioned_pages(config),
                metrics=metrics,
            )
            keys = secret_box(config)
            # A new installation's key file is made now, not while a client waits for the loop.
            await asyncio.to_thread(keys.reply_keys)
            renewal = Renewal(tools, TrustedPaths(database), keys.reply_keys)
            tools = replace(tools, renew=renewal)
            directory = Directory(database, tools.hostname, reply_keys=keys.reply_keys)
            listener = Listener(_smtp_settings(config), tools, directory, place(), rates)
            await listener.start(sockets["smtp"], sockets["smtps"])
            known = this_program(config, database, "smtp") if is_first else contextlib.nullcontext()
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


def _share(limit: int, workers: int) -> int:
    """One process's part of a limit that holds for all of them together, rounded up."""
    return -(-limit // workers)
