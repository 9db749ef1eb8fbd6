"""How many connections there may be, in all and from one client network, now and in a minute."""

import logging
import time
from collections.abc import Callable

from mail.envelope import IPAddress
from mail.reply import Reply
from mta.meters import Meters
from mta.rates import Kind, Rates, client_networks
from mta.settings import SmtpSettings
from mta.spread import Place, Places
from store.metrics import Metrics

log = logging.getLogger("postern.mta")

TOO_MANY = Reply(421, "4.3.2", "Too many connections, try again later")
TOO_MANY_OF_CLIENT = Reply(421, "4.7.0", "Too many connections from your network")
TOO_FAST = Reply(421, "4.7.0", "Too many connections from your network in a minute")
TOO_FAULTY = Reply(421, "4.7.0", "Too many errors from your network in a minute")


class ConnectionLimits:
    """Counts the open connections; `admit` each new one, and `release` it when it is closed."""

    def __init__(
        self,
        settings: SmtpSettings,
        rates: Rates | None = None,
        meters: Meters | None = None,
        clock: Callable[[], float] = time.monotonic,
        place: Place | None = None,
    ) -> None:
        """`place` knows what the sisters of this process serve."""
        self._most = settings.max_connections
        self._most_per_client = settings.max_connections_per_client
        self._large_senders = settings.large_senders
        self._place = place or Places(1).place(0)
        self._meters = meters or Meters(Metrics())
        self.rates = rates or Rates(settings)
        self.open = 0
        self._clock = clock
        self._quiet_until = 0.0
        self._untold = 0

    def admit(self, ip: IPAddress | None) -> Reply | None:
        """Count a connection; or the reply that refuses it, and then it is not counted."""
        if self.open >= self._most:
            return self._refuse("connections", TOO_MANY, ip)
        if ip is not None:
            if not self.is_large(ip) and (refusal := self._refusal_of_client(ip)) is not None:
                return refusal
            for network, _ in client_networks(ip):
                self._place.enter_of(network)
        self.open += 1
        self._meters.connections.add()
        return None

    def hold(self) -> Reply | None:
        """Count a connection whose client is not known yet, like `admit`; `release(None)` it."""
        if self.open >= self._most:
            return self._refuse("connections", TOO_MANY, None)
        self.open += 1
        return None

    def _refusal_of_client(self, ip: IPAddress) -> Reply | None:
        if any(
            self._place.open_of(network) >= self._most_per_client * room
            for network, room in client_networks(ip)
        ):
            return self._refuse("connections-per-client", TOO_MANY_OF_CLIENT, ip)
        allowance = self.rates.of(ip)
        if allowance is None:
            return None
        if not allowance.has_room(Kind.ERRORS):
            return self._refuse("error-rate", TOO_FAULTY, ip)
        if not allowance.take(Kind.CONNECTIONS):
            return self._refuse("connection-rate", TOO_FAST, ip)
        return None

    def _refuse(self, limit: str, reply: Reply, ip: IPAddress | None) -> Reply:
        """Count the refusal. One line of the log a second is enough: a flood must not fill it."""
        self._meters.limit(limit)
        now = self._clock()
        if now < self._quiet_until:
            self._untold += 1
        else:
            line = "connection client=%s event=refused untold=%d reply=%s"
            log.warning(line, ip or "-", self._untold, reply)
            self._quiet_until, self._untold = now + 1, 0
        return reply

    def release(self, ip: IPAddress | None) -> None:
        """A connection that was admitted is closed."""
        self.open -= 1
        if ip is not None:
            for network, _ in client_networks(ip):
                self._place.leave_of(network)

    def is_large(self, ip: IPAddress | None) -> bool:
        """Whether it is a sender for whom the limits of a client's network do not hold."""
        return ip is not None and any(ip in network for network in self._large_senders)
