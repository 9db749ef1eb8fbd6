"""Numbers and words that a store may be told: for configuration and command line, which need
nothing else of it and are read before anything is loaded that knows a database."""

INLINE_BYTES = 256 * 1024
"""Larger ones are objects: the database would write them twice, into its log and into its table,
send them to its standby and put them into every backup. Smaller ones are nearly all mail; for
these another fsync, or the round trip to an object store, costs more than that, and they can be
taken while the object store is away."""

LARGE_BYTES = 64 * 1024
"""The header block of a larger message is kept in the log as well."""

RETENTION_CATEGORIES = ("to_reply", "inquiry", "rejection", "ooo", "bounce", "complaint", "notice")
"""What a rule of retention may be about."""

SUPPRESSION_REASONS = ("hard", "complaint", "manual", "unclear")
"""Why no mail should go to an address."""
