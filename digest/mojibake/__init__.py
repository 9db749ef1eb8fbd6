"""Text that was garbled before it was sent: which wrong reading it went through, and back again."""
