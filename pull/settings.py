"""Is this a usable account? People paste what their provider's help page says; we take what is
meant, and refuse in words what cannot work.

`check_account` turns an account's JSON (the form that the commands and the API share) into the
same form with every key present and every value in one spelling. It opens no connection.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from mail.address import parse_address, parse_domain
from mail.errors import SettingsProblem
from mail.reply import printable

INTERVALS = (1, 2, 3, 5, 10, 15, 30, 60)
"""Minutes between two looks into an account. Under 3, many providers begin to refuse logins."""

DEFAULT_INTERVAL = 5
ENCRYPTIONS = ("tls", "starttls", "none")

_IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
_SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_POP_PORTS = (110, 995)
_POP_HOST = re.compile(r"pop3?(?=[.-])")
_SCHEMES = {"imap": "starttls", "imaps": "tls", "smtp": "starttls", "smtps": "tls"}
_URL = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+]*)://)?(?:(?P<user>[^/@\s]*)@)?"
    r"(?P<host>\[[^\]/\s]*\]|[^:/\s]*|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)"
    r"(?::(?P<port>\d{1,5}))?(?:/\S*)?"
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_TOP = ("address", "name", "description", "integration", "imap", "smtp", "sync")
_SERVER = ("host", "port", "encryption", "user", "auth", "password")
_SYNC = ("enabled", "interval_minutes", "folders")


def check_account(given: Mapping[str, Any]) -> dict[str, Any]:
    """An account with every key present, or SettingsProblem naming the key and the cure.

    A password is text here: whoever reads it from the environment or a file does so before. An
    absent `smtp` is None: such an account receives only.
    """
    _only_known(given, _TOP, "account")
    address = _address(given.get("address"))
    smtp = given.get("smtp")
    return {
        "address": address,
        "name": _line(given.get("name"), "name", 200),
        "description": _text(given.get("description"), "description", 4000),
        "integration": _integration(given.get("integration")),
        "imap": _server(_section(given, "imap"), "imap", _IMAP_PORTS, address),
        "smtp": None if smtp is None else _smtp(_section(given, "smtp"), address),
        "sync": _sync(given.get("sync")),
    }


def guess_imap_host(host: str) -> str:
    """The IMAP server that most likely belongs to a POP3 server's name."""
    return _POP_HOST.sub("imap", host, count=1)


def is_loopback(host: str) -> bool:
    """Whether a connection to `host` stays on this machine, as far as its name tells."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise SettingsProblem("address: the account's mail address is missing")
    try:
        return str(parse_address(value.strip()))
    except ValueError as error:
        raise SettingsProblem(
            f"address: {printable(value)} is not a mail address: {error}"
        ) from None


def _section(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = given.get(key)
    if not isinstance(section, Mapping):
        raise SettingsProblem(f"{key}: must be an object with host, port, encryption and password")
    _only_known(section, _SERVER, key)
    return section


def _smtp(section: Mapping[str, Any], address: str) -> dict[str, Any]:
    server = _server(section, "smtp", _SMTP_PORTS, address)
    if server["port"] == 25 and not is_loopback(server["host"]):
        raise SettingsProblem(
            "smtp.port: 25 is for mail between servers and takes no login from most networks; "
            "use 465 with encryption tls, or 587 with starttls"
        )
    return server


def _server(
    section: Mapping[str, Any], name: str, ports: Mapping[str, int], address: str
) -> dict[str, Any]:
    """One server's six fields. What a pasted URL says wins over what stands beside it."""
    pasted = _pasted_host(section.get("host"), name)
    port = _port(pasted["port"] or section.get("port"), name)
    if name == "imap":
        _refuse_pop(pasted["scheme"], pasted["host"], port)
    host = _host(pasted["host"], name)
    encryption = _encryption(pasted["scheme"], section.get("encryption"), port, name)
    if encryption == "none" and not is_loopback(host):
        raise SettingsProblem(
            f"{name}.encryption: none would send the password readable through the network and "
            "is for a server on this machine only; use tls or starttls"
        )
    return {
        "host": host,
        "port": port or ports[encryption],
        "encryption": encryption,
        "user": _line(section.get("user") or pasted["user"] or address, f"{name}.user", 320),
        "auth": _auth(section.get("auth"), name),
        "password": _password(section.get("password"), name),
    }


def _pasted_host(value: Any, name: str) -> dict[str, str]:
    """The parts of `imaps://li@imap.example.com:993/`, of `host:port`, or of a bare host."""
    text = value.strip() if isinstance(value, str) else ""
    match = _URL.fullmatch(text)
    if not text or match is None or not match["host"]:
        raise SettingsProblem(f"{name}.host: must be a server's name such as {name}.example.com")
    return {key: part or "" for key, part in match.groupdict().items()}


def _refuse_pop(scheme: str, host: str, port: int | None) -> None:
    """POP3 knows neither folders nor what was read elsewhere, so it is not offered at all."""
    looks_like_pop = _POP_HOST.match(host.lower()) is not None
    if scheme.lower() in ("pop", "pop3", "pop3s") or port in _POP_PORTS or looks_like_pop:
        guess = printable(guess_imap_host(host.lower()))
        raise SettingsProblem(
            f"imap.host: {printable(host)} with port {port or 995} is POP3, and only IMAP is "
            f"offered; try {guess} with port 993 and encryption tls"
        )


def _host(text: str, name: str) -> str:
    """A name in A-labels and lower case, or an IP address without brackets."""
    bare = text[1:-1] if text.startswith("[") else text
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    try:
        return parse_domain(bare).ascii
    except ValueError as error:
        reason = f"{name}.host: {printable(text)} is not a server's name: {error}"
        raise SettingsProblem(reason) from None


def _port(value: Any, name: str) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise SettingsProblem(f"{name}.port: must be a number from 1 to 65535")
    return value


def _encryption(scheme: str, value: Any, port: int | None, name: str) -> str:
    """The pasted scheme, else what was said, else what the port is for (RFC 8314 §3)."""
    if scheme:
        if scheme.lower() not in _SCHEMES or not scheme.lower().startswith(name):
            raise SettingsProblem(
                f"{name}.host: {printable(scheme)}:// does not lead to a mail server; "
                f"use {name}s:// or the server's name alone"
            )
        return _SCHEMES[scheme.lower()] if value is None else _known_encryption(value, name)
    if value is not None:
        return _known_encryption(value, name)
    return "starttls" if port in (143, 587) else "tls"


def _known_encryption(value: Any, name: str) -> str:
    if value not in ENCRYPTIONS:
        raise SettingsProblem(f"{name}.encryption: must be one of {', '.join(ENCRYPTIONS)}")
    return str(value)


def _auth(value: Any, name: str) -> str:
    if value in (None, "password"):
        return "password"
    if value == "oauth2":
        raise SettingsProblem(
            f"{name}.auth: oauth2 is not offered yet; use an app password of the provider"
        )
    raise SettingsProblem(f"{name}.auth: must be password")


def _password(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise SettingsProblem(f"{name}.password: is missing")
    if _CONTROL.search(value):
        raise SettingsProblem(f"{name}.password: contains a line end or another control character")
    return value


def _sync(value: Any) -> dict[str, Any]:
    section: Any = {} if value is None else value
    if not isinstance(section, Mapping):
        raise SettingsProblem("sync: must be an object with enabled and interval_minutes")
    _only_known(section, _SYNC, "sync")
    enabled = section.get("enabled", True)
    if not isinstance(enabled, bool):
        raise SettingsProblem("sync.enabled: must be true or false")
    interval = section.get("interval_minutes", DEFAULT_INTERVAL)
    if type(interval) is not int or interval not in INTERVALS:
        allowed = ", ".join(map(str, INTERVALS))
        raise SettingsProblem(f"sync.interval_minutes: must be one of {allowed}")
    return {
        "enabled": enabled,
        "interval_minutes": interval,
        "folders": _folders(section.get("folders")),
    }


def _folders(value: Any) -> list[str] | None:
    """Names of folders as a person reads them; None is INBOX alone."""
    if value is None:
        return None
    if not isinstance(value, list) or not value:
        raise SettingsProblem("sync.folders: must be null or a list of folder names")
    return [_line(folder, "sync.folders", 500, required=True) for folder in value]


def _integration(value: Any) -> str | None:
    return None if value is None else _line(value, "integration", 200) or None


def _line(value: Any, key: str, limit: int, *, required: bool = False) -> str:
    """Text of one line: it may end up in a header field or a command some day."""
    text = _text(value, key, limit)
    if _CONTROL.search(text):
        raise SettingsProblem(f"{key}: must be one line of text")
    if required and not text:
        raise SettingsProblem(f"{key}: must not be empty")
    return text


def _text(value: Any, key: str, limit: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise SettingsProblem(f"{key}: must be text")
    text = value.strip()
    if len(text) > limit:
        raise SettingsProblem(f"{key}: is longer than {limit} characters")
    if _CONTROL_BUT_LINES.sub("", text.replace("\r\n", "\n")) != text.replace("\r\n", "\n"):
        raise SettingsProblem(f"{key}: contains control characters")
    return text


def _only_known(given: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in given:
        if key not in known:
            raise SettingsProblem(
                f"{where}: unknown key {printable(str(key))}; known are {', '.join(known)}"
            )
