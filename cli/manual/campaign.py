"""postern campaign - what was sent, what came of it, and whether a mailing brings answers home

  postern campaign check FILE [--language en|zh-CN] [--json]
  postern campaign register CAMPAIGN [FILE] [--name NAME]
  postern campaign list [--json]

check reads a sample of a mailing, as it is to be sent (- is standard input), and says what is
wrong with it: answers that would go elsewhere, an author that nothing proves, no Message-ID, no
way to unsubscribe; each with its cure. Nothing is sent or kept. It exits 1 where something is bad.

register notes which Message-ID of a campaign went to whom. FILE (or -) has one JSON object a line:
{"message_id": "<1@acme.example>", "recipient": "li@example.com", "sent_at": "2026-11-20T08:00Z"};
recipient and sent_at may be left out. The same again changes nothing. Without FILE the campaign
alone is made. Answers, bounces and complaints are linked with it, those too that came before.

list shows the campaigns, the newest first, and how many messages of each category answer them.
"""

import argparse

from web import i18n


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See the manual above."""
    commands = parser.add_subparsers(dest="what", required=True, metavar="check|register|list")
    checking = commands.add_parser("check", help="say what is wrong with a sample of a mailing")
    checking.add_argument("file", metavar="FILE")
    checking.add_argument("--language", choices=list(i18n.LANGUAGES), default=i18n.DEFAULT)
    checking.add_argument("--json", action="store_true")
    registering = commands.add_parser("register", help="note which Message-ID went to whom")
    registering.add_argument("campaign", metavar="CAMPAIGN")
    registering.add_argument("file", metavar="FILE", nargs="?")
    registering.add_argument("--name", help="what people call it")
    listing = commands.add_parser("list", help="show campaigns and what came of them")
    listing.add_argument("--json", action="store_true")
