"""Whether a refusal names its public page: the last thing that is decided about a reply."""

from dataclasses import replace

from bounce_rules.explain.find import is_public
from mail.answer import answer_of
from mail.public_page import PublicPages
from mail.report import AuthReport
from mail.verdict import Action, Verdict


def mention_page(
    verdict: Verdict, identifier: str, report: AuthReport, pages: PublicPages | None
) -> Verdict:
    """The verdict, its reply with one more sentence where there is a page to read.

    Only refusals have one, and only for an author's domain that exists: to all others the page
    would tell more than the DNS does.
    """
    if pages is None or verdict.action is not Action.REJECT:
        return verdict
    if not is_public(answer_of(report, verdict, ""), report.evidence):
        return verdict
    return replace(verdict, reply=pages.mentioned_in(verdict.reply, identifier))
