"""What broke a signature: relays change messages, and a change can be undone until it verifies."""
