"""The numbers of a whole server: counted by its processes, read from the console."""

import os
import signal
from pathlib import Path

import httpx

from tests.server import Server, serving, until
from tests.services import NO_AUTHORITY
from tests.stores import store_for
from tests.wire import Wire

ACCEPTED = 'postern_transactions_total{action="accept",rule="accepted",stage="data"}'
BUDGET = "postern_memory_budget_bytes"


def numbers(server: Server) -> dict[str, float]:
    answer = httpx.get(
        f"http://127.0.0.1:{server.web_port}/metrics", timeout=30, verify=NO_AUTHORITY
    )
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = (line.rpartition(" ") for line in answer.text.splitlines() if line[:1] != "#")
    return {name: float(value) for name, _, value in lines}


def deliver(server: Server, subject: bytes = b"count me") -> None:
    with Wire(server.smtp_port) as wire:
        for line in ("EHLO c.test", "MAIL FROM:<v@open.test>", "RCPT TO:<s@reply.test>", "DATA"):
            assert wire.say(line)[0] in "23"
        wire.send(b"From: v@open.test\r\nSubject: %b\r\n\r\nhello\r\n.\r\n" % subject)
        assert wire.reply().startswith("250")


def counted(server: Server, series: str, number: float) -> None:
    """Wait until it is; each process writes its numbers down every second."""
    until(lambda: numbers(server).get(series, 0) == number)


def test_numbers_outlive_processes_and_restarts_and_gauges_do_not(server: Server) -> None:
    deliver(server)
    counted(server, ACCEPTED, 1)
    counted(server, 'postern_outbox_jobs{state="waiting"}', 0)
    counted(server, BUDGET, 134_217_728)
    for name, pid in server.programs().items():
        if name.startswith("postern-smtp"):
            os.kill(pid, signal.SIGKILL)
    counted(server, 'postern_process_starts_total{program="smtp"}', 4)
    counted(server, 'postern_processes{program="smtp"}', 2)
    counted(server, BUDGET, 134_217_728)
    assert numbers(server)[ACCEPTED] == 1
    deliver(server, b"me too")
    counted(server, ACCEPTED, 2)
    server.stop()
    server.start()
    assert numbers(server)[ACCEPTED] == 2
    assert numbers(server)["postern_messages"] == 2
    counted(server, 'postern_processes{program="smtp"}', 2)


def test_a_disk_that_takes_no_numbers_costs_no_mail(tmp_path: Path, zones: Path) -> None:
    store_for(tmp_path / "data", {"reply.test": "all"})
    (tmp_path / "data" / "metrics").write_text("in the way")
    with serving(tmp_path, zones=zones) as server:
        deliver(server)
        assert numbers(server)["postern_messages"] == 1
        until(lambda: "metrics event=not-written" in server.log.read_text())
