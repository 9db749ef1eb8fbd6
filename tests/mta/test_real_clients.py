"""Programs that people use to send mail: what they send arrives, and they understand our no."""

import asyncio
import smtplib
import subprocess
from pathlib import Path

import pytest

from mail.errors import StoreProblem
from tests.certificates import make_certificate
from tests.mta.serving import message, serving
from tests.postfix import Postfix, relaying_to
from tests.services import require

pytestmark = pytest.mark.asyncio(loop_factories=["uvloop"])

ODD = (
    b"From: <alice@sender.example>\r\n"
    b"To: bob@reply.example\r\n"
    b"Subject: =?utf-8?q?odd?= \t \r\n"
    b"Date: Fri, 20 Nov 2026 12:00:00 +0000\r\n"
    b"Message-ID: <odd@sender.example>\r\n"
    b"X-Folded: one\r\n\ttwo \r\n"
    b"\r\n"
    b".\r\n..\r\n.leading dot\r\n"
    b"caf\xe9 \xc4\xe3\xba\xc3\r\n"
    b"trailing space  \r\n"
    b"\t\r\n"
    b"From the beginning of a line\r\n" + b"x" * 3000 + b"\r\n"
    b"\r\n\r\n"
)
"""Dots, 8-bit, odd white space, a long line, empty lines at the end."""


# ---- swaks


async def swaks(port: int, *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        require("swaks"),
        *("--server", "127.0.0.1", "--port", str(port), "--helo", "client.example"),
        *("--from", "alice@sender.example", "--to", "bob@reply.example"),
        *arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_swaks_delivers() -> None:
    async with serving() as served:
        status, output = await swaks(
            served.port, "--header-From", "alice@sender.example", "--body", "From swaks."
        )
        assert status == 0, output
        assert b"\r\nFrom swaks.\r\n" in served.writer.accepted[0]


async def test_swaks_pipelines() -> None:
    async with serving() as served:
        status, output = await swaks(
            served.port, "--pipeline", "--header-From", "alice@sender.example"
        )
        assert status == 0, output
        assert len(served.writer.accepted) == 1


async def test_swaks_hears_no() -> None:
    async with serving() as served:
        status, output = await swaks(served.port, "--to", "nobody@reply.example")
        assert (status, "550 5.1.1" in output) == (24, True), output
        status, output = await swaks(served.port, "--header-From", "ceo@refused.example")
        assert (status, "550 5.7.26" in output) == (26, True), output


# ---- smtplib


async def test_smtplib_delivers_what_it_is_given() -> None:
    def send(port: int) -> dict[str, tuple[int, bytes]]:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            return client.sendmail(
                "alice@sender.example",
                ["bob@reply.example", "nobody@reply.example"],
                ODD,
                mail_options=["BODY=8BITMIME"],
            )

    async with serving() as served:
        refused = await asyncio.to_thread(send, served.port)
        assert served.writer.accepted == [ODD]
    assert refused["nobody@reply.example"][0] == 550


async def test_smtplib_hears_no_at_the_end_of_data() -> None:
    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            content = message(author="ceo@refused.example")
            client.sendmail("alice@sender.example", ["bob@reply.example"], content)

    async with serving() as served:
        with pytest.raises(smtplib.SMTPDataError) as caught:
            await asyncio.to_thread(send, served.port)
    assert caught.value.smtp_code == 550
    assert isinstance(caught.value.smtp_error, bytes)
    assert caught.value.smtp_error.startswith(b"5.7.26 Unauthenticated email from refused.example")


# ---- Postfix


def below_its_received(raw: bytes) -> bytes:
    """The message as Postfix was given it: without the field that it put on top."""
    assert raw.startswith(b"Received: from origin.example")
    end = raw.index(b"\r\n")
    while raw[end + 2 : end + 3] in (b"\t", b" "):
        end = raw.index(b"\r\n", end + 2)
    return raw[end + 2 :]


async def submit(postfix: Postfix, content: bytes, mail_from: str = "alice@sender.example") -> None:
    await asyncio.to_thread(postfix.submit, mail_from, ["bob@reply.example"], content)


async def test_postfix_relays_to_us_byte_for_byte() -> None:
    async with serving() as served:
        with relaying_to(served.port) as postfix:
            await submit(postfix, ODD)
            await submit(
                postfix, message(b"\x00\xff" * 700 + b"\r\n" + b"0123456789\r\n" * 100_000)
            )
            await asyncio.to_thread(postfix.wait_until_empty)
    found = sorted(map(below_its_received, served.writer.accepted), key=len)
    assert found[0] == ODD
    assert found[1] == message(b"\x00\xff" * 700 + b"\r\n" + b"0123456789\r\n" * 100_000)
    assert len(found) == 2


async def test_postfix_comes_under_tls_with_many_recipients(tmp_path: Path) -> None:
    made = make_certificate(tmp_path)
    async with serving(tls_certificate=made.certificate, tls_key=made.key) as served:
        with relaying_to(served.port, tls="encrypt") as postfix:
            recipients = [f"bob{number}@reply.example" for number in range(40)]
            await asyncio.to_thread(postfix.submit, "alice@sender.example", recipients, ODD)
            await asyncio.to_thread(postfix.wait_until_empty)
    (received,) = served.writer.messages
    assert received.envelope.client.tls is not None
    assert len(received.envelope.rcpt_to) == 40


async def test_what_we_refuse_postfix_bounces_to_its_sender_with_our_words() -> None:
    async with serving() as served:
        with relaying_to(served.port) as postfix:
            content = message(author="ceo@refused.example")
            await submit(postfix, content, mail_from="sender@reply.example")
            await asyncio.to_thread(postfix.wait_until_empty)
    (bounce,) = served.writer.accepted
    assert served.writer.messages[-1].envelope.mail_from is None
    assert b"Diagnostic-Code: smtp; 550 5.7.26 Unauthenticated email from refused.example" in bounce
    assert b"Status: 5.7.26" in bounce


async def test_what_we_defer_postfix_keeps_and_brings_again() -> None:
    async with serving() as served:
        served.writer.problem = StoreProblem("the store is gone for a while")
        with relaying_to(served.port) as postfix:
            await submit(postfix, ODD)
            await asyncio.to_thread(postfix.wait_for_log, "status=deferred")
            assert "451 4.3.0" in postfix.log
            assert served.writer.accepted == []
            served.writer.problem = None
            await asyncio.to_thread(postfix.wait_until_empty)
    assert [below_its_received(raw) for raw in served.writer.accepted] == [ODD]
