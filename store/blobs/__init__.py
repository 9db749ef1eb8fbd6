"""The exact bytes of messages, kept once each under their SHA-256.

keeper      the one interface, `database.blobs`: keep, open, let go
coding      as they are, or compressed
place       where large ones lie: files, or a bucket (and what it says when it fails)
ledger      objects on their way in and out, and why nobody loses one
orphans     removes what nobody names
scrub       reads everything again, slowly, and tells what is missing or altered
"""

from store.blobs.keeper import AT_ONCE_BYTES, Blobs, Kept
from store.blobs.ledger import ORPHAN_AGE, let_go
from store.terms import INLINE_BYTES

__all__ = ["AT_ONCE_BYTES", "INLINE_BYTES", "ORPHAN_AGE", "Blobs", "Kept", "let_go"]
