"""The SMTP door as a whole: sockets that it is given, a session for each connection, and an end
that loses nothing."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from typing import Any

from mta.door import Directory, Door
from mta.limits import ConnectionLimits
from mta.receive import Tools
from mta.session import SmtpSession
from mta.settings import SmtpSettings
from mta.shared import Shared
from mta.spool import Budget, Spool
from mta.tls import Certificate

__all__ = ["Listener", "SmtpSettings"]

log = logging.getLogger("postern.mta")

COMMIT_PATIENCE = 10.0
"""Seconds for messages that were received completely, however short the grace is."""


class Listener:
    """Serves SMTP on sockets that others have bound; `start` it and, in the end, `stop` it."""

    def __init__(self, settings: SmtpSettings, tools: Tools, directory: Directory) -> None:
        self._settings = settings
        self._door = Door(settings, tools, directory)
        self._servers: list[asyncio.Server] = []
        self._shared: Shared | None = None

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Serve `sockets`, which listen already (made with IPPROTO_TCP: asyncio switches Nagle's
        algorithm off on no others).

        Raises SettingsProblem if the spool folder or the certificate cannot be used.
        """
        # aiosmtpd logs every connection and command at INFO; we log each transaction once.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        shared = self._shared = self._share()
        shared.spool.prepare()
        loop = asyncio.get_running_loop()
        for one in sockets:
            self._servers.append(await loop.create_server(lambda: SmtpSession(shared), sock=one))

    def _share(self) -> Shared:
        settings = self._settings
        spool = Spool(
            settings.spool_dir,
            settings.memory_threshold_bytes,
            Budget(settings.memory_budget_bytes),
        )
        certificate = None
        if settings.tls_certificate is not None:
            certificate = Certificate(settings.tls_certificate, settings.tls_key)
        return Shared(settings, self._door, ConnectionLimits(settings), spool, certificate)

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return self._shared.limits.open if self._shared else 0

    async def stop(self, grace_seconds: float) -> None:
        """Accept nobody more, tell the idle to go, and let transactions under way finish.

        After `grace_seconds` the sessions that are left are cut; what was received completely
        by then is committed all the same.
        """
        for server in self._servers:
            server.close()
        if self._shared is None:
            return
        sessions, tasks = self._shared.sessions, self._shared.tasks
        for session in tuple(sessions):
            session.drain()
        await _wait({session.conversation for session in sessions}, grace_seconds)
        for session in tuple(sessions):
            session.cut()
        await _wait({session.conversation for session in sessions}, COMMIT_PATIENCE)
        for session in tuple(sessions):
            session.conversation.cancel()
        await _wait({session.conversation for session in sessions}, COMMIT_PATIENCE)
        await _wait(tasks, COMMIT_PATIENCE)
        log.info("listener event=stopped")


async def _wait(tasks: set[asyncio.Task[Any]], seconds: float) -> None:
    if tasks:
        await asyncio.wait(tuple(tasks), timeout=seconds)
