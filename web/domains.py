"""Settings: the reply domains."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from mail.errors import SettingsProblem
from store.domains import add_domain, list_domains, remove_domain
from web.caller import Caller
from web.problems import not_found
from web.session import Administrator, Viewer, see_other
from web.tools import tools_of

router = APIRouter(include_in_schema=False)


@router.get("/settings")
def settings(caller: Viewer) -> Response:
    """The first page of the settings."""
    return see_other("/domains")


@router.get("/domains")
def domains_page(request: Request, caller: Viewer) -> Response:
    """All domains; administrators see the forms to change them."""
    return _page(request, caller)


@router.post("/domains")
def add(
    request: Request,
    caller: Administrator,
    name: Annotated[str, Form()] = "",
    accept: Annotated[str, Form()] = "all",
    names: Annotated[str, Form()] = "",
) -> Response:
    """Add one; what is wrong with it is said beside the form."""
    tools = tools_of(request)
    words = names if accept == "list" else accept
    try:
        row = add_domain(tools.database, name, words, "console", tools.now(), by=caller.name)
    except SettingsProblem as problem:
        typed = {"name": name, "accept": accept, "names": names}
        return _page(request, caller, problem=str(problem), typed=typed, status=422)
    return see_other(f"/domains?added={row.name}")


@router.post("/domains/remove")
def remove(request: Request, caller: Administrator, name: Annotated[str, Form()] = "") -> Response:
    """Stop accepting mail for one; its mail stays."""
    tools = tools_of(request)
    try:
        found = remove_domain(tools.database, name, tools.now(), by=caller.name)
    except SettingsProblem:
        found = False
    if not found:
        raise not_found("domain")
    return see_other(f"/domains?removed={name}")


def _page(
    request: Request,
    caller: Caller,
    problem: str = "",
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    tools = tools_of(request)
    context = {
        "domains": list_domains(tools.database),
        "problem": problem,
        "typed": typed or {"name": "", "accept": "all", "names": ""},
        "added": request.query_params.get("added", ""),
        "removed": request.query_params.get("removed", ""),
        "section": "domains",
    }
    return tools.pages.page(request, "domains.html", context, caller=caller, status=status)
