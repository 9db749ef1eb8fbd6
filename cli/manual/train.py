"""postern train - make the category model anew

Learns from the sentences in bounce_rules/training (its README says how they are written), prints
how well texts are told that were left out of the learning, for each category and language, and
writes the weights, and beside them the table of concepts. Each text is judged by models that did
not learn it: by one that learned other texts of its topic ("new words"), and by one that knows
nothing of the topic in any language ("new topic").

Needs scikit-learn: pip install 'postern[train]'. The server does not.

--check prints the figures and writes nothing. --output FILE writes the weights there, and the table
as concepts.tsv in the same folder. --concepts makes only the table, in a second, for trying out
words; with --check it says if the table is up to date (1: it is not). It needs no scikit-learn.

--installation learns what the operators of this installation corrected, which the worker does every
hour, and says whether our own check texts are still told as well; it needs no scikit-learn.
"""

import argparse
from pathlib import Path

from digest.category.model import WEIGHTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("--check", action="store_true", help="write nothing")
    parser.add_argument("--concepts", action="store_true", help="make the table of concepts alone")
    parser.add_argument("--output", type=Path, default=WEIGHTS, metavar="FILE")
    parser.add_argument(
        "--installation", action="store_true", help="learn from operators' corrections"
    )
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
