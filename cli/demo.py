"""What `postern demo` does. Its manual and its arguments: `cli/manual/demo.py`."""

import argparse
import smtplib
from datetime import datetime
from email.utils import format_datetime

import dkim

from cli import build, demo_zone
from cli.config import Config
from cli.demo_samples import Sample, samples
from cli.sockets import is_loopback
from mail.errors import Problem

_TRANSACTION_ID = slice(-27, -1)


def run(arguments: argparse.Namespace, config: Config) -> int:
    """Returns 1 if any reply is not the one expected."""
    listen = next((one for one in config.smtp.listen if is_loopback(one)), None)
    if listen is None:
        raise Problem("smtp.listen has no loopback address; the demonstration stays on loopback")
    key = _key(config)
    now = build.now()
    unexpected = 0
    for number, sample in enumerate(samples(format_datetime(now), _unique(now)), 1):
        reply = _send(sample, listen, key)
        print(f"{number:2}. {sample.title}")
        print(f"    {reply}")
        if link := _link(reply, config):
            print(f"    {link}")
        if not reply.startswith(sample.expected):
            print(f"    unexpected: should begin with {sample.expected}")
            unexpected += 1
    print(f"\nEverything else is in the console: {build.console_url(config)}")
    return 1 if unexpected else 0


def _key(config: Config) -> bytes:
    path = config.data_dir / "demo-key.pem"
    if not path.is_file():
        raise Problem(f"{path} is not there: start the server with `postern serve --demo` first")
    return path.read_bytes()


def _unique(now: datetime) -> str:
    return f"{int(now.timestamp()):x}"


def _send(sample: Sample, listen: str, key: bytes) -> str:
    """The final reply to `sample`, on one line. Raises Problem if no server answers."""
    host, _, port = listen.rpartition(":")
    try:
        with smtplib.SMTP(host.strip("[]"), int(port), "client.demo.test", timeout=60) as client:
            client.ehlo()
            return _one_line(_transaction(client, sample, key))
    except (OSError, smtplib.SMTPException) as error:
        raise Problem(f"no server answers on {listen}: {error}; start it with `make run`") from None


def _transaction(client: smtplib.SMTP, sample: Sample, key: bytes) -> tuple[int, bytes]:
    content = _signed(sample, key)
    size = sample.announced or len(content)
    code, text = client.mail(sample.mail_from, [f"size={size}", "body=8bitmime"])
    if code == 250:
        code, text = client.rcpt(sample.rcpt_to)
    if code == 250:
        code, text = client.data(content)
    return code, text


def _signed(sample: Sample, key: bytes) -> bytes:
    if sample.signed_by is None:
        return sample.content
    signature: bytes = dkim.sign(
        sample.content,
        demo_zone.SELECTOR.encode(),
        sample.signed_by.encode(),
        key,
        canonicalize=(b"relaxed", b"relaxed"),
    )
    return signature + sample.content


def _one_line(reply: tuple[int, bytes]) -> str:
    """A folded reply with the enhanced code of its later lines left out."""
    code, text = reply
    first, *rest = text.decode("ascii", "replace").splitlines()
    enhanced = first.split(" ", 1)[0]
    return " ".join([f"{code} {first}", *(line.removeprefix(enhanced).strip() for line in rest)])


def _link(reply: str, config: Config) -> str | None:
    """Where the console shows the transaction whose id ends the reply."""
    if not reply.endswith("]"):
        return None
    kind = "messages" if reply.startswith("250") else "transactions"
    return f"{build.console_url(config)}/{kind}/{reply[_TRANSACTION_ID]}"
