"""Debian's Postfix with OpenDKIM, policyd-spf and OpenDMARC, in a folder that goes away.

Set up as their manuals say, with unix sockets, and with nobody exempted for coming from loopback.
Mail that passes is delivered to a maildir. They ask the DNS server of `names.py`: each is started
with an /etc/resolv.conf of its own. scripts/bench-services brings what is needed.
"""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.smtp.names import ADDRESS
from tests.services import free_port, require

HOUSE = Path(__file__).parent.parent.parent
PROGRAMS = HOUSE / ".programs" / "milters"
PATIENCE = 120.0

_MAIN = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/queue
data_directory = {folder}/data
daemon_directory = {daemons}
maillog_file = {folder}/data/mail.log
maillog_file_prefixes = {folder}
import_environment = MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C LD_PRELOAD
export_environment = TZ MAIL_CONFIG LANG LD_PRELOAD
myhostname = mx.postern.test
mydomain = postern.test
mydestination =
mynetworks = 192.0.2.255/32
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
virtual_transport = virtual
virtual_mailbox_domains = reply.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_mailbox_limit = 0
smtpd_recipient_restrictions = reject_unauth_destination,
    check_client_access static:{{PREPEND X-Hidden-From-Milters: the first is}},
    check_policy_service unix:private/policyd-spf
policyd-spf_time_limit = 3600
smtpd_milters = unix:{folder}/opendkim.sock, unix:{folder}/opendmarc.sock
milter_default_action = tempfail
smtpd_peername_lookup = yes
smtpd_client_connection_count_limit = 0
message_size_limit = 60000000
in_flow_delay = 0
default_process_limit = {processes}
biff = no
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
policyd-spf unix - n n - 0 spawn user=nobody
    argv=/usr/bin/env PYTHONPATH={folder}/policyd
    /usr/bin/python3 {folder}/policyd/policyd-spf {folder}/policyd-spf.conf
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
virtual unix - n n - - virtual
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

_OPENDKIM = """\
Syslog no
Mode v
Socket local:{folder}/opendkim.sock
UMask 000
AuthservID mx.postern.test
Nameservers {dns}
InternalHosts {folder}/nobody
ExternalIgnoreList {folder}/nobody
"""

_OPENDMARC = """\
Syslog no
Socket local:{folder}/opendmarc.sock
UMask 000
AuthservID mx.postern.test
TrustedAuthservIDs mx.postern.test
IgnoreHosts {folder}/nobody
RejectFailures true
SPFIgnoreResults false
SPFSelfValidate false
"""

_POLICYD = """\
debugLevel = 0
TestOnly = 1
HELO_reject = False
Mail_From_reject = False
skip_addresses = 192.0.2.255/32
Header_Type = AR
Authserv_Id = mx.postern.test
"""

_WITH_OWN_DNS = (
    *("unshare", "--mount", "sh", "-c"),
    'mount --bind "$0" /etc/resolv.conf && exec "$@"',
)


class PostfixStack:
    """Started, measured, stopped. Needs root, as Postfix does."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self._environment = {**os.environ, **environment}
        self._environment["LD_LIBRARY_PATH"] = ":".join(
            str(PROGRAMS / "usr" / "lib" / place)
            for place in (f"{os.uname().machine}-linux-gnu", "")
        )
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def roots(self) -> list[int]:
        """The processes from which all others of it descend."""
        return [process.pid for process in self._processes]

    def start(self) -> None:
        """Configure and start everything, and wait until it takes connections."""
        self._configure()
        self._run(
            str(PROGRAMS / "usr/sbin/opendkim"), "-f", "-x", str(self.folder / "opendkim.conf")
        )
        self._run(
            str(PROGRAMS / "usr/sbin/opendmarc"), "-f", "-c", str(self.folder / "opendmarc.conf")
        )
        for name in ("opendkim.sock", "opendmarc.sock"):
            _wait_for(self.folder / name)
        self._run(require("postfix"), "-c", str(self.folder / "etc"), "start-fg")
        _wait_for(self.folder / "queue" / "public" / "qmgr")

    def stop(self) -> None:
        """Everything, and wait until it is gone."""
        command = [require("postfix"), "-c", str(self.folder / "etc"), "stop"]
        subprocess.run(command, env=self._environment, capture_output=True, check=False)
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(PATIENCE)
        self._processes.clear()

    def settle(self) -> None:
        """Until all mail is delivered."""
        queue = self.folder / "queue"
        deadline = time.monotonic() + PATIENCE
        while any(
            path.is_file() for name in ("incoming", "active") for path in (queue / name).rglob("*")
        ):
            if time.monotonic() > deadline:
                raise TimeoutError("Postfix does not deliver its queue")
            time.sleep(0.2)

    def kept(self) -> Iterator[bytes]:
        """The messages of the maildir with CRLF, from our signature on: above it is what
        Postfix and its friends have put there."""
        for path in (self.folder / "mail" / "inbox" / "new").iterdir():
            content = path.read_bytes()
            yield content[content.index(b"DKIM-Signature:") :].replace(b"\n", b"\r\n")

    def forget(self) -> None:
        """Empty the maildir."""
        shutil.rmtree(self.folder / "mail" / "inbox", ignore_errors=True)

    def _configure(self) -> None:
        owner, nobody = pwd.getpwnam("postfix"), pwd.getpwnam("nobody")
        for name in ("etc", "queue", "data", "mail"):
            (self.folder / name).mkdir()
        os.chown(self.folder / "data", owner.pw_uid, owner.pw_gid)
        os.chown(self.folder / "mail", nobody.pw_uid, nobody.pw_gid)
        # Where anybody may read it: policyd-spf runs as nobody.
        shutil.copytree(PROGRAMS / "usr/lib/python3/dist-packages", self.folder / "policyd")
        shutil.copy(PROGRAMS / "usr/bin/policyd-spf", self.folder / "policyd")
        (self.folder / "nobody").write_text("192.0.2.255\n")
        (self.folder / "resolv.conf").write_text(f"nameserver {ADDRESS}\n")
        daemons = subprocess.run(
            [require("postconf"), "-d", "-h", "daemon_directory"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        values = {
            "folder": self.folder,
            "port": self.port,
            "daemons": daemons,
            "uid": nobody.pw_uid,
            "gid": nobody.pw_gid,
            "dns": ADDRESS,
            "processes": 120,
        }
        for path, text in (
            ("etc/main.cf", _MAIN),
            ("etc/master.cf", _MASTER),
            ("opendkim.conf", _OPENDKIM),
            ("opendmarc.conf", _OPENDMARC),
            ("policyd-spf.conf", _POLICYD),
        ):
            (self.folder / path).write_text(text.format(**values))

    def _run(self, *command: str) -> None:
        with (self.folder / "output").open("ab") as output:
            self._processes.append(
                subprocess.Popen(
                    [*_WITH_OWN_DNS, str(self.folder / "resolv.conf"), *command],
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                )
            )


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} does not appear: {path.parent / 'output'}")
        time.sleep(0.1)
