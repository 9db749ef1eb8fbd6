"""From the configuration to what it takes to fetch mail of bound accounts."""

from importlib.metadata import version

from cli.config import Config
from pull.mailbox import MailboxSettings
from pull.visit import PullSettings


def pull_settings(config: Config) -> PullSettings:
    """Where messages of bound accounts lie on their way in, and how large they may be."""
    return PullSettings(
        spool_dir=config.data_dir / "spool" / "pulled",
        lock_dir=config.data_dir / "locks",
        max_message_bytes=config.smtp.max_message_bytes,
        mailbox=MailboxSettings(version=version("postern")),
    )
