"""The configuration, read again while the server runs.

What the running sockets and the open store rest on stays as it is: such a change needs a restart,
and the log says so.
"""

import logging
from pathlib import Path
from typing import Any

from bounce_rules.load import load_rules
from cli import judging
from cli.config import Config, load_config
from mta.tls import Certificate
from verify.zones import ZoneResolver

_log = logging.getLogger("postern.serve")

UNCHANGEABLE = ("data_dir", "store.url", "smtp.listen", "smtp.tls_listen", "web.listen")
"""Keys that a running server keeps."""


def read_again(named: Path | None, running: Config) -> Config:
    """The configuration as it is now, with what cannot change taken from `running`.

    Raises SettingsProblem if anything is wrong with it or with what it names.
    """
    fresh = load_config(named)
    for key in UNCHANGEABLE:
        if _value(fresh, key) != _value(running, key):
            _log.warning("event=reload key=%s: its change takes a restart to count", key)
            fresh = _with(fresh, key, _value(running, key))
    check_files(fresh)
    return fresh


def check_files(config: Config) -> None:
    """Read what the configuration names, so that what is wrong is said once and not by each
    program. Raises SettingsProblem."""
    if config.verify.dns_zones:
        ZoneResolver.from_file(config.verify.dns_zones)
    if config.smtp.tls_certificate is not None:
        Certificate(config.smtp.tls_certificate, config.smtp.tls_key)
    judging.verify_settings(config)
    load_rules()


def _value(config: Config, key: str) -> Any:
    found: Any = config
    for part in key.split("."):
        found = getattr(found, part)
    return found


def _with(config: Config, key: str, value: object) -> Config:
    section, _, name = key.rpartition(".")
    if not section:
        return config.model_copy(update={name: value})
    changed = getattr(config, section).model_copy(update={name: value})
    return config.model_copy(update={section: changed})
