"""A real Dovecot of the test's own: its configuration, its mail, its ports, its certificate.

Everything lies under one fresh directory, and nothing of the machine's own Dovecot is read or
written. It listens on 127.0.0.1 twice: `port` speaks plain IMAP with STARTTLS, and `tls_port`
speaks TLS from the first octet. Mail lies in Maildirs, so that a test can look at what the server
keeps.

Needs no privileges: as an ordinary user all processes run as that user. Dovecot refuses to serve
mail as root, so under root that is the user "nobody".
"""

import contextlib
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.certificates import Certificate
from tests.services import free_port, require

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
info_log_path = {root}/dovecot.log
debug_log_path = /dev/null
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{root}/mail/%u
mail_fsync = never
mail_max_userip_connections = 100
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_dh =
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/home/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
# Without this, every refused login makes the next one wait longer.
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
{extra}
"""


@dataclass
class Dovecot:
    """One server. `start()` returns when both ports answer; `stop()` when it is gone.

    `users` maps a user name to its password and may be changed with `set_password` while the
    server runs. `extra` is more configuration, as `dovecot.conf` has it.
    """

    certificate: Certificate
    users: dict[str, str]
    extra: str = ""
    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="dovecot-")))
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Write the configuration and run it in the foreground."""
        program = require("dovecot")
        self.root.chmod(0o755)
        for name in ("run", "state", "mail", "home"):
            (self.root / name).mkdir(exist_ok=True)
        for name in ("mail", "home"):
            os.chown(self.root / name, self._owner.pw_uid, self._owner.pw_gid)
        self._write_users()
        config = self.root / "dovecot.conf"
        config.write_text(self._config())
        with (self.root / "stderr.log").open("wb") as errors:
            self._process = subprocess.Popen(
                [program, "-F", "-c", str(config)],
                stdout=errors,
                stderr=errors,
                start_new_session=True,
            )
        for port in (self.port, self.tls_port):
            self._wait_for(port)

    def stop(self) -> None:
        """End the server and its children at once, and leave nothing behind."""
        if self._process is not None:
            # One that could not start has gone by itself; the test that needed it says so.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)
            self._process = None
        shutil.rmtree(self.root, ignore_errors=True)

    def set_password(self, user: str, password: str) -> None:
        """From now on only `password` opens `user`'s mailbox.

        Dovecot looks at the file once a second, so this waits until it has.
        """
        self.users[user] = password
        self._write_users()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with contextlib.suppress(imaplib.IMAP4.error), self.session(user):
                return
            time.sleep(0.2)
        raise AssertionError(f"the new password of {user} does not work")

    @contextlib.contextmanager
    def session(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A plain IMAP session of `user`, by the standard library: not the client under test."""
        client = imaplib.IMAP4("127.0.0.1", self.port)
        try:
            client.login(user, self.users[user])
            yield client
        finally:
            client.logout()

    def append(self, user: str, *messages: bytes, folder: str = "INBOX") -> None:
        """Put messages into a folder as they are: APPEND with a literal (RFC 9051 §6.3.12)."""
        with self.session(user) as client:
            for message in messages:
                self._append(client, folder, message)

    @staticmethod
    def _append(client: imaplib.IMAP4, folder: str, message: bytes) -> None:
        # imaplib's own append() rewrites line ends; sending the literal ourselves does not.
        inner: Any = client
        inner.literal = message
        answer, detail = inner._simple_command("APPEND", folder)
        assert answer == "OK", detail

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, str]:
        """The flags of every message, by UID, without changing any."""
        with self.session(user) as client:
            client.select(folder, readonly=True)
            found: dict[int, str] = {}
            for line in client.uid("FETCH", "1:*", "(FLAGS)")[1]:
                if isinstance(line, bytes):
                    text = line.decode()
                    uid = int(text.split("UID ")[1].split()[0].rstrip(")"))
                    found[uid] = text.split("FLAGS (")[1].split(")")[0]
            return found

    def delete(self, user: str, *uids: int, folder: str = "INBOX") -> None:
        """Remove messages for good, as another mail program would."""
        with self.session(user) as client:
            client.select(folder)
            for uid in uids:
                client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
            client.expunge()

    def change_uidvalidity(self, user: str) -> None:
        """Forget every UID of INBOX: the same mail comes back under a new UIDVALIDITY.

        What happens when a provider moves or restores a mailbox (RFC 9051 §2.3.1.1).
        """
        box = self.root / "mail" / user
        uid_list = (box / "dovecot-uidlist").read_text().splitlines()
        version, *fields = uid_list[0].split(" ")
        changed = [f"V{int(one[1:]) + 1000}" if one[0] == "V" else one for one in fields]
        kept = [one for one in changed if one[0] == "V"]
        for stale in box.glob("dovecot*"):
            if stale.is_dir():
                shutil.rmtree(stale)
            else:
                stale.unlink()
        (box / "dovecot-uidlist").write_text(" ".join([version, *kept, "N1"]) + "\n")

    def logins(self) -> int:
        """How many logins were tried, refused ones included."""
        log = (self.root / "dovecot.log").read_text(errors="replace")
        return log.count("imap-login: Info: Login:") + log.count("(auth failed")

    @property
    def _owner(self) -> pwd.struct_passwd:
        """Whose processes serve the mail."""
        return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())

    def _config(self) -> str:
        owner = self._owner
        return _CONFIG.format(
            root=self.root,
            user=owner.pw_name,
            group=grp.getgrgid(owner.pw_gid).gr_name,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            certificate=self.certificate.certificate,
            key=self.certificate.key,
            port=self.port,
            tls_port=self.tls_port,
            extra=self.extra,
        )

    def _write_users(self) -> None:
        lines = [f"{name}:{password}" for name, password in self.users.items()]
        fresh = self.root / "users.new"
        fresh.write_text("\n".join(lines) + "\n")
        # Dovecot tells a changed file by its time in whole seconds, so each gets one of its own.
        known = self.root / "users"
        at = max(int(time.time()), int(known.stat().st_mtime) + 1 if known.exists() else 0)
        os.utime(fresh, (at, at))
        fresh.replace(self.root / "users")

    def _wait_for(self, port: int) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.05)
        logs = [self.root / "stderr.log", self.root / "dovecot.log"]
        raise AssertionError("\n".join(p.read_text() for p in logs if p.exists()))
