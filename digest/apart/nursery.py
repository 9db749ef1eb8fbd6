"""The process that all children are forked from: it has everything loaded, and one thread.

It is told over its standard input, a socket: `born` with the memory and the socket of a new child,
whose process id it answers, and `end` with a process id, whose exit status it answers when that
process is no more. When the socket ends, so do all children and the nursery.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
from pathlib import Path

from digest.apart.child import serve
from digest.apart.limits import confine
from digest.apart.questions import Read, answer
from digest.digest import digest_message
from mail.raw import RawMessage

_LONGEST_ORDER = 64
_WARMING = (
    "Content-Type: text/plain; charset=gb2312\n\n您好，请报价。",
    "Content-Type: text/html\n\n<p>What is the price of <b>100</b> pieces?</p>",
    'Content-Type: multipart/mixed; boundary="b"\n\n--b\n\nSee the list.\n'
    '--b\nContent-Disposition: attachment; filename="a.txt"\n\na\n--b--\n',
    *(
        f"Auto-Submitted: auto-replied\nContent-Type: text/plain; charset=gb18030\n\n{note}"
        for note in (
            "I am out of the office until 9 November 2026. Please contact Bea, b@example.com.",
            "Ich bin bis zum 9. November 2026 nicht im Büro. Bitte wenden Sie sich an Bea.",
            "Je suis absent du bureau jusqu'au 9 novembre 2026.",
            "Estaré fuera de la oficina hasta el 9 de noviembre de 2026.",
            "我11月9日之前不在办公室，如有急事请联系李伟。",
        )
    ),
    "Content-Type: text/plain; charset=gb18030\n\nMit freundlichen GrÃ¼ÃŸen aus MÃ¼nchen",
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
    "--b\n\nUser unknown\n--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; a@example.net\n"
    "Action: failed\nStatus: 5.1.1\n--b--\n",
)


def main(read: Read = answer, *, is_warm: bool = True) -> None:
    """Load everything, if children are to be warm, then obey until the socket ends."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        # Whoever sends these to a whole group sends them to our parent, too; what it has under
        # way is finished, and then the socket ends.
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    _name_process("postern-nursery")
    if is_warm:
        _warm()
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as orders:
        _obey(orders, read)


def _warm() -> None:
    """Let everything that is loaded when it is needed be loaded now, once for all children."""
    gc.disable()  # nothing of what is loaded is garbage
    head = "From: A <a@example.com>\nSubject: =?utf-8?B?w6Q=?=\n"
    head += "Date: Mon, 2 Nov 2026 10:00:00 +0800\n"
    for text in _WARMING:
        digest_message(RawMessage.in_memory((head + text).encode("gb18030")), "", None)
    gc.freeze()
    gc.enable()


def _obey(orders: socket.socket, read: Read) -> None:
    children: set[int] = set()
    try:
        while True:
            order, files, _, _ = socket.recv_fds(orders, _LONGEST_ORDER, 1)
            if order.startswith(b"born "):
                child = _bear(orders, files[0], int(order[5:]), read)
                children.add(child)
                orders.send(b"%d" % child)
            elif order.startswith(b"end "):
                child = int(order[4:])
                children.discard(child)
                orders.send(b"%d" % _bury(child))
            else:
                return
    except (BrokenPipeError, ConnectionResetError):
        return
    finally:
        for child in children:
            _bury(child)


def _bear(orders: socket.socket, file: int, memory: int, read: Read) -> int:
    nursery = os.getpid()
    child = os.fork()
    if child:
        os.close(file)
        return child
    try:
        orders.close()
        _silence()
        confine(nursery, memory)
        _name_process("postern-reader")
        with socket.socket(fileno=file) as link:
            serve(link, read)
    finally:
        os._exit(0)


def _silence() -> None:
    """What a library prints when it dies is of no use to whoever sees our standard error."""
    with open(os.devnull, "r+b", buffering=0) as nothing:  # noqa: PTH123
        for number in (0, 1, 2):
            os.dup2(nothing.fileno(), number)


def _bury(child: int) -> int:
    """Kill it if it lives; its wait status."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    try:
        return os.waitpid(child, 0)[1]
    except ChildProcessError:
        return 0


def _name_process(name: str) -> None:
    """Let ps and top tell them apart; Linux shows 15 octets."""
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(name[:15])


if __name__ == "__main__":
    main()
