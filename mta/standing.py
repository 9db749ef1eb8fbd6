"""What may change while the door is open: keys of reply addresses, and trusted forwarders.

Everything else comes from the configuration and stays until the next start.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mail.received import Basis
from mail.reply_address import ReplyKey
from mail.trust import Trust


@dataclass(frozen=True, slots=True)
class Standing:
    """`reply_keys` replace those of the policy unless empty; `trust` is added to it."""

    reply_keys: Sequence[ReplyKey] = ()
    trust: tuple[Trust, ...] = ()

    def basis(self, given: Basis) -> Basis:
        """The digest of the settings, with the learned forwarders among them."""
        if not self.trust or not given.settings:
            return given
        text = "\n".join([given.settings, *sorted(map(repr, self.trust))])
        return replace(given, settings=hashlib.sha256(text.encode()).hexdigest())


NOTHING_STANDS = Standing()
