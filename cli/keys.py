"""The key file: what seals the secrets of bound accounts and signs reply addresses."""

from pathlib import Path

from cli.config import Config
from store.secrets import SecretBox


def secret_box(config: Config) -> SecretBox:
    """What seals the secrets of bound accounts."""
    return SecretBox(keys_file(config))


def keys_file(config: Config) -> Path:
    """Where the keys are that seal secrets and sign reply addresses."""
    return config.keys_file or config.data_dir / "keys"
