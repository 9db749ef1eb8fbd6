"""Reports about mail of ours: what could not be delivered, and who complained.

letter            what the readers ask about
delivery_status   the fields of RFC 3464, wherever they stand
prose             reports that are written for people
entries           what those say of each of several recipients
recognise         whether a message is a report at all
report            both as one `Bounce`
certified         receipts of certified mail
complaint         RFC 5965, X-ARF, and the forms of providers
events, services  what services that send for us tell as JSON
abuse             whether a complaint in prose is about mail
kinds, rules      what a refusal means, by `bounce_rules/bounces`
languages         the same where only words of some language say it
signs             by which words reports are known, from there too
values            `Bounce` and `Kind`
"""

from digest.bounce.complaint import read_complaint, read_told_complaint
from digest.bounce.kinds import kind_of
from digest.bounce.letter import Letter
from digest.bounce.recognise import is_answer, names_mailer
from digest.bounce.report import read_report, read_told_failure
from digest.bounce.rules import ASK
from digest.bounce.values import Bounce, Kind

__all__ = [
    "ASK",
    "Bounce",
    "Kind",
    "Letter",
    "is_answer",
    "kind_of",
    "names_mailer",
    "read_complaint",
    "read_report",
    "read_told_complaint",
    "read_told_failure",
]
