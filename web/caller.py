"""Who asks: an operator with a session, or a program with a token, and what they may do.

A token's scope and an operator's role are one scale: read as viewer, write as operator, admin as
admin. FastAPI calls `reader`, `writer` and `admin` before each call of the API, and the same of
`web.session` before each page.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from store.operators import find_session
from store.tokens import check_token
from web.csrf import HEADER, is_ours
from web.problems import Trouble, forbidden
from web.tools import Tools, tools_of

COOKIE = "postern_session"

_CHALLENGE = {"www-authenticate": 'Bearer realm="postern"'}
_SAFE_METHODS = ("GET", "HEAD")


class Role(IntEnum):
    """What somebody may do; each may do what the one before may."""

    VIEWER = 1
    """Read mail and the log."""
    OPERATOR = 2
    """Mark, file, release and delete mail."""
    ADMIN = 3
    """Change the settings."""


_ROLES = {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "admin": Role.ADMIN}
_SCOPES = {"read": Role.VIEWER, "write": Role.OPERATOR, "admin": Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who proved who they are. `session` is the cookie's secret, empty for a token."""

    name: str
    role: Role
    session: str = ""

    @property
    def is_program(self) -> bool:
        """Whether a token was shown instead of a session."""
        return not self.session

    @property
    def may_write(self) -> bool:
        """Whether mail may be changed."""
        return self.role >= Role.OPERATOR

    @property
    def is_admin(self) -> bool:
        """Whether settings may be changed."""
        return self.role >= Role.ADMIN

    @property
    def sees_confirmations(self) -> bool:
        """Whether forwarding confirmations are shown: who has one can have somebody's mail
        forwarded, so they are for operators of the console and for admin tokens only."""
        return self.role >= (Role.ADMIN if self.is_program else Role.OPERATOR)


def caller_of_session(request: Request, tools: Tools) -> Caller | None:
    """The operator whose session the cookie names, or None."""
    secret = request.cookies.get(COOKIE, "")
    operator = find_session(tools.database, secret, tools.now()) if secret else None
    return Caller(operator.name, _ROLES[operator.role], secret) if operator else None


def _caller_of_token(request: Request, tools: Tools) -> Caller:
    scheme, _, text = request.headers["authorization"].partition(" ")
    token = check_token(tools.database, text.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise Trouble(401, "The token is unknown or was revoked.", headers=_CHALLENGE)
    return Caller(token.name, _SCOPES[token.scope])


def _api_caller(request: Request) -> Caller:
    """Whoever calls the API. A token that is shown counts alone, even beside a good session."""
    tools = tools_of(request)
    if "authorization" in request.headers:
        return _caller_of_token(request, tools)
    caller = caller_of_session(request, tools)
    if caller is None:
        raise Trouble(
            401, "Send Authorization: Bearer with a token, or sign in.", headers=_CHALLENGE
        )
    if request.method not in _SAFE_METHODS:
        token = request.headers.get(HEADER, "")
        if not is_ours(request, tools.settings, caller.session, token):
            raise forbidden(
                f"A write with a session must come from our own pages, with its token in {HEADER}."
            )
    return caller


def _require(caller: Caller, role: Role) -> Caller:
    if caller.role < role:
        needed = {Role.OPERATOR: "write", Role.ADMIN: "admin"}[role]
        raise forbidden(f"This needs the scope {needed}, or a role that has it.")
    return caller


AnyCaller = Annotated[Caller, Depends(_api_caller)]


def _writer(caller: AnyCaller) -> Caller:
    return _require(caller, Role.OPERATOR)


def _admin(caller: AnyCaller) -> Caller:
    return _require(caller, Role.ADMIN)


Reader = AnyCaller
"""A parameter of a call that any proven caller may make."""
Writer = Annotated[Caller, Depends(_writer)]
"""A parameter of a call that changes mail."""
Admin = Annotated[Caller, Depends(_admin)]
"""A parameter of a call that changes settings."""
