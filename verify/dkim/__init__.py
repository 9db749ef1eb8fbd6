"""DKIM: a domain takes responsibility for a message by signing it (RFC 6376)."""
