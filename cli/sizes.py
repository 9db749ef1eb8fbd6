"""Sizes as people type them: octets, or with k, M or G for powers of 1024."""

import argparse

_UNITS = {"k": 1024, "m": 1024**2, "g": 1024**3}


def octets(text: str) -> int:
    """The number of octets. Raises what argparse makes one line of."""
    number, unit = (text[:-1], text[-1].lower()) if text[-1:].lower() in _UNITS else (text, "")
    if not (number.isascii() and number.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no size: use octets, or 10k, 20M, 1G")
    return int(number) * _UNITS.get(unit, 1)
