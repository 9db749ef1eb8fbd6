"""The SMTP door as a whole: sockets that it is given, a session for each connection, and an end
that loses nothing."""

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from typing import Any

from mail.errors import SettingsProblem
from mta.door import Directory, Door
from mta.entrance import Entrance
from mta.limits import ConnectionLimits
from mta.meters import Meters
from mta.rates import Rates, RateTable
from mta.receive import Tools
from mta.session import SmtpSession
from mta.settings import SmtpSettings
from mta.shared import Shared
from mta.spool import Budget, Spool
from mta.spread import Acceptor, Place, Places, Welcome, making
from mta.tls import Certificate

__all__ = ["Listener", "SmtpSettings"]

log = logging.getLogger("postern.mta")

COMMIT_PATIENCE = 10.0
"""Seconds for messages that were received completely, however short the grace is."""


class Listener:
    """Serves SMTP on sockets that others have bound; `start` it and, in the end, `stop` it.

    `place` is this process's among sisters that listen on the same sockets, and `rates` what
    they count together.
    """

    def __init__(
        self,
        settings: SmtpSettings,
        tools: Tools,
        directory: Directory,
        place: Place | None = None,
        rates: RateTable | None = None,
    ) -> None:
        self._settings = settings
        self._meters = Meters(tools.metrics)
        self._door = Door(settings, tools, directory, self._meters)
        self._rates = rates
        self._place = place or Places(1).place(0)
        self._acceptor: Acceptor | None = None
        self._entrances: list[Entrance] = []
        self._shared: Shared | None = None

    async def start(
        self, sockets: Sequence[socket.socket], tls_sockets: Sequence[socket.socket] = ()
    ) -> None:
        """Serve `sockets`, which listen already; they are closed here in the end. On
        `tls_sockets` TLS comes first.

        Raises SettingsProblem if the spool folder or the certificate cannot be used.
        """
        # aiosmtpd logs every connection and command at INFO; we log each transaction once.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        shared = self._shared = self._share()
        self._meters.watch(shared)
        shared.spool.prepare()
        served = [(one, self._plain_welcome(shared)) for one in sockets]
        if tls_sockets:
            if shared.certificate is None:
                raise SettingsProblem("smtp.tls_listen needs smtp.tls_certificate")
            welcome = self._entrance(shared, shared.certificate).welcome
            served += [(one, welcome) for one in tls_sockets]
        self._acceptor = Acceptor(served, self._place)
        self._acceptor.start()

    def _plain_welcome(self, shared: Shared) -> Welcome:
        """Straight to the session where no proxy has to be asked for its client."""
        if self._settings.proxy_networks:
            return self._entrance(shared, None).welcome
        return making(lambda: SmtpSession(shared))

    def _entrance(self, shared: Shared, certificate: Certificate | None) -> Entrance:
        entrance = Entrance(shared, certificate)
        self._entrances.append(entrance)
        return entrance

    def _share(self) -> Shared:
        settings = self._settings
        spool = Spool(
            settings.spool_dir,
            settings.memory_threshold_bytes,
            Budget(settings.memory_budget_bytes),
        )
        rates = Rates(settings, self._rates)
        limits = ConnectionLimits(settings, rates, self._meters, place=self._place)
        certificate = None
        if settings.tls_certificate is not None:
            certificate = Certificate(settings.tls_certificate, settings.tls_key)
        return Shared(settings, self._door, limits, spool, certificate, self._place, self._meters)

    @property
    def waiting(self) -> int:
        """How many clients are connected who have no session yet."""
        return sum(entrance.waiting for entrance in self._entrances)

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return self._shared.limits.open if self._shared else 0

    async def close(self) -> None:
        """Accept nobody more."""
        if self._acceptor is not None:
            await self._acceptor.close()

    async def retire(self, seconds: float, stop: asyncio.Event) -> None:
        """Accept nobody more, and serve the sessions that are open, as if nothing had happened,
        until they are over, `seconds` have passed, or `stop` is set."""
        await self.close()
        while (there := self._there()) and seconds > 0 and not stop.is_set():
            began = time.monotonic()
            await _wait(there, seconds, unless=stop)
            seconds -= time.monotonic() - began

    async def stop(self, grace_seconds: float, hurry: asyncio.Event | None = None) -> None:
        """Accept nobody more, tell the idle to go, and let transactions under way finish.

        After `grace_seconds`, or when `hurry` is set, the sessions that are left are cut; what
        was received completely by then is committed all the same.
        """
        await self.close()
        for entrance in self._entrances:
            await entrance.close()
        if self._shared is None:
            return
        sessions, tasks = self._shared.sessions, self._shared.tasks
        for session in tuple(sessions):
            session.drain()
        await _wait(self._conversations(), grace_seconds, unless=hurry)
        for session in tuple(sessions):
            session.cut()
        await _wait(self._conversations(), COMMIT_PATIENCE)
        for session in tuple(sessions):
            session.conversation.cancel()
        await _wait(self._conversations(), COMMIT_PATIENCE)
        await _wait(tasks, COMMIT_PATIENCE)
        log.info("listener event=stopped")

    def _there(self) -> set[asyncio.Task[Any]]:
        """All whom we have accepted, with a session or on their way to one."""
        arriving = [entrance.tasks for entrance in self._entrances]
        return self._conversations().union(*arriving)

    def _conversations(self) -> set[asyncio.Task[Any]]:
        assert self._shared is not None
        return {session.conversation for session in self._shared.sessions}


async def _wait(
    tasks: set[asyncio.Task[Any]], seconds: float, unless: asyncio.Event | None = None
) -> None:
    """Until all are done, at most `seconds`, and not if `unless` is or gets set."""
    if not tasks:
        return
    waiting = asyncio.create_task(asyncio.wait(tasks))
    alarm = asyncio.create_task((unless or asyncio.Event()).wait())
    await asyncio.wait((waiting, alarm), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for one in (waiting, alarm):  # the waiting is given up; what was waited for goes on
        one.cancel()
