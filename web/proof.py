"""Proving that one is who one says, by a password: counted, and bounded in what it may cost."""

import logging
import threading
from datetime import timedelta

from starlette.requests import Request

from mail.reply import printable
from store.operators import Operator, check_password
from web.peer import client_address, network_of
from web.tools import tools_of

_log = logging.getLogger("postern.web")

MAX_PASSWORD = 1024
"""Characters; more than anybody types, and less than would cost us something."""

_HASHING = threading.BoundedSemaphore(2)
"""A check takes 64 MB and a sixth of a second of a core, by design; two at a time are enough."""

_WAITING = threading.BoundedSemaphore(10)
"""Who waits for a check holds a thread of the console; past so many the answer is: later."""

_A_MOMENT = timedelta(seconds=2)


class TooManyAttempts(Exception):
    """Not looked at; `wait` is how long to."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("too many attempts")
        self.wait = wait


def prove(request: Request, name: str, password: str) -> Operator | None:
    """The operator, if the password is theirs. A wrong name and a wrong password cost the same
    and give the same None. Raises TooManyAttempts."""
    tools, client = tools_of(request), client_of(request)
    wait = tools.throttle.admit(client, name)
    if wait is None and not _WAITING.acquire(blocking=False):
        wait = _A_MOMENT
    if wait is not None:
        _log.warning("event=sign-in-refused client=%s reason=too-many-attempts", client)
        raise TooManyAttempts(wait)
    try:
        with _HASHING:
            operator = check_password(tools.database, name, password[:MAX_PASSWORD])
    finally:
        _WAITING.release()
    if operator is None:
        # Without the name: people type their password there by mistake.
        _log.warning("event=sign-in-refused client=%s reason=wrong-password", client)
        return None
    tools.throttle.succeeded(client, name)
    _log.info("event=signed-in client=%s operator=%s", client, printable(operator.name))
    return operator


def client_of(request: Request) -> str:
    """What counts as one client: an IPv4 address, or an IPv6 network."""
    return network_of(client_address(request, tools_of(request).settings))
