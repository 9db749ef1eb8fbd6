"""postern what-if - how the last days would have been decided under other settings

Decides every stored transaction of the last --days again, from its stored evidence and with no
network, by the settings of today and those given here, and counts what would have become of it
instead. Nothing is changed.

    postern what-if --enforce authenticated
    postern what-if --days 7 --trust-forwarder lists.example.org --json

--enforce, --dmarc and --dmarc-reply are verify.enforce, verify.dmarc and verify.dmarc_reply;
--trust-sealer and --trust-forwarder add a domain to verify.trusted_sealers and
verify.trusted_forwarders. --list shows so many of the changed transactions (100), newest first.

Some transactions cannot be decided again (refused before there was a message, or without the
bytes); they are counted. Where other settings need a DNS answer that nobody asked for then, the
change is marked "unsure".

Exit status 0, also where nothing would change; 1 if there is nothing to decide again.
"""

import argparse

from bounce_rules.facts import Enforce
from mail.address import parse_domain


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    parser.add_argument("--days", type=_days, default=30, metavar="N", help="so far back (30)")
    parser.add_argument("--enforce", choices=[word.value for word in Enforce])
    parser.add_argument("--dmarc", choices=["rfc9989", "rfc7489"])
    parser.add_argument("--dmarc-reply", choices=["5.7.26", "5.7.206"])
    for name, of_whom in (("--trust-sealer", "ARC seals"), ("--trust-forwarder", "forwards")):
        parser.add_argument(
            name,
            action="append",
            default=[],
            type=_domain,
            metavar="DOMAIN",
            help=f"whose {of_whom} are taken; may be repeated",
        )
    parser.add_argument("--list", type=int, default=100, metavar="N", help="show so many (100)")
    parser.add_argument("--json", action="store_true")


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = 0
    if not 0 < days <= 36500:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return days


def _domain(text: str) -> str:
    try:
        return parse_domain(text).ascii
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None
