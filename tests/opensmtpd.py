"""A real OpenSMTPD of its own: it takes mail on a port of loopback and relays it all to another."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.server import until
from tests.services import free_port, listens
from tests.submission import PATIENCE
from tests.unpacked import Unpacked

_CONFIG = """\
listen on 127.0.0.1 port {port} hostname opensmtpd.example
smtp max-message-size "60M"
action "onward" relay host "{scheme}://127.0.0.1:{relay_port}" {tls}helo opensmtpd.example
match from any for any action "onward"
"""
_FOLDERS = "mkdir -p /var/lib/opensmtpd/empty; mkdir -m 711 /var/spool/smtpd"


class OpenSmtpd:
    """Relays to `relay_port`, under TLS where `tls`."""

    def __init__(self, folder: Path, relay_port: int, *, tls: bool) -> None:
        self.folder = folder
        self.port = free_port()
        self._unpacked = Unpacked("opensmtpd", folder, ["opensmtpd", "opensmtpq"], _FOLDERS)
        config = _CONFIG.format(
            port=self.port,
            relay_port=relay_port,
            scheme="smtp+tls" if tls else "smtp+notls",
            tls="tls no-verify " if tls else "",
        )
        (folder / "smtpd.conf").write_text(config)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it listens."""
        with (self.folder / "output").open("wb") as log:
            words = ["-d", "-f", str(self.folder / "smtpd.conf")]
            self._process = self._unpacked.start("usr/sbin/smtpd", *words, log=log)
        until(lambda: listens(self.port) or not self._runs())
        assert self._runs(), self.log

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def _runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """What it said."""
        return (self.folder / "output").read_text(errors="replace")


@contextmanager
def opensmtpd_to(port: int, *, tls: bool = False) -> Iterator[OpenSmtpd]:
    """An OpenSMTPD that relays to `port`, for the length of a test."""
    folder = Path(tempfile.mkdtemp(prefix="postern-opensmtpd-"))
    folder.chmod(0o755)
    server = OpenSmtpd(folder, port, tls=tls)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
