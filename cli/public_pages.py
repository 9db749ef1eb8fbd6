"""The addresses of the public pages, from the configuration and the key file."""

from cli.config import Config
from cli.keys import secret_box
from mail.public_page import PublicPages


def public_pages(config: Config) -> PublicPages | None:
    """What makes and reads the tokens. None where nothing was ever signed here and the pages are
    not in use, so that looking at the console makes no key. Raises StoreProblem."""
    box = secret_box(config)
    if not config.web.public_explanations and not box.exists:
        return None
    return PublicPages((config.web.public_url or "").rstrip("/"), box.page_keys())


def mentioned_pages(config: Config) -> PublicPages | None:
    """The same for replies, which name the page only where `web.public_explanations` says so."""
    return public_pages(config) if config.web.public_explanations else None
