"""How fast messages are decoded and digested, beside the standard library's email package."""
