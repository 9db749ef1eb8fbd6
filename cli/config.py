"""The configuration: one TOML file and the environment, read once, checked, and frozen.

Each field's description is its documentation: `postern init` writes it into `postern.toml`
above the key (`cli/sample.py`), and an error message quotes what is allowed. A key that we do not
know is an error, because a misspelt limit is a limit that does not hold.

The environment wins over the file: `POSTERN_SMTP__LISTEN='["127.0.0.1:2525"]'` sets `listen` of
`[smtp]`. A list may also be written with commas.
"""

import json
import os
import re
import socket
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from cli.config_types import (
    Destinations,
    DnsListConfigs,
    DomainName,
    EverybodyOrNetworks,
    Listen,
    Listens,
    Names,
    Networks,
    NodeName,
    Section,
    Trusts,
)
from cli.digest_config import DigestConfig
from cli.store_config import StoreConfig
from mail.address import parse_domain
from mail.errors import SettingsProblem

PREFIX = "POSTERN_"


class SmtpConfig(Section):
    """The SMTP door."""

    listen: Listens = Field(
        ("127.0.0.1:2525",),
        description='Where SMTP is served. For the open Internet: ["0.0.0.0:25", "[::]:25"].',
    )
    tls_listen: Listens = Field(
        (),
        description="Where TLS comes first and SMTP after it, such as 0.0.0.0:465. Needs "
        "tls_certificate. For clients that cannot do STARTTLS; no MX needs it.",
    )
    proxy_networks: Networks = Field(
        (),
        description="Networks of proxies (HAProxy and others) that say who the client is. A "
        "connection from them must begin with a PROXY header, version 1 or 2, or is closed; from "
        "all others none is read.",
    )
    workers: int = Field(
        default_factory=lambda: os.cpu_count() or 1,
        ge=1,
        le=256,
        description="Processes that share the port. Default: the number of cores.",
    )
    max_message_bytes: int = Field(
        52428800, ge=65536, description="Largest message, announced as SIZE; over it: 552 5.3.4."
    )
    max_connections: int = Field(
        2000, ge=1, description="Connections at one time in all; over it: 421."
    )
    max_connections_per_client: int = Field(
        100, ge=1, description="Connections at one time of one network (a /24 or a /64)."
    )
    large_senders: Networks = Field(
        (),
        description="Networks of senders for whom the limits of a client's network and tarpits do "
        "not hold.",
    )
    max_recipients: int = Field(
        1000, ge=100, description="Recipients of one message; over it: 452 4.5.3."
    )
    memory_budget_bytes: int = Field(
        134217728,
        ge=1048576,
        description="What messages under way may hold in memory, in all; 1048576 or more for each "
        "of the workers.",
    )
    command_timeout: float = Field(300, gt=0, description="Seconds to wait for a command.")
    data_timeout: float = Field(180, gt=0, description="Seconds to wait for a block of data.")
    session_timeout: float = Field(3600, gt=0, description="Seconds that a session may last.")
    stop_grace: float = Field(
        25,
        ge=0,
        le=600,
        description="Seconds that transactions under way are given after SIGTERM.",
    )
    dns_lists: DnsListConfigs = Field(
        (),
        description="DNS lists of addresses from which mail is refused (550 5.7.1): zones, or "
        'tables such as {zone = "bl.example.net", codes = ["127.0.0.2", "127.0.0.8/29"], '
        'cure = "https://bl.example.net/removal"}. A list that does not answer, or does not know '
        'its test entries, is left out. Where a zone holds a key of yours, name = "..." stands for '
        "it in replies. They are not asked about large_senders, "
        "verify.trusted_relays, and private addresses. Read a list's terms before you use it.",
    )
    greet_delay: float = Field(
        0, ge=0, le=60, description="Seconds before the greeting; who talks earlier is dropped."
    )
    max_errors: int = Field(20, ge=1, description="Errors of one session before 421.")
    max_commands: int = Field(
        200_000,
        ge=1000,
        description="Commands of one session without a message that is accepted; then 421 4.7.0.",
    )
    max_idle_commands: int = Field(
        10_000,
        ge=100,
        description="Of those, commands that bring no mail: NOOP, RSET, VRFY, EHLO and the like.",
    )
    max_transactions: int = Field(
        0,
        ge=0,
        description="Messages of one session, announced as MAILMAX; over it: 421 4.7.0. "
        "0: any number.",
    )
    tarpit_seconds: float = Field(
        0,
        ge=0,
        le=60,
        description="From the tarpit_after'th error of a session on (bad commands, unknown "
        "recipients) each answer to one waits longer: 0.1 seconds, 0.2, 0.4 and so on, so many at "
        "most. 5 is a good value. 0: no tarpit. Not for large_senders.",
    )
    tarpit_after: int = Field(10, ge=1, description="See tarpit_seconds.")
    min_transfer_rate: float = Field(
        100,
        ge=0,
        description="Octets a second with which the data of a message must come, on the average "
        "of each transfer_window; who is slower hears 421 4.4.2. 0: as slowly as data_timeout "
        "allows.",
    )
    transfer_window: float = Field(300, ge=10, description="Seconds; see min_transfer_rate.")
    connections_per_minute: int = Field(
        0,
        ge=0,
        description="Connections of one client network (a /24 or a /64) in a minute; over it: "
        "421 4.7.0. 0: no limit. Where the Internet connects directly, 300 leaves everybody room. "
        "None of the four limits for a minute holds for large_senders.",
    )
    messages_per_minute: int = Field(
        0, ge=0, description="Messages of one network in a minute (say 600); over it: 450 4.7.1."
    )
    recipients_per_minute: int = Field(
        0, ge=0, description="Recipients of one network in a minute (say 3000); over it: 450 4.7.1."
    )
    errors_per_minute: int = Field(
        0,
        ge=0,
        description="Bad commands, refused recipients and refused messages of one network in a "
        "minute (say 120); over it its sessions end, and new ones are refused: 421 4.7.0.",
    )
    max_hops: int = Field(50, ge=1, description="Received fields before 554 5.4.6 (a loop).")
    bare_newlines: Literal["refuse", "accept"] = Field(
        "refuse",
        description="A CR or LF alone inside a message is a way to smuggle mail past other "
        'servers: "refuse" answers 550 5.6.0, "accept" keeps it as it is.',
    )
    tls_certificate: Path | None = Field(
        None, description="PEM file of the certificate and its chain; with it STARTTLS is offered."
    )
    tls_key: Path | None = Field(None, description="PEM file of the private key.")
    require_tls: EverybodyOrNetworks = Field(
        False,
        description="Refuse MAIL before STARTTLS (530 5.7.0): true, or a list of the client "
        "networks that must use it.",
    )

    @model_validator(mode="after")
    def _tls_has_a_certificate(self) -> "SmtpConfig":
        """Without one nobody could do what these ask for."""
        for key in ("tls_listen", "require_tls"):
            if getattr(self, key) and self.tls_certificate is None:
                raise ValueError(f"{key} needs tls_certificate")
        return self


class VerifyConfig(Section):
    """Who a message is from, and what follows."""

    authserv_id: DomainName | None = Field(
        None,
        description="The name in Authentication-Results; the same on all nodes. Default: hostname.",
    )
    enforce: Literal["dmarc", "authenticated", "monitor"] = Field(
        "dmarc",
        description='"dmarc": the policy of the author\'s domain decides. "authenticated": also '
        "refuse mail of domains without a policy unless SPF or DKIM passes. "
        '"monitor": refuse nothing, record all.',
    )
    dmarc_reply: Literal["5.7.26", "5.7.206"] = Field(
        "5.7.26",
        description="Enhanced code of a DMARC refusal; 5.7.206 for platforms that match on it.",
    )
    dmarc: Literal["rfc9989", "rfc7489"] = Field(
        "rfc9989",
        description='Whose DMARC: "rfc9989" asks the DNS where an organisation begins; "rfc7489" '
        "is the one before it: a public suffix list instead, pct= and no np=, psd= or t=.",
    )
    public_suffix_list: Path | None = Field(
        None,
        description='A list of publicsuffix.org for dmarc = "rfc7489". Default: the one of '
        "mid-2024 that Postern is installed with.",
    )
    dns_servers: Names = Field((), description="DNS servers; default: those of the system.")
    dns_timeout: float = Field(5, gt=0, le=60, description="Seconds to wait for a DNS answer.")
    dns_zones: Path | None = Field(
        None,
        description="A YAML file of zones instead of real DNS, for tests; refused where SMTP is "
        "served beyond loopback.",
    )
    trusted_relays: Networks = Field(
        (),
        description="Networks of our own relays and backup MX: SPF and the reverse name are "
        "judged on the client that their Received field names.",
    )
    trusted_sealers: Trusts = Field(
        (),
        description="Domains whose ARC seal may override a DMARC failure, where they say that "
        "the author's domain had passed when the mail came to them: names, or tables such as "
        '{name = "fwd.example", destination = "support@reply.example", expires = 2027-01-31, '
        'note = "why"}.',
    )
    large_sealers: Destinations = Field(
        (),
        description="Destinations (addresses or domains of ours) for which the seals of the "
        'large providers that Postern knows are trusted as well; ["*"] for all, [] for none.',
    )
    trusted_forwarders: Trusts = Field(
        (),
        description="Domains whose servers may forward mail to us although that breaks DMARC: "
        "names, or tables as above. "
        "A server is known by its confirmed reverse name or by SPF, never by HELO.",
    )


class WebConfig(Section):
    """The console and the API."""

    listen: Listen = Field("127.0.0.1:8025", description="Where HTTP is served.")
    public_url: str | None = Field(
        None, description="How others reach it, such as https://mail.example.com."
    )
    public_explanations: bool = Field(
        False,
        description="Put the address of a public page into each refusal for failed "
        "authentication; it tells the sender's administrator what was found and what would have "
        "passed, and nothing of the message. Needs public_url.",
    )
    trusted_proxies: Networks = Field(
        (), description="Networks whose X-Forwarded-For and -Proto are believed."
    )
    metrics_networks: Networks = Field(
        (), description="Networks, besides loopback, that may read /metrics."
    )

    @model_validator(mode="after")
    def _explanations_have_an_address(self) -> "WebConfig":
        """What is put into a reply must lead somewhere, and be printable ASCII without spaces."""
        url = self.public_url or ""
        if self.public_explanations and not url:
            raise ValueError(
                "public_explanations needs public_url, the address under which senders reach "
                "this console, such as https://mail.example.com"
            )
        if self.public_explanations and not re.fullmatch(r"https?://[\x21-\x7e]{1,200}", url):
            raise ValueError(
                "public_url must be an address in ASCII such as https://mail.example.com"
            )
        return self


class DomainConfig(Section):
    """One reply domain of the file; added at start if it is not there yet."""

    name: DomainName = Field(description="The domain whose MX points here.")
    accept: str | tuple[str, ...] = Field(
        "all",
        description='"all" (every address), "signed" (only minted reply addresses), or a list '
        "of local parts.",
    )


class _Environment(EnvSettingsSource):
    """The environment, with lists written as JSON or with commas."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return json.loads(value)
        except ValueError:
            return value


class Config(BaseSettings):
    """Everything that can be configured. Read it with `load_config`."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=PREFIX, env_nested_delimiter="__"
    )

    data_dir: Path = Field(
        Path("data"),
        description="The embedded store, the spool, large messages and the key file.",
    )
    hostname: DomainName = Field(
        default_factory=lambda: _own_name(),
        description="Our name in the banner and in Received. Default: the machine's own.",
    )
    node_name: NodeName = Field(
        default_factory=socket.gethostname,
        description="Where several machines share a store: what this one is called, each "
        "otherwise. Default: the machine's host name.",
    )
    keys_file: Path | None = Field(
        None,
        description="The key file that seals passwords and signs reply addresses; nodes of one "
        "store need the same. Default: keys in data_dir.",
    )
    smtp: SmtpConfig = Field(default_factory=SmtpConfig)
    verify: VerifyConfig = Field(default_factory=VerifyConfig)
    store: StoreConfig = Field(default_factory=StoreConfig)
    digest: DigestConfig = Field(default_factory=DigestConfig)
    web: WebConfig = Field(default_factory=WebConfig)
    domains: tuple[DomainConfig, ...] = ()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first, then what the file said."""
        return _Environment(settings_cls), init_settings

    @property
    def authserv_id(self) -> str:
        """The name in Authentication-Results (RFC 8601 §2.5)."""
        return self.verify.authserv_id or self.hostname


def _own_name() -> str:
    """The machine's full name, or one that is at least well-formed."""
    try:
        return parse_domain(socket.getfqdn()).ascii
    except ValueError:
        return "localhost.localdomain"


def find_config(named: Path | None) -> Path | None:
    """The file that counts: the one named, else POSTERN_CONFIG, else ./postern.toml if there."""
    if named is None and (from_environment := os.environ.get("POSTERN_CONFIG")):
        named = Path(from_environment)
    if named is not None:
        if not named.is_file():
            raise SettingsProblem(f"{named}: no such configuration file; postern init makes one")
        return named
    here = Path("postern.toml")
    return here if here.is_file() else None


def load_config(named: Path | None = None) -> Config:
    """Read and check everything. Raises SettingsProblem naming file, key and what is allowed."""
    path = find_config(named)
    content = read_file(path) if path else {}
    try:
        config = Config(**content)
    except ValidationError as error:
        raise SettingsProblem(_explain(error, path, content)) from None
    except SettingsError as error:
        raise SettingsProblem(f"environment: {error}") from None
    return _located(config, path, content)


def read_file(path: Path) -> dict[str, Any]:
    """What stands in a configuration file, unchecked. Raises SettingsProblem."""
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"{path}: not valid TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsProblem(f"{path}: cannot be read: {error}") from None
    _locate_secrets(content, path.parent)
    return content


def _locate_secrets(content: dict[str, Any], base: Path) -> None:
    """Files of secrets are meant from where the configuration is, too."""
    digest = content.get("digest")
    opinion = digest.get("second_opinion") if isinstance(digest, dict) else None
    for section in (content.get("store"), opinion):
        for value in section.values() if isinstance(section, dict) else ():
            if isinstance(value, dict) and isinstance(value.get("file"), str):
                value["file"] = str((base / value["file"]).absolute())


def _located(config: Config, path: Path | None, content: dict[str, Any]) -> Config:
    """Relative paths of a file are meant from where the file is; all others from here."""
    base = path.parent if path else Path()

    def beside(section: Any, *keys: str) -> dict[str, Path]:
        given = content.get(section) if section else content
        found = {}
        for key in keys:
            value = getattr(getattr(config, section) if section else config, key)
            if value is not None and isinstance(given, dict) and given.get(key) == str(value):
                found[key] = (base / value).absolute()
        return found

    smtp = config.smtp.model_copy(update=beside("smtp", "tls_certificate", "tls_key"))
    verify = config.verify.model_copy(update=beside("verify", "dns_zones", "public_suffix_list"))
    update: dict[str, Any] = {
        "smtp": smtp,
        "verify": verify,
        **beside(None, "data_dir", "keys_file"),
    }
    return config.model_copy(update=update)


def _explain(error: ValidationError, path: Path | None, content: dict[str, Any]) -> str:
    """The first thing that is wrong, in one line: where, which key, what is allowed."""
    first = error.errors()[0]
    keys = [str(part) for part in first["loc"]]
    dotted = ".".join(keys)
    location = first["loc"][:-1] if first["type"] == "missing" else first["loc"]
    where = str(path) if path and _is_in(content, location) else _variable(keys)
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown key {dotted}; allowed here: {', '.join(_siblings(keys))}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {dotted}: {message}{_given(first.get('input'))}"


def _given(value: object) -> str:
    return f" (it is {value!r})" if isinstance(value, str | int | float | bool) else ""


def _is_in(content: Any, location: tuple[int | str, ...]) -> bool:
    for part in location:
        try:
            content = content[part]
        except (KeyError, IndexError, TypeError):
            return isinstance(content, str | list)
    return True


def _variable(keys: list[str]) -> str:
    return "environment " + PREFIX + "__".join(key.upper() for key in keys[:2])


def _siblings(keys: list[str]) -> list[str]:
    """The keys that are allowed where the last of `keys` stands."""
    model: type[BaseModel] = Config
    for key in keys[:-1]:
        if not key.isdigit():
            model = _section_in(model.model_fields[key].annotation) or model
    return sorted(model.model_fields)


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """The section that a field is, or has a list of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_section_in, get_args(annotation))), None)
