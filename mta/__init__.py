"""The SMTP door, and `receive`, the path that every message takes."""
