"""The door's own refusals: limits and rules of the protocol, which no operator's rule decides."""

from mail.reply import Reply
from mail.verdict import Action, Verdict

BARE_NEWLINES = Verdict(
    Action.REJECT,
    "bare-newlines",
    Reply(550, "5.6.0", "The message has CR or LF alone, which RFC 5321 section 2.3.8 forbids"),
    reasons=("Another server could see a line end there, and after it a command.",),
)
NO_SPACE = Verdict(
    Action.DEFER, "no-space", Reply(452, "4.3.1", "No space for the message, try again later")
)
MESSAGE_RATE = Verdict(
    Action.DEFER,
    "message-rate",
    Reply(450, "4.7.1", "Too many messages from your network in a minute, try again later"),
)
RECIPIENT_RATE = Verdict(
    Action.DEFER,
    "recipient-rate",
    Reply(450, "4.7.1", "Too many recipients from your network in a minute, try again later"),
)
RELAYING_DENIED = Verdict(
    Action.REJECT, "relaying", Reply(550, "5.7.1", "Relaying denied: the domain is not served here")
)
TLS_REQUIRED = Verdict(
    Action.REJECT, "tls-required", Reply(530, "5.7.0", "Must issue a STARTTLS command first")
)
HOUSE_PROBLEM = Verdict(
    Action.DEFER,
    "house-problem",
    Reply(451, "4.3.0", "Requested action aborted: local error in processing"),
)
"""All that a peer hears of our own faults."""


def too_large(limit: int) -> Verdict:
    """RFC 1870 §6: over the size that EHLO announced."""
    text = f"The message is larger than {limit} octets, which is the limit here"
    return Verdict(Action.REJECT, "message-size", Reply(552, "5.3.4", text))


def too_many_hops(limit: int) -> Verdict:
    """RFC 5321 §6.3: so many Received fields are a loop."""
    text = f"Too many hops (over {limit} Received fields): a mail loop"
    return Verdict(Action.REJECT, "too-many-hops", Reply(554, "5.4.6", text))


def bad_syntax(reply: Reply) -> Verdict:
    """A MAIL or RCPT that could not be read; the reply says why."""
    return Verdict(Action.REJECT, "bad-syntax", reply)


def try_later(reply: Reply) -> Verdict:
    """What cannot be decided now."""
    return Verdict(Action.DEFER, "try-later", reply)
