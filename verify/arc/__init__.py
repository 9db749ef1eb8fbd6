"""ARC: what earlier relays found, sealed in a chain that can be followed back (RFC 8617)."""
