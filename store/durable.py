"""Names on stable storage. An fsync of a file makes its contents durable and not its name: after a
power cut it may be a file that nobody finds. The folder has to be synced for that.
"""

import errno
import os
from contextlib import suppress
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """All names in this folder are on stable storage when this returns, where its file system
    knows how (some of other machines do not). Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """A folder for us alone, with those above it that are missing; all of their names are on
    stable storage when this returns. Raises OSError.

    Who made a folder that is there may have left that undone, so it is done here, unless the
    folder above may not be read: then it is another's.
    """
    missing = [one for one in (folder, *folder.parents) if not one.is_dir()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in missing:
        sync_folder(one.parent)
    if not missing:
        with suppress(PermissionError):
            sync_folder(folder.parent)
