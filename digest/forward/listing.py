"""Mail that came through a mailing list or a group, which writes to all in its own name.

Lists say so (RFC 2369, RFC 2919). A newsletter has a List-Id, too, but nobody wrote to its address:
only what people can post to is a list here. Where DMARC makes a list rewrite From, it keeps the
author in fields of its own, in Reply-To, or in the address itself.
"""

import re
from itertools import islice

from digest.forward.native import author_of, message_id_of
from digest.forward.value import Forward, Kind, Mail, addresses_in, domain_of, is_among, same

_POST = re.compile(rb"mailto:([^<>\s?]{3,320})", re.IGNORECASE)
_ID = re.compile(rb"<([a-z0-9._\-]{3,250})>", re.IGNORECASE)
_VIA = re.compile(
    r"\bvia\b|\bdurch\b|\büber\b|代表|透過|通过|經由|经由|経由|通じて|через|przez|vía|attraverso|aracılığıyla",
    re.IGNORECASE,
)
_OWNERS = ("owner-{}", "{}-owner", "{}-bounces", "{}-bounce", "{}-request", "{}-errors")
_POSTED = (
    "x-beenthere",
    "x-mailman-version",
    "x-google-group-id",
    "mailing-list",
    "x-mailing-list",
    "x-listname",
    "x-list",
    "x-sympa-to",
    "x-groupsio-msgnum",
    "x-mlserver",
    "x-ml-name",
    "x-mailinglist",
)


def read_list(mail: Mail) -> Forward | None:
    """The list that the message came through, if it did."""
    if not _is_list(mail):
        return None
    address = _address_of(mail)
    sender = _author(mail, address)
    named = mail.addresses("to", "cc")
    recipient = next((one for one in named if same(one, address)), None)
    return Forward(
        kind=Kind.LIST,
        forwarder=address,
        original_sender=sender or None,
        original_recipient=recipient or address or next(iter(named), None),
        original_message_id=message_id_of(mail),
    )


def _is_list(mail: Mail) -> bool:
    fields = mail.fields
    if any(name in fields for name in _POSTED):
        return True
    post = fields.first("list-post")
    if post is not None and _POST.search(post):
        return "list-id" in fields or "list-help" in fields or "list-archive" in fields
    loop = fields.first("x-loop")
    is_sympa = loop is not None and b"@" in loop and fields.token("precedence") == "list"
    return is_sympa or ("list-id" in fields and (_is_rewritten(mail) or _is_posted(mail)))


def _is_posted(mail: Mail) -> bool:
    """Whether bounces go to the owner of an address that somebody else wrote to (LISTSERV)."""
    local, _, domain = (mail.mail_from or "").lower().partition("@")
    for one in mail.addresses("to", "cc"):
        name, _, place = one.lower().partition("@")
        if place == domain and local in (form.format(name) for form in _OWNERS):
            return not same(one, mail.author_address)
    return False


def _is_rewritten(mail: Mail) -> bool:
    """ "'Li Wei' via Sales" <sales@example.com>."""
    name = (mail.author.name if mail.author else None) or ""
    return bool(_VIA.search(name)) and "reply-to" in mail.fields


def _address_of(mail: Mail) -> str | None:
    """The address that people post to."""
    found = _POST.search(mail.fields.first("list-post") or b"")
    if found:
        return found[1].decode("utf-8", "replace").replace("%40", "@")
    for name in ("x-beenthere", "x-mailing-list", "mailing-list", "x-list", "x-sympa-to", "x-loop"):
        for value in islice(mail.fields.all(name), 5):
            for address in addresses_in(value):
                return address
    return _by_id(mail)


def _by_id(mail: Mail) -> str | None:
    """The list's identifier is its address with a dot for the @ (RFC 2919 §2), mostly."""
    named = mail.addresses("to", "cc")
    found = _ID.search(mail.fields.first("list-id") or b"")
    identifier = found[1].decode("ascii").lower() if found else ""
    for one in named:
        local, _, domain = one.lower().partition("@")
        if identifier in (f"{local}.{domain}", f"{local}.lists.{domain}"):
            return one
    if _is_rewritten(mail):
        return mail.author_address or None
    return next((one for one in named if domain_of(one) in identifier), next(iter(named), None))


def _author(mail: Mail, address: str | None) -> str:
    """Who wrote to the list."""
    found = author_of(mail, address or "")
    if not same(found, mail.author_address):
        return found
    local, _, domain = found.partition("@")
    of_list = address is not None and domain_of(address).endswith(domain.lower())
    if "=" in local and (of_list or "dmarc" in domain):
        unwrapped = local.replace("=40", "@", 1) if "=40" in local else local.replace("=", "@", 1)
        return unwrapped if "@" in unwrapped else found
    if not (same(found, address) or (of_list and _is_rewritten(mail))):
        return found
    ours = (address or "", found, *mail.rcpt)
    others = (one for one in mail.addresses("reply-to", "cc") if not is_among(one, ours))
    return next(others, found)
