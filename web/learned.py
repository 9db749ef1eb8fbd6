"""What the digest learned of a message, as its page shows it: who it is really from, how long
somebody is away, what came back and why, whether the text was mended, which campaign it answers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from bounce_rules.labels import reason_in
from store.campaigns import link_of, name_of
from store.marks import Mark, Share, day_of, garbled_by, garbled_through, last_absence
from store.messages import get_message
from store.thread_signs import address_of, person_of, shown_author
from store.transactions import trace
from web import i18n
from web.formats import whole_day
from web.listing import Listing
from web.reading import OpenMessage
from web.tools import Tools

PROVIDERS = {
    "gmail": "Gmail",
    "google": "Google Workspace",
    "microsoft": "Microsoft 365",
    "outlook": "Outlook.com",
    "yahoo": "Yahoo",
    "yandex": "Yandex",
    "mailru": "Mail.ru",
    "zoho": "Zoho",
    "icloud": "iCloud",
    "fastmail": "Fastmail",
    "gmx": "GMX",
    "qq": "QQ",
    "netease": "NetEase",
    "cloudflare": "Cloudflare",
}
"""How people write the names of providers of forwards; any other is shown as it is."""

_MOST_REASONS = 4
_STEP = re.compile(r"([\w().\-]+(?: [\w().\-]+)?) read as ([\w().\-]+)")

_LOST = re.compile(r"(\d+) characters? (?:was|were) lost")
_TIMES = ("twice", "three times", "four times")


@dataclass(frozen=True, slots=True)
class CampaignLink:
    """The campaign that a message answers, with the list of all that does."""

    name: str
    url: str
    how: str


@dataclass(frozen=True, slots=True)
class Absence:
    """What a person's latest automatic answer says of their absence."""

    mark: Mark
    at: datetime
    substitute: str


def learned_context(
    tools: Tools, opened: OpenMessage, language: str, *, as_it_came: bool
) -> dict[str, Any]:
    """What the templates need besides the digest itself."""
    digest = opened.digest
    forwarder = _forwarder(digest)
    name, address = shown_author(digest)
    return {
        "author": {"name": name or None, "address": address or None},
        "forwarded_by": forwarder,
        "providers": PROVIDERS,
        "back_on": day_of((digest["away"] or {}).get("back_on")),
        "day_long": partial(whole_day, language),
        "campaign": _campaign(tools, opened),
        "repair": _repair(tools, opened, language) if digest["repair"] else None,
        "as_it_came": as_it_came,
        "reasons": _reasons(digest["why"], language)[:_MOST_REASONS],
        "original_url": _original(tools, digest["bounce"]),
        "suppression_url": _suppression(digest["bounce"]),
    }


def absence_of(tools: Tools, address: str) -> Absence | None:
    """Of one person, by their address; None where nothing is known."""
    mark = last_absence(tools.database, address)
    detail = get_message(tools.database, mark.message_id) if mark is not None else None
    if mark is None or detail is None:
        return None
    away = (detail.digest or {}).get("away") or {}
    return Absence(mark, detail.summary.received_at, away.get("substitute") or "")


def _forwarder(digest: Mapping[str, Any]) -> str:
    """Who forwarded it, where the header names them as the author; "" for nobody."""
    person, _ = person_of(digest)
    sender = (digest["from"] or {}).get("address") or ""
    return sender if person is not None and person != address_of(sender) else ""


def _campaign(tools: Tools, opened: OpenMessage) -> CampaignLink | None:
    link = link_of(tools.database, opened.detail.summary.id)
    if link is None:
        return None
    campaign = link.campaign
    url = Listing(campaign=campaign.id).url
    return CampaignLink(name_of(tools.database, campaign.id), url, campaign.how.value)


def _repair(tools: Tools, opened: OpenMessage, language: str) -> dict[str, str]:
    return {
        "how": repair_words(opened.digest["repair"], language),
        "share": _share_words(tools, opened, language),
    }


def repair_words(chain: str, language: str) -> str:
    """The chain of wrong readings in the viewer's language, as far as we have words for it."""
    told = _STEP.sub(
        lambda step: i18n.say(language, "repair.step", right=step[1], wrong=step[2]), chain
    )
    told = _LOST.sub(lambda lost: i18n.count(language, "repair.lost", int(lost[1])), told)
    for times in _TIMES:
        told = told.replace(f", {times}", i18n.say(language, f"repair.{times.replace(' ', '_')}"))
    return told.replace("; ", i18n.say(language, "repair.between"))


def reason_words(why: str, language: str) -> str:
    """Why a message has its category: a label of the model's, or what a rule's name stands for."""
    key = "why.confirmation" if why.startswith("confirmation-") else f"why.{why}"
    return i18n.say(language, key) if i18n.has(key) else reason_in(language, why)


def _reasons(why: Sequence[str], language: str) -> list[str]:
    """In words; the names of rules and header fields only where nothing else was said."""
    said = [reason_words(one, language) for one in why]
    told = [words for words, name in zip(said, why, strict=True) if words != name]
    return list(dict.fromkeys(told or said))


def _share_words(tools: Tools, opened: OpenMessage, language: str) -> str:
    """Whether it is always this sender, or always this way; "" where one message tells nothing."""
    author, _ = person_of(opened.digest)
    mail_from = opened.detail.transaction.summary.mail_from or ""
    relay = mail_from.rpartition("@")[2].lower()
    said = []
    if author is not None:
        said.append(_share(language, "repair.sender", garbled_by(tools.database, author), author))
    if relay and (author is None or relay != author.rpartition("@")[2]):
        share = garbled_through(tools.database, relay)
        said.append(_share(language, "repair.relay", share, relay))
    return " ".join(one for one in said if one)


def _share(language: str, key: str, share: Share, who: str) -> str:
    if share.of < 2:
        return ""
    return i18n.say(language, key, garbled=share.garbled, of=share.of, who=who)


def _original(tools: Tools, bounce: Mapping[str, Any] | None) -> str:
    """The page of the transaction of the message that is spoken of, where we have it."""
    about = (bounce or {}).get("original_message_id")
    if not about:
        return ""
    found = trace(tools.database, about, limit=1)
    return f"/transactions/{found[0].id}" if found and found[0].message_id == about else ""


def _suppression(bounce: Mapping[str, Any] | None) -> str:
    recipient = (bounce or {}).get("recipient")
    return f"/suppressions?{urlencode({'q': recipient})}" if recipient else ""
