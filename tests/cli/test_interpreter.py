import ast
import subprocess
import sys


def _after(words: str) -> object:
    """What a new interpreter prints after `words`, as a value."""
    script = f"import gc, os, sys\nfrom cli.interpreter import *\n{words}"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return ast.literal_eval(done.stdout)


def test_what_a_program_starts_with_is_not_looked_through_again() -> None:
    found = _after(
        "before = gc.get_freeze_count(); settle(); print((before, gc.get_freeze_count()))"
    )
    assert isinstance(found, tuple)
    assert found[0] == 0
    assert found[1] > 1000


def test_what_is_loaded_is_left_alone_and_programs_begin_as_usual() -> None:
    words = """
before = gc.get_threshold()
load_much(); loading = gc.get_threshold()
prepare_to_fork(); print((loading[0] > before[0], gc.get_threshold() == before))
"""
    assert _after(words) == (True, True)


def test_garbage_is_still_collected_afterwards() -> None:
    words = """
class Node: pass
settle()
import weakref
node = Node(); node.me = node; seen = weakref.ref(node); del node
many = [[] for _ in range(2_000_000)]
print(seen() is None)
"""
    assert _after(words) is True


def test_the_worker_steps_back_so_far_and_no_further() -> None:
    words = "yield_to_mail(); yield_to_mail(); print(os.getpriority(os.PRIO_PROCESS, 0))"
    assert _after(words) == _after("print(max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0)))")
