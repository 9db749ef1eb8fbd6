"""postern demo - send a dozen sample mails into a server run with --demo

Sends them over SMTP, as any client would, and prints what the server answered and where to see
each in the console. The server must run on this machine: `make run`, or `postern serve --demo`.

Exit status 1 if a reply was not the one expected, or no server with --demo answers.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """None."""
