"""From octets to text: which charset a label means, which one it really is, and the decoding."""
