"""Whether a message was passed on, and whose it is: the first of the ways that fits."""

from digest.entity import Tree
from digest.forward.attached import read_attached
from digest.forward.inline import read_inline
from digest.forward.listing import read_list
from digest.forward.native import read_native
from digest.forward.value import Forward, Mail, is_machine


def read_forward(mail: Mail, tree: Tree, note: str) -> Forward | None:
    """The forward that a message is, or None. `note` is what its sender wrote above.

    What a person passed on counts before what a list or a system passed on afterwards: the
    message inside is the one that somebody waits for an answer to. What a mail system sends along
    with a report of its own is no forward; a gateway that passes a report on forwards it.
    """
    if is_machine(mail.author_address):
        by_hand = None
    elif _is_automatic(mail):
        by_hand = read_attached(mail, tree, note, by_program=True)
    else:
        by_hand = read_inline(mail) or read_attached(mail, tree, note)
    return by_hand or read_list(mail) or read_native(mail)


def _is_automatic(mail: Mail) -> bool:
    """RFC 3834 §5: nobody wrote it."""
    return mail.fields.token("auto-submitted").startswith("auto-")
