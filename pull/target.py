"""An account as a visit needs it: where its mail is, how to get in, and where the mail goes."""

from dataclasses import dataclass, field

from pull.mailbox import Server
from store.accounts import Account, open_secrets
from store.database import Database
from store.secrets import SecretBox


@dataclass(frozen=True, slots=True)
class Target:
    """`mailbox` is the id of the mailbox here; `folders` are the names of those on the server."""

    account_id: str
    address: str
    mailbox: str
    server: Server
    password: str = field(repr=False)
    folders: tuple[str, ...]


def target_of(account: Account, database: Database, box: SecretBox) -> Target:
    """Raises StoreProblem if the password cannot be opened, SettingsProblem if the account was
    removed meanwhile."""
    imap, sync = account.settings["imap"], account.settings["sync"]
    return Target(
        account_id=account.id,
        address=account.address,
        mailbox=account.mailbox,
        server=Server(imap["host"], imap["port"], imap["encryption"], imap["user"]),
        password=open_secrets(database, box, account.id)["imap"].get("password", ""),
        folders=tuple(sync["folders"] or ("INBOX",)),
    )
