"""A nursery for who has a few messages and waits for the first: a child is there at once, and loads
what each message needs. One that is asked all day has everything loaded before.
"""

import gc

from digest.apart.nursery import main as obey

_OBJECTS = 100_000
"""New ones after which the interpreter looks for garbage."""


def main() -> None:
    """Obey until the socket ends."""
    # Nothing of what is loaded is garbage, and looking at all of it takes long.
    gc.set_threshold(_OBJECTS)
    obey(is_warm=False)
