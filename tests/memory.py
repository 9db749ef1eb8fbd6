"""What Python objects are left after some work."""

import gc
import tracemalloc
from collections.abc import Callable


def kept_after(work: Callable[[], object]) -> int:
    """Octets that `work` allocates and that are still in use while its result is."""
    gc.collect()
    tracemalloc.start()
    try:
        result = work()
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
        del result
    finally:
        tracemalloc.stop()
    return kept
