"""Which list of mail a person looks at, as an address and as a question to the store.

The address says it all (`/mail/system?category=to_reply`), so that a list can be bookmarked,
and a message knows the list that it was opened from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urlsplit

from store.mailboxes import Mailbox
from store.messages import MessageFilter
from web.api.parameters import CATEGORIES
from web.caller import Caller
from web.session import local_path

VIEWS = ("unread", "flagged", "held", "archived")

PAGE = 50
"""Messages on one page of a list."""

MOST_QUERY = 2000
"""Characters of a query in an address; more than a search looks at, so that it can say so."""

_ROOT = "/mail"


@dataclass(frozen=True, slots=True)
class Listing:
    """`mailbox` is empty for all inboxes, `system` for the system mailbox, or an id; `category`,
    `view`, `campaign` (an id), `q` and `cursor` are empty where they are not chosen."""

    mailbox: str = ""
    category: str = ""
    view: str = ""
    campaign: str = ""
    q: str = ""
    cursor: str = ""

    @property
    def url(self) -> str:
        """The address of this list."""
        path = f"{_ROOT}/{self.mailbox}" if self.mailbox else _ROOT
        chosen = {
            name: value
            for name in ("view", "category", "campaign", "q", "cursor")
            if (value := getattr(self, name))
        }
        return f"{path}?{urlencode(chosen)}" if chosen else path

    @property
    def is_oldest_first(self) -> bool:
        """Whoever has waited longest comes first where somebody has to answer."""
        narrowed = self.q or self.view or self.campaign
        return self.category == "to_reply" and not narrowed

    def message_url(self, identifier: str) -> str:
        """The address of a message opened from this list."""
        return f"/messages/{identifier}?{urlencode({'in': self.url})}"

    def plain(self) -> "Listing":
        """The same list from its start."""
        return replace(self, cursor="")

    def after(self, cursor: str) -> "Listing":
        """The same list, one page on."""
        return replace(self, cursor=cursor)

    def question(self, mailboxes: tuple[Mailbox, ...], caller: Caller) -> MessageFilter:
        """What to ask the store for `caller`."""
        return MessageFilter(
            mailbox=mailbox_id(self.mailbox, mailboxes),
            category=self.category or None,
            campaign=self.campaign or None,
            q=self.q,
            unread=self.view == "unread",
            flagged=True if self.view == "flagged" else None,
            held=self.view == "held",
            archived=self._archived(),
            oldest_first=self.is_oldest_first,
            sees_confirmations=caller.sees_confirmations,
        )

    def _archived(self) -> bool | None:
        """A search, a campaign and the flags reach into the archive; the held are outside of it."""
        if self.view in ("flagged", "held") or self.q or self.campaign:
            return None
        return self.view == "archived"


def mailbox_id(text: str, mailboxes: tuple[Mailbox, ...]) -> str | None:
    """The id of the mailbox that `text` names: `system`, an id, or its address. None for all
    mailboxes (an empty text); an id that no mailbox has for a text that names none."""
    if not text:
        return None
    for box in mailboxes:
        if text in (box.id, box.address) or (text == "system" and box.kind == "system"):
            return box.id
    return text


def listing_of(mailbox: str, query: Mapping[str, str]) -> Listing:
    """From the parts of an address. What we do not know counts as not chosen: an old bookmark
    should still lead somewhere."""
    category, view = query.get("category", ""), query.get("view", "")
    return Listing(
        mailbox=mailbox,
        category=category if category in CATEGORIES else "",
        view=view if view in VIEWS else "",
        campaign=query.get("campaign", "")[:MOST_QUERY],
        q=query.get("q", "").strip()[:MOST_QUERY],
        cursor=query.get("cursor", "")[:200],
    )


def listing_from_url(url: str) -> Listing:
    """From a whole address of ours, as `Listing.url` makes it; anything else is all inboxes."""
    parts = urlsplit(local_path(url, _ROOT))
    root, _, mailbox = parts.path.removeprefix("/").partition("/")
    if f"/{root}" != _ROOT or "/" in mailbox:
        return Listing()
    return listing_of(mailbox, dict(parse_qsl(parts.query)))
