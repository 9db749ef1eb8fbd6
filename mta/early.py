"""Whether a client talked before it was greeted (RFC 5321 §3.1: it must wait).

Programs that only want to get rid of their mail do not wait; what they sent is not taken.
"""

import array
import asyncio
import fcntl
import termios


def has_spoken(transport: asyncio.BaseTransport) -> bool:
    """Whether octets wait in the socket that nobody has read yet."""
    socket = transport.get_extra_info("socket")
    if socket is None:
        return False
    waiting = array.array("i", [0])
    try:
        fcntl.ioctl(socket.fileno(), termios.FIONREAD, waiting)
    except OSError:  # it is gone already; the session will notice by itself
        return False
    return waiting[0] > 0
