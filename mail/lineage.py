"""What a message says of the conversation that it is in.

Threads are made of this (RFC 5322 §3.6.4), beside the digest and not in it: it is for the store,
not for readers. `digest` reads it out of the header block.
"""

from dataclasses import dataclass

from mail.campaign import NO_CLUES, Clues


@dataclass(frozen=True, slots=True)
class Lineage:
    """`message_id` and `references` are in angle brackets, without white space.

    `references` are the ancestors that it names, the oldest first and the parent last, never
    itself. `people` are the addresses in From, Reply-To, To and Cc as they stand. `subject` is
    without "Re:" and its kin, folded; `is_reply` says whether there was one. `clues` say which
    message of ours began it.
    """

    message_id: str | None = None
    references: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    subject: str = ""
    is_reply: bool = False
    clues: Clues = NO_CLUES


NO_LINEAGE = Lineage()
"""What a message says that says nothing of it."""
