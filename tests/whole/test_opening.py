"""Mail is opened by processes that the web has for it: they come when mail is opened, may be
killed, and go with the web however it goes."""

import os
import re
import signal
from pathlib import Path

from tests.server import Server, until
from tests.wire import Wire

LETTER = (
    b"From: v@open.test\r\nSubject: Offer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n"
    b"--b\r\nContent-Disposition: attachment; filename=a.bin\r\n\r\nabc\r\n--b--\r\n"
)


def sent(server: Server, content: bytes) -> str:
    """The id of a message that was just accepted."""
    with Wire(server.smtp_port) as wire:
        for line in ("EHLO client.test", "MAIL FROM:<v@open.test>", "RCPT TO:<a@reply.test>"):
            assert wire.say(line).startswith("250")
        assert wire.say("DATA").startswith("354")
        wire.send(content + b".\r\n")
        found = re.search(r"\[(\w+)\]", wire.reply())
    assert found is not None
    return found[1]


def below(process: int) -> list[int]:
    """The processes that it started, and theirs."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *below(child)]
    return found


def named(processes: list[int], name: str) -> list[int]:
    return [one for one in processes if Path(f"/proc/{one}/comm").read_text().strip() == name]


def test_readers_come_with_the_first_mail_that_is_opened_and_go_with_the_web(
    server: Server,
) -> None:
    identifier = sent(server, LETTER)
    web = server.programs()["postern-web"]
    with server.api() as api:
        assert api.get("/messages").json()["items"]
        assert below(web) == []
        for _ in range(2):
            page = api.get(f"/messages/{identifier}/html")
            assert (page.status_code, "Hello" in page.text) == (200, True)
            assert api.get(f"/messages/{identifier}/attachments/0").content == b"abc"
            (child,) = named(below(web), "postern-reader")
            os.kill(child, signal.SIGKILL)
    family = below(web)
    assert family
    os.kill(web, signal.SIGKILL)
    until(lambda: not any(Path(f"/proc/{one}").exists() for one in family))
