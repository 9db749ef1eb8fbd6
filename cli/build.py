"""From the configuration to what each room needs: small frozen settings, and the tools.

Here is what every command needs, the store above all. What only some need stands apart, so that
the others do not load the rooms behind it: `cli/keys.py` for the key file, `cli/judging.py` and
`cli/receiving.py` for verdicts and mail, `cli/pulling.py` for bound accounts.
"""

import os
import socket
import sys
from pathlib import Path

from cli.clock import now as now
from cli.config import Config
from cli.store_config import StoreConfig
from mail.errors import SettingsProblem
from store.blobs.bucket import BucketSettings
from store.database import StoreSettings
from store.durable import make_folder


def prepare_data_dir(config: Config) -> None:
    """Make `data_dir` if it is not there. Raises SettingsProblem if it cannot be written."""
    try:
        make_folder(config.data_dir)
        probe = config.data_dir / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise SettingsProblem(
            f"data_dir: {config.data_dir} cannot be written: {error.strerror}; "
            "give it to the user that runs postern, or name another folder"
        ) from None


def store_settings(config: Config) -> StoreSettings:
    """Where the store is: a file of its own under `data_dir` unless a URL is set."""
    store = config.store
    return StoreSettings(
        url=store.url or "",
        data_dir=config.data_dir,
        synchronous_commit=store.synchronous_commit,
        connections=store.connections,
        blobs="local" if store.blobs == "local" else _bucket(store),
        inline_bytes=store.inline_bytes,
    )


def _bucket(store: StoreConfig) -> BucketSettings:
    """Where the object store is, and how to get in."""
    bucket, _, prefix = store.blobs.removeprefix("s3://").partition("/")
    access, secret = store.s3_access_key, store.s3_secret_key
    return BucketSettings(
        bucket=bucket,
        prefix=prefix,
        endpoint=store.s3_endpoint,
        region=store.s3_region,
        access_key=access.get_secret_value() if access else None,
        secret_key=secret.get_secret_value() if secret else None,
        timeout=store.s3_timeout,
    )


def console_url(config: Config) -> str:
    """Where a person on this machine opens the console."""
    return (config.web.public_url or f"http://{config.web.listen}").rstrip("/")


def blobs_place(config: Config) -> str:
    """Where large messages lie, for other nodes to compare: "local", or a place that all reach."""
    store = config.store
    return (
        store.blobs
        if store.blobs == "local"
        else f"{store.blobs} {store.s3_endpoint or ''}".strip()
    )


def owner(role: str) -> str:
    """A name for leases of a command: this machine and process."""
    return f"{role}@{socket.gethostname()}:{os.getpid()}"


def program() -> str:
    """How this program is called from the current folder, for a line to copy."""
    called = Path(sys.argv[0])
    try:
        return str(called.absolute().relative_to(Path.cwd()))
    except ValueError:
        return called.name
