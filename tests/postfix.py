"""A real Postfix of its own: its configuration, queue and log in a folder that goes away.

It takes mail on a port of loopback and relays everything to one address, as a mail server of
the world would bring it to us. It needs root, as Postfix does.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.services import free_port, require
from tests.submission import PATIENCE, submit

_MAIN = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
maillog_file = {folder}/data/mail.log
maillog_file_prefixes = {folder}
myhostname = postfix.example
mydomain = postfix.example
myorigin = $myhostname
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
relayhost = [127.0.0.1]:{relay_port}
default_transport = smtp
local_transport = error:nobody is local here
alias_maps =
alias_database =
local_recipient_maps =
local_header_rewrite_clients =
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_line_length_limit = 0
smtp_tls_security_level = {tls}
smtpd_peername_lookup = no
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_discard_ehlo_keywords =
disable_mime_output_conversion = yes
message_size_limit = 60000000
in_flow_delay = 0
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
maximal_queue_lifetime = 1d
default_process_limit = 10
biff = no
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """Relays to `relay_port` of this machine; `tls` is its smtp_tls_security_level."""

    def __init__(self, folder: Path, relay_port: int, tls: str = "none") -> None:
        self.folder = folder
        self.port = free_port()
        self._programs = require("postfix"), require("postqueue"), require("postconf")
        owner = pwd.getpwnam("postfix")
        for name in ("etc", "queue", "data"):
            (folder / name).mkdir()
        os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
        values = {
            "folder": folder,
            "port": self.port,
            "relay_port": relay_port,
            "tls": tls,
            "daemons": self._default("daemon_directory"),
        }
        (folder / "etc" / "main.cf").write_text(_MAIN.format(**values))
        (folder / "etc" / "master.cf").write_text(_MASTER.format(**values))

    def _default(self, name: str) -> str:
        return self._run(self._programs[2], "-d", "-h", name).strip()

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [program, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.returncode == 0, f"{program} {arguments}: {done.stderr}"
        return done.stdout

    def start(self) -> None:
        self._run(self._programs[0], "-c", str(self.folder / "etc"), "start")

    def stop(self) -> None:
        self._run(self._programs[0], "-c", str(self.folder / "etc"), "stop")

    def submit(self, mail_from: str, rcpt_to: Sequence[str], content: bytes) -> None:
        """Hand it a message over SMTP, octet by octet as it is."""
        submit(self.port, mail_from, rcpt_to, content)

    @property
    def log(self) -> str:
        """What it has logged."""
        path = self.folder / "data" / "mail.log"
        return path.read_text() if path.exists() else ""

    @property
    def queue(self) -> str:
        """What waits in its queue, one JSON object a line; empty if nothing does."""
        return self._run(self._programs[1], "-c", str(self.folder / "etc"), "-j")

    def wait_until_empty(self) -> None:
        """Until everything is delivered or bounced, and the bounces are delivered too."""
        deadline = time.monotonic() + PATIENCE
        empty = 0
        while empty < 3:  # a message that moves between queues can be missed once
            empty = 0 if self.queue else empty + 1
            assert time.monotonic() < deadline, f"mail waits still:\n{self.queue}\n{self.log}"
            time.sleep(0.1)

    def wait_for_log(self, words: str) -> None:
        """Until it has logged `words`."""
        deadline = time.monotonic() + PATIENCE
        while words not in self.log:
            assert time.monotonic() < deadline, f"no {words!r} in:\n{self.log}"
            time.sleep(0.05)


@contextmanager
def relaying_to(port: int, tls: str = "none") -> Iterator[Postfix]:
    """A Postfix that relays to `port`, for the length of a test."""
    require("postfix")
    if os.geteuid() != 0:
        sentence = "Postfix can only be started by root"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    folder = Path(tempfile.mkdtemp(prefix="postern-postfix-"))
    folder.chmod(0o755)  # its programs run as the user postfix
    postfix = Postfix(folder, port, tls)
    try:
        postfix.start()
        yield postfix
    finally:
        try:
            postfix.stop()
        finally:
            shutil.rmtree(folder, ignore_errors=True)
