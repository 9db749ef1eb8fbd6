"""Handing a message to a mail server, octet by octet as it is."""

import smtplib
from collections.abc import Sequence

PATIENCE = 60.0
"""Seconds that mail may take; a loaded machine is slow."""


def submit(
    port: int,
    mail_from: str,
    rcpt_to: Sequence[str],
    content: bytes,
    options: Sequence[str] = ("BODY=8BITMIME",),
) -> None:
    """One transaction; every recipient must be taken."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        if "SMTPUTF8" in options:
            client.command_encoding = "utf-8"
        client.ehlo("origin.example")
        code, words = client.mail(mail_from, list(options))
        assert code == 250, words
        for one in rcpt_to:
            code, words = client.rcpt(one)
            assert code == 250, words
        client.putcmd("data")
        assert client.getreply()[0] == 354
        content = content.replace(b"\r\n.", b"\r\n..")
        client.send((b"." if content.startswith(b".") else b"") + content + b".\r\n")
        code, words = client.getreply()
        assert code == 250, words
