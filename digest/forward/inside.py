"""A forward carries the category of the message inside it, so that message is what is judged.

What the forwarder wrote above counts only where the message inside says nothing.
"""

from dataclasses import replace

from digest.classify import Signs
from digest.forward.value import Forward, Kind, is_machine
from digest.written.reply import reply_text

_OF_LISTS = frozenset(
    [
        "list-archive",
        "list-help",
        "list-id",
        "list-owner",
        "list-post",
        "list-subscribe",
        "list-unsubscribe",
        "mailing-list",
        "precedence",
        "x-beenthere",
        "x-google-group-id",
    ]
)


def signs_inside(signs: Signs, forward: Forward | None) -> Signs:
    """The signs of the message that `forward` has in its text, or that a group passed on."""
    if forward is None:
        return signs
    if forward.kind is Kind.LIST and not signs.subject.startswith("["):
        # A group that shares its mail writes no name before subjects, as a discussion does.
        return replace(signs, fields=signs.fields.without(_OF_LISTS))
    if forward.inside is None or forward.inside.octets is not None:
        return signs
    text = forward.inside.text
    written = reply_text(text)
    if not written.strip():
        return replace(signs, subject=forward.inside.subject or signs.subject)
    sender = forward.original_sender or ""
    return replace(
        signs,
        subject=forward.inside.subject,
        from_address=sender,
        mail_from=None if is_machine(sender) else signs.mail_from,
        text=text,
        reply_text=written,
    )
