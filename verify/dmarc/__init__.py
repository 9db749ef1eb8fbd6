"""DMARC (RFC 9989): does the author's domain stand behind this message?

`author` finds whose mail it is, `parse` reads a record, `walk` finds the one that applies and the
organisation that a domain belongs to, and `check` puts it together.
"""
