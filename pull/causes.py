"""What went wrong with a bound account, in words that its owner can act on.

Every failure becomes one `Trouble`: the stage at which it happened, the cause, what the server
itself said, and the cure. The wordings of providers are data here (`_REFUSALS`): the first that
fits decides, so the particular stand before the general. Pure: no connection is opened.
"""

import re
import socket
import ssl
from dataclasses import dataclass
from enum import StrEnum

from mail.errors import Problem

SAID_LIMIT = 300
"""Characters kept of what a server said."""

_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


class Stage(StrEnum):
    """How far a visit to an account got, in the order of a visit."""

    DNS = "dns"
    """Finding the server's address."""
    CONNECT = "connect"
    """The TCP connection."""
    TLS = "tls"
    """Encryption, and whether the server is who it should be."""
    GREETING = "greeting"
    """The server's first words."""
    LOGIN = "login"
    """User name and password."""
    FOLDER = "folder"
    """Opening a folder."""
    FETCH = "fetch"
    """Reading messages."""
    STORE = "store"
    """Keeping them here."""


class State(StrEnum):
    """How an account is, as the contract names it."""

    OK = "ok"
    SYNCING = "syncing"
    THROTTLED = "throttled"
    AUTH_FAILED = "auth_failed"
    UNREACHABLE = "unreachable"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One failure. `state` is what the account is in because of it.

    `server_said` holds a stranger's words: one line, readable, never a secret.
    """

    stage: Stage
    state: State
    cause: str
    cure: str
    server_said: str = ""

    def as_json(self) -> dict[str, str]:
        """The `last_error` of an account's status."""
        return {
            "stage": self.stage.value,
            "cause": self.cause,
            "server_said": self.server_said,
            "cure": self.cure,
        }

    def __str__(self) -> str:
        said = f' (the server said "{self.server_said}")' if self.server_said else ""
        return f"{self.stage}: {self.cause}{said}; {self.cure}"


class PullProblem(Problem):
    """A visit to an account ended early; `trouble` says where and why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(str(trouble))
        self.trouble = trouble


class ConnectionLost(PullProblem):
    """The connection broke in the middle; a new one may do better."""


def readable(foreign: object, secret: str = "") -> str:
    """A server's words as one line of text, in whichever charset, without the password."""
    if isinstance(foreign, bytes):
        text = _decode(foreign)
    elif isinstance(foreign, BaseException) and foreign.args:
        return readable(foreign.args[0], secret)
    else:
        text = _decode_quoted(str(foreign))
    if secret:
        text = text.replace(secret, "(password)")
    text = " ".join(_UNREADABLE.sub(" ", text).split())
    return text if len(text) <= SAID_LIMIT else text[: SAID_LIMIT - 1] + "…"


def _decode(words: bytes) -> str:
    """Servers in China answer in UTF-8 or in GB18030 and do not say which."""
    for charset in ("utf-8", "gb18030"):
        try:
            return words.decode(charset)
        except UnicodeDecodeError:
            continue
    return words.decode("latin-1")


def _decode_quoted(text: str) -> str:
    """imaplib puts a server's octets into its messages as the repr of a bytes object, and
    IMAPClient says the command before them."""
    text = re.sub(r"\A[a-z]+ failed: ", "", text)
    match = re.fullmatch(r"(?s)b(['\"])(.*)\1", text)
    if match is None:
        return "" if text == "None" else text
    octets = match[2].encode("latin-1", "replace").decode("unicode_escape", "replace")
    return _decode(octets.encode("latin-1", "replace"))


def dns_trouble(host: str, error: socket.gaierror) -> Trouble:
    """The server's name led to no address."""
    if error.errno == socket.EAI_AGAIN:
        cause, cure = f"the DNS did not answer for {host}", "it will be tried again by itself"
    else:
        cause = f"{host} does not exist in the DNS"
        cure = "check the spelling of the IMAP server with the provider's help page"
    return Trouble(Stage.DNS, State.UNREACHABLE, cause, cure)


def connect_trouble(where: str, error: OSError, seconds: float) -> Trouble:
    """No TCP connection, or one that broke before the server said anything."""
    if isinstance(error, ConnectionRefusedError):
        cause = f"{where} refuses connections"
        cure = "check the port: 993 with encryption tls, or 143 with starttls"
    elif isinstance(error, TimeoutError):
        cause = f"{where} did not answer within {seconds:g} seconds"
        cure = "check server and port, and whether a firewall stands between"
    else:
        cause = f"no connection to {where}: {readable(error.strerror or error)}"
        cure = "check the network of this machine"
    return Trouble(Stage.CONNECT, State.UNREACHABLE, cause, cure)


_CERTIFICATE_CAUSES: dict[int, tuple[str, str]] = {
    9: ("the certificate is not valid yet", "check the clocks of this machine and of the server"),
    10: ("the certificate has expired", "the server's administrator must renew it"),
    18: (
        "the certificate is self-signed: nobody vouches for it",
        "the server needs a certificate of a public authority",
    ),
    19: (
        "the certificate is signed by an authority that nobody here knows",
        "the server needs a certificate of a public authority",
    ),
    20: (
        "the certificate's chain does not lead to a known authority",
        "the server must send its intermediate certificates, or use a public authority",
    ),
    21: (
        "the certificate's chain does not lead to a known authority",
        "the server must send its intermediate certificates, or use a public authority",
    ),
    62: ("the certificate is for another name", "use the name that the certificate is for"),
    64: (
        "the certificate is not for this IP address",
        "use the server's name instead of its address",
    ),
}
"""OpenSSL's X509_V_ERR numbers; everything else is told in OpenSSL's own words."""

_NOT_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_OLD_TLS = ("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")


def tls_trouble(where: str, error: ssl.SSLError) -> Trouble:
    """The connection could not be made private, or the server is not who it should be."""
    if isinstance(error, ssl.SSLCertVerificationError):
        own_words = readable(error.verify_message).rstrip(".")
        unknown = (f"the certificate does not verify: {own_words}", "ask the administrator")
        cause, cure = _CERTIFICATE_CAUSES.get(error.verify_code, unknown)
        cause = f"{cause} ({where})"
    elif error.reason in _NOT_TLS:
        cause = f"{where} does not speak TLS from the first octet"
        cure = "use encryption starttls on this port, or port 993 with tls"
    elif error.reason in _OLD_TLS:
        cause = f"{where} offers only versions of TLS that are no longer safe"
        cure = "the server must offer TLS 1.2 or later"
    else:
        cause = f"TLS with {where} failed: {readable(error.reason or error)}"
        cure = "check port and encryption: 993 with tls, or 143 with starttls"
    return Trouble(Stage.TLS, State.UNREACHABLE, cause, cure)


def no_starttls_trouble(where: str) -> Trouble:
    """The server offers no encryption where we were told to use it."""
    return Trouble(
        Stage.TLS,
        State.UNREACHABLE,
        f"{where} offers no STARTTLS",
        "use port 993 with encryption tls; the password is not sent unprotected",
    )


def greeting_trouble(where: str, said: str) -> Trouble:
    """Connected, but what answers is not a willing IMAP server."""
    if said and _matches(r"too many|limit|try again|busy|unavailable", said):
        cause = f"{where} takes no more connections now"
        return Trouble(Stage.GREETING, State.THROTTLED, cause, "it will be tried less often", said)
    return Trouble(
        Stage.GREETING,
        State.UNREACHABLE,
        f"{where} did not greet as an IMAP server does",
        "check port and encryption: 993 with tls, or 143 with starttls",
        said,
    )


# Words of a refusal → (state, cause, cure).
_REFUSALS: tuple[tuple[str, State, str, str], ...] = (
    (
        r"unsafe login|kefu@188\.com",
        State.UNREACHABLE,
        "the provider does not accept this program; the password is not the reason",
        "allow IMAP for third-party clients in the mailbox's settings on the provider's site",
    ),
    (
        r"authenticated but not connected",
        State.AUTH_FAILED,
        "the sign-in is right, but the mailbox has no IMAP",
        "the mailbox needs a licence and IMAP switched on by its administrator",
    ),
    (
        r"too many|rate.?limit|overquota|\[limit\]|\[inuse\]|throttl|too frequent|频繁|次数过多"
        r"|server unavailable\. ?15|try again later",
        State.THROTTLED,
        "the provider limits how often this account may sign in",
        "choose a longer interval; it is tried less often by itself",
    ),
    (
        r"\[unavailable\]|temporar|internal error|backend",
        State.UNREACHABLE,
        "the provider cannot check passwords just now",
        "it will be tried again by itself",
    ),
    (
        r"imap.{0,40}(disabled|not enabled|closed)|not enabled.{0,20}imap"
        r"|(未|没有).{0,6}(开启|开通).{0,10}imap|service is not open|imap.{0,8}(关闭|未开)",
        State.AUTH_FAILED,
        "IMAP is switched off for this mailbox",
        "switch IMAP on in the mailbox's settings on the provider's site",
    ),
    (
        r"application-specific password|app(lication)? password|授权码|authorization code"
        r"|client.?password|客户端",
        State.AUTH_FAILED,
        "the provider wants an app password here, not the one for its web site",
        "make an app password (授权码) on the provider's site and enter it",
    ),
    (
        r"basic auth|oauth|modern auth|logindisabled|privacyrequired|plaintext",
        State.AUTH_FAILED,
        "the server does not take a user name and password this way",
        "use encryption tls; where the provider demands OAuth2, an app password may be had",
    ),
)


def login_trouble(said: str) -> Trouble:
    """The server refused user name and password, or says that it did."""
    for pattern, state, cause, cure in _REFUSALS:
        if _matches(pattern, said):
            return Trouble(Stage.LOGIN, state, cause, cure, said)
    return Trouble(
        Stage.LOGIN,
        State.AUTH_FAILED,
        "user name or password is wrong",
        "check both; many providers want an app password for IMAP instead of the usual one",
        said,
    )


def throttled_after_success(trouble: Trouble) -> Trouble:
    """The same refusal at an account that could sign in before: providers that are asked too
    often answer as if the password were wrong."""
    return Trouble(
        trouble.stage,
        State.THROTTLED,
        "the provider suddenly refuses a password that worked before: it may be asked too often",
        "it is tried less often now; choose a longer interval, or enter the new password "
        "if it was changed",
        trouble.server_said,
    )


def folder_trouble(folder: str, said: str) -> Trouble:
    """A folder cannot be opened."""
    if _matches(r"unsafe login|kefu@188\.com", said):
        refused = login_trouble(said)
        return Trouble(Stage.FOLDER, refused.state, refused.cause, refused.cure, said)
    return Trouble(
        Stage.FOLDER,
        State.UNREACHABLE,
        f"the folder {readable(folder)} cannot be opened",
        "check that it exists and that sync.folders spells it as the provider does",
        said,
    )


def listing_trouble(where: str, said: str) -> Trouble:
    """The folder is open, but the server does not tell what lies in it."""
    return Trouble(
        Stage.FETCH,
        State.UNREACHABLE,
        f"{where} does not list the folder's messages",
        "it will be tried again by itself; ask the provider if it stays so",
        said,
    )


def lost_trouble(stage: Stage, where: str, error: Exception) -> Trouble:
    """The connection broke in the middle of a visit."""
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        cause = f"{where} stopped answering"
    else:
        cause = f"{where} closed the connection"
    return Trouble(
        stage, State.UNREACHABLE, cause, "it will be tried again by itself", readable(error)
    )


def store_trouble(error: Exception) -> Trouble:
    """Our own side cannot keep the mail now; it stays safe with the provider."""
    return Trouble(
        Stage.STORE,
        State.UNREACHABLE,
        f"the message could not be stored here: {readable(error)}",
        "see postern check; nothing is lost, it is fetched again",
    )


def house_trouble(error: Exception) -> Trouble:
    """Something of our own broke; the log has the rest."""
    return Trouble(
        Stage.STORE,
        State.UNREACHABLE,
        f"an error of our own ended the visit: {type(error).__name__} {readable(error)}".rstrip(),
        "the log has the details; it will be tried again by itself",
    )


def _matches(pattern: str, said: str) -> bool:
    return re.search(pattern, said, re.IGNORECASE) is not None
