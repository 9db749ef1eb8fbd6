"""That a write comes from our own page and not from somebody else's.

Two checks, each enough by itself: a token that only our page can know (an HMAC under the secret
of the session's cookie, which no other site can read), and the Origin that browsers send.
"""

import base64
import hashlib
import hmac
import secrets

from starlette.requests import HTTPConnection

from web.peer import origins
from web.settings import WebSettings

HEADER = "x-csrf-token"
FIELD = "csrf"


def token_for(secret: str) -> str:
    """The token that belongs to a cookie's secret."""
    digest = hmac.new(secret.encode(), b"postern csrf", hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def new_secret() -> str:
    """A fresh secret for the cookie of a visitor who has not signed in yet."""
    return secrets.token_urlsafe(32)


def is_ours(request: HTTPConnection, settings: WebSettings, secret: str, token: str) -> bool:
    """Whether the token belongs to the secret, and Origin (where sent) is one of ours."""
    if not secret or not hmac.compare_digest(token_for(secret).encode(), token.encode()):
        return False
    if request.headers.get("sec-fetch-site", "") == "cross-site":
        return False
    origin = request.headers.get("origin")
    return origin is None or origin.lower() in origins(request, settings)
