"""What all sessions of one listener share: its settings, its limits, and who is there."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from mta.door import Door
from mta.limits import ConnectionLimits
from mta.meters import Meters
from mta.settings import SmtpSettings
from mta.spool import Spool
from mta.spread import Place
from mta.tls import Certificate

if TYPE_CHECKING:
    from mta.connection import Connection

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Shared:
    """Made by the listener; `sessions` are the open ones, `tasks` what must not be cut short."""

    settings: SmtpSettings
    door: Door
    limits: ConnectionLimits
    spool: Spool
    certificate: Certificate | None
    place: Place
    meters: Meters
    sessions: "set[Connection]" = field(default_factory=set)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Work that outlives its session: a lost connection must not cancel a commit."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task
