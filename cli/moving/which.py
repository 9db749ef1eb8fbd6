"""The mailbox that a person names: by its address, its name, or its id."""

from mail.errors import SettingsProblem
from mail.reply import printable
from store.database import Database
from store.mailboxes import Mailbox, list_mailboxes


def mailbox_named(database: Database, text: str) -> Mailbox:
    """Raises SettingsProblem where there is none, or more than one of that name.

    None is ever made: a mailbox comes with its domain or its bound account, so that nobody's
    mail lies where no mail can come to.
    """
    mailboxes, wanted = list_mailboxes(database), text.strip().lower()
    exact = [one for one in mailboxes if text == one.id or wanted == one.address.lower()]
    found = exact or [one for one in mailboxes if wanted == one.name.lower()]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(printable(one.address, 100) for one in mailboxes[:20]) or "none yet"
    raise SettingsProblem(
        f"--mailbox {printable(text, 100)}: "
        + ("more than one has that name: " if found else "there is no such mailbox; there are: ")
        + f"{listed}. A domain's mailbox is made by postern domain add"
    )
