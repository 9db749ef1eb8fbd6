"""Who answers DNS questions: the one door to the DNS for all checks.

`DnsResolver` asks real name servers and remembers what they said. The other resolvers answer
the same protocol: `verify.zones.ZoneResolver` from a table, `RecordingResolver` for one message.
Everything that a check needs to know of the DNS is imported from here.

Names are absolute; no search list is ever applied. What goes wrong is a status in the answer,
never an exception.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from mail.errors import SettingsProblem
from mail.reply import printable
from verify.answer import Answer, Record, Resolver, Status, can_be_asked, no_answer, plain_name
from verify.cache import AnswerCache, CacheLimits
from verify.exchange import (
    RESOLV_CONF,
    Server,
    ServerTrouble,
    exchange,
    parse_server,
    system_servers,
)
from verify.lanes import Lanes
from verify.recording import RecordingResolver
from verify.wire import CNAME_LIMIT, Reading, read_reply

__all__ = [
    "Answer",
    "DnsResolver",
    "Record",
    "RecordingResolver",
    "Resolver",
    "ResolverSettings",
    "Status",
]

log = logging.getLogger("postern.verify")

ROUNDS = 2
"""How often each server is asked: datagrams get lost."""

QUICK = 5
"""A question that has taken a fifth of its time makes room for others."""

NO_SERVERS = "no name server is configured"


@dataclass(frozen=True, slots=True)
class ResolverSettings:
    """`servers` as addresses with an optional port, those of the system if empty; `timeout` in
    seconds for one question with all its attempts; `concurrency` is how many are on the way at
    once, and as many again whose servers take long; others wait their turn."""

    servers: tuple[str, ...] = ()
    timeout: float = 5.0
    concurrency: int = 200
    cache: CacheLimits = field(default_factory=CacheLimits)


class DnsResolver:
    """Asks the DNS, each question once at a time, and remembers the answers.

    Belongs to one event loop. Raises SettingsProblem if a server is not an address.
    """

    def __init__(
        self,
        settings: ResolverSettings,
        now: Callable[[], datetime],
        resolv_conf: Path = RESOLV_CONF,
    ) -> None:
        try:
            given = tuple(parse_server(text) for text in settings.servers)
        except ValueError as error:
            raise SettingsProblem(f"verify.dns_servers: {error}") from error
        self._servers = given or system_servers(resolv_conf)
        self._settings = settings
        self._now = now
        self._cache = AnswerCache(settings.cache, now)
        self._lanes = Lanes(settings.concurrency, settings.timeout / QUICK)
        self._flights: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    def peek(self, name: str, rdtype: str) -> Answer | None:
        """The answer if it is remembered, else None."""
        known = self._cache.get((name, rdtype))  # most who ask write names as the cache does
        return known or self._cache.get((plain_name(name), rdtype.upper()))

    async def query(self, name: str, rdtype: str) -> Answer:
        """The answer for an absolute name; never raises for what the DNS did."""
        key = plain_name(name), rdtype.upper()
        known = self._cache.get(key)
        if known is not None:
            return known
        if not can_be_asked(key[0]):
            return no_answer(*key, Status.NXDOMAIN, "not asked")
        # The flight outlives whoever waits for it: the next message wants the answer as well.
        return await asyncio.shield(self._flight(key))

    async def close(self) -> None:
        """Stop asking; whoever still waits hears a cancellation."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _flight(self, key: tuple[str, str]) -> asyncio.Task[Answer]:
        """The question on its way, sent off if it is not yet."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.create_task(self._fly(key))
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        return flight

    async def _fly(self, key: tuple[str, str]) -> Answer:
        try:
            async with asyncio.timeout(self._settings.timeout):
                await self._lanes.enter()
        except TimeoutError:
            return no_answer(*key, Status.TIMEOUT, "too many questions at once")
        try:
            async with asyncio.timeout(self._settings.timeout) as limit:
                with self._lanes.turn(limit):
                    answer = await self._resolve(*key)
        except TimeoutError:
            answer = self._answer(*key, Reading(Status.TIMEOUT), str(self._servers[0]))
        self._cache.put(key, answer)
        return answer

    async def _resolve(self, name: str, rdtype: str) -> Answer:
        """Ask, and ask on where a server left a CNAME's target to us."""
        target, ttl = name, 2**31 - 1
        for _ in range(CNAME_LIMIT):
            reading, server = await self._ask_servers(target, rdtype)
            ttl = min(ttl, reading.ttl)
            if not reading.alias:
                return self._answer(name, rdtype, replace(reading, ttl=ttl), server)
            target = plain_name(reading.alias)
            if not can_be_asked(target):
                return self._answer(name, rdtype, Reading(Status.NXDOMAIN, ttl=ttl), server)
        return self._answer(name, rdtype, Reading(Status.SERVFAIL), server)

    def _answer(self, name: str, rdtype: str, reading: Reading, server: str) -> Answer:
        if reading.status in (Status.SERVFAIL, Status.TIMEOUT):
            log.info(
                "dns query failed name=%s type=%s status=%s server=%s",
                printable(name),
                rdtype,
                reading.status,
                server,
            )
        records, ttl = reading.records, reading.ttl
        return Answer(name, rdtype, reading.status, records, ttl, server, self._now())

    async def _ask_servers(self, name: str, rdtype: str) -> tuple[Reading, str]:
        """The first usable reply of any server, within the time for one question."""
        if not self._servers:
            return Reading(Status.SERVFAIL), NO_SERVERS
        seconds = self._settings.timeout / (ROUNDS * len(self._servers))
        failed: list[Server] = []
        for server in self._servers * ROUNDS:
            if server in failed:
                continue
            try:
                async with asyncio.timeout(seconds):
                    reading = read_reply(*await exchange(name, rdtype, server))
            except TimeoutError:
                continue
            except ServerTrouble as trouble:
                log.info("dns server=%s trouble=%s", server, printable(str(trouble)))
                failed.append(server)
                continue
            if reading.status is not Status.SERVFAIL:
                self._prefer(server)
                return reading, str(server)
            failed.append(server)
        status = Status.SERVFAIL if failed else Status.TIMEOUT
        return Reading(status), str((failed or list(self._servers))[0])

    def _prefer(self, server: Server) -> None:
        """Who answered is asked first from now on, so that a dead server is waited for once."""
        if self._servers[0] != server:
            self._servers = (server, *(one for one in self._servers if one != server))
