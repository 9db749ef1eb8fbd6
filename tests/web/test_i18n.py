"""Both languages say everything: the same keys, the same blanks to fill in, and none missing."""

import re
import string
from pathlib import Path

import pytest

from bounce_rules.load import load_rules
from digest.blank import Blank
from mail.campaign import How
from mail.forward_offer import Unproven
from mail.report import ArcWord, DkimWord, DmarcPolicy, DmarcWord, IprevWord, SpfWord
from mail.trust import Known
from mail.verdict import Action, Override
from store.ages import USUAL
from store.retention_rules import WHATS
from store.search.query import NoteCode
from store.terms import SUPPRESSION_REASONS
from verify.breakage.change import Kind, Proof
from web import i18n
from web.api.parameters import CATEGORIES, OUTCOMES
from web.diagnosis import FIXES
from web.forwarders import DONE
from web.listing import VIEWS
from web.operation import KINDS

WEB = Path(i18n.__file__).parent.parent
SOURCES = [*WEB.rglob("*.py"), *WEB.glob("templates/*.html")]
ALL = {path: path.read_text("utf-8") for path in SOURCES}

# A key that is put together: what stands before its last part.
ENDINGS: dict[str, set[str]] = {
    "category": {*CATEGORIES, "pending"},
    "outcome": set(OUTCOMES),
    "mail.view": set(VIEWS),
    "mail.empty": {
        *(f"{view}{end}" for view in VIEWS for end in ("", "_title")),
        *(f"{kind}{end}" for kind in ("to_reply", "category") for end in ("", "_title")),
    },
    "public.title": {"refused", "deferred"},
    "public.lead": {"refused", "deferred"},
    "public.now": {"accept", "quarantine", "reject", "defer"},
    "door": {"smtp", "imap", "import"},
    "stage": {"connect", "ehlo", "mail", "rcpt", "data"},
    "role": {"viewer", "operator", "admin"},
    "settings": {"domains", "operation", "password", "about"}
    | {"retention", "suppressions", "holds", "erasures", "audit"},
    "message.bounce_kind": {"hard", "soft", "blocked", "quota", "policy"},
    "message.blank_reason": {
        "unknown",
        *(reason.lower().replace(" ", "_").replace(".", "") for reason in Blank),
    },
    "date.month": {f"m{n}" for n in range(1, 13)},
    "date.weekday": {f"d{n}" for n in range(1, 8)},
    "overview": {"to_reply", "inquiry", "away", "dead"},
    "mark.bounce": {"hard", "soft", "blocked", "quota", "policy"},
    "bounce.advice": {"hard", "soft", "blocked", "quota", "policy", "complaint"},
    "forward.kind": {"native", "list", "manual_inline", "manual_attachment"},
    "campaign.how": set(How),
    "repair": {"twice", "three_times", "four_times"},
    "report.headline": set(DmarcWord),
    "report.spf": {*SpfWord, "none_no_domain"},
    "report.dkim": set(DkimWord),
    "report.arc": {"none", "fail", "pass_trusted", "pass_untrusted"} | (set(ArcWord) - {"pass"}),
    "report.iprev": set(IprevWord),
    "report.dmarc": {
        *(set(DmarcWord) - {"fail"}),
        *(f"fail_{policy}" for policy in DmarcPolicy),
    },
    "report.verdict": set(Action),
    "diagnosis.kind": set(Kind),
    "diagnosis.proof": set(Proof),
    "diagnosis.hop": {"after", "before"},
    "diagnosis.who": {"unknown", "after", "before", "after_before"},
    "diagnosis.fix": {*FIXES.values(), "list"},
    "report.override": set(Override),
    "forwarders.proof": set(Known),
    "forwarders.rule": set(Known),
    "forwarders.unproven": {*Unproven, "author_some", "author_sealed"},
    "forwarders.done": set(DONE),
    "search.help": {
        *("words", "phrase", "prefix", "without", "either", "from", "to", "subject"),
        *("attachment", "filename", "campaign", "category", "state", "dates", "size", "id"),
    },
    "search.note": set(NoteCode),
    "operation.kind": set(KINDS),
    "operation.differ": {"name", "blobs", "authserv_id", "keys", "version"},
}


def used_keys() -> set[str]:
    """Keys that stand whole in the sources, and those that are put together."""
    whole = {
        key
        for text in ALL.values()
        for key in re.findall(r'["\']([a-z_]+(?:\.[\w-]+)+)["\']', text)
    }
    made = {f"{start}.{end}" for start, ends in ENDINGS.items() for end in ends}
    made |= {f"domains.accept_{value}" for value in ("all", "signed", "list")}
    made |= {"operation.done_retried", "operation.done_dropped"}
    made |= {f"retention.done_{end}" for end in ("added", "removed", "confirmed", "set")}
    made |= {f"retention.what_{what}{end}" for what in WHATS for end in ("", "_long")}
    made |= {f"retention.age_{name}" for name in USUAL}
    made |= {"holds.done_set", "holds.done_lifted"}
    made |= {f"suppressions.reason_{one}" for one in SUPPRESSION_REASONS}
    made |= {f"suppressions.source_{one}" for one in ("report", "texts", "feedback", "person")}
    made |= {"suppressions.done_added", "suppressions.done_removed"}
    made |= {key for key in i18n.catalogue("en") if key.startswith("sample.")}
    keys = ("next", "previous", "open", "back", "archive", "unread", "search")
    made |= {f"about.key_{key}" for key in keys}
    return whole | made


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_all_languages_have_the_same_keys() -> None:
    english = set(i18n.catalogue("en"))
    for language in i18n.LANGUAGES:
        assert set(i18n.catalogue(language)) == english


def test_all_languages_fill_in_the_same_blanks() -> None:
    english, chinese = i18n.catalogue("en"), i18n.catalogue("zh-CN")
    differing = {key for key in english if blanks(english[key]) != blanks(chinese[key])}
    assert differing == set()


def test_nothing_was_left_in_english() -> None:
    english, chinese = i18n.catalogue("en"), i18n.catalogue("zh-CN")
    same = {key for key in english if english[key] == chinese[key]}
    technical = {"app.name", "door.smtp", "stage.ehlo", "stage.mail", "stage.rcpt", "log.and_more"}
    technical |= {"message.sha256", "message.message_id", "date.time"}
    technical |= {"transaction.mail_from", "transaction.rcpt_to"}
    assert same <= technical


def test_every_key_that_a_page_uses_is_there() -> None:
    catalogue = i18n.catalogue("en")
    prefixes = {key.split(".")[0] for key in catalogue}
    wanted = {
        key
        for key in used_keys()
        if key.split(".")[0] in prefixes and not key.endswith((".html", ".css", ".js", ".svg", "_"))
    }
    plural = {key for key in wanted if f"{key}.one" in catalogue and f"{key}.other" in catalogue}
    assert {key for key in wanted - plural if key not in catalogue} == set()


def test_no_sentence_is_left_over() -> None:
    used = used_keys()
    left = {
        key
        for key in i18n.catalogue("en")
        if key not in used
        and key.removesuffix(".one").removesuffix(".other") not in used
        and not key.startswith(("rule.", "why."))
    }
    assert left == set()


def test_every_rule_has_a_sentence_in_every_language() -> None:
    names = {rule.name for rule in load_rules().rules}
    ours = {key.removeprefix("rule.") for key in i18n.catalogue("en") if key.startswith("rule.")}
    assert names <= ours


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        (None, "", "en"),
        (None, "zh", "zh-CN"),
        (None, "zh-Hant-TW,en;q=0.5", "zh-CN"),
        (None, "en-GB,en;q=0.9,zh;q=0.8", "en"),
        (None, "de,fr;q=0.9,zh-CN;q=0.1", "zh-CN"),
        (None, "de", "en"),
        (None, "zh;q=0,en;q=0.1", "en"),
        (None, "zh;q=nonsense", "en"),
        (None, ",;=,", "en"),
        ("zh-CN", "en", "zh-CN"),
        ("../../etc/passwd", "zh", "zh-CN"),
    ],
)
def test_the_language_is_the_cookie_s_or_what_the_browser_likes_best(
    cookie: str | None, accept: str, language: str
) -> None:
    assert i18n.choose_language(cookie, accept) == language


def test_one_and_many_differ_where_english_does() -> None:
    assert i18n.count("en", "mail.attachments", 1) == "1 attachment"
    assert i18n.count("en", "mail.attachments", 2) == "2 attachments"
    assert i18n.count("zh-CN", "mail.attachments", 2) == "2 个附件"


def test_every_change_that_can_be_proved_has_a_remedy() -> None:
    assert set(FIXES) == set(Kind)
