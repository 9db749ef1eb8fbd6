"""The reply domains: whom we accept mail for."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from mail.errors import SettingsProblem
from store.domains import add_domain, list_domains, remove_domain
from web.api.models import Domain, DomainPage
from web.api.parameters import NewDomain
from web.api.shapes import domain_of
from web.caller import Admin, Reader
from web.problems import Trouble, json_response
from web.tools import tools_of

router = APIRouter(prefix="/domains", tags=["administration"])


@router.get("", summary="All reply domains", response_model=DomainPage)
def all_domains(request: Request, caller: Reader) -> Response:
    """Few enough for one page."""
    rows = list_domains(tools_of(request).database)
    return json_response({"items": [domain_of(row) for row in rows], "next": None})


@router.post(
    "",
    summary="Add a domain, or change what it accepts",
    status_code=201,
    response_model=Domain,
)
def add(request: Request, caller: Admin, domain: NewDomain) -> Response:
    """Mail to it is accepted from the next second on."""
    tools = tools_of(request)
    accept = domain.accept if isinstance(domain.accept, str) else ",".join(domain.accept)
    try:
        row = add_domain(
            tools.database, domain.name, accept, "console", tools.now(), by=caller.name
        )
    except SettingsProblem as problem:
        raise Trouble(422, str(problem)) from problem
    headers = {"location": f"/api/v1/domains/{row.name}"}
    return json_response(domain_of(row), 201, headers)


@router.delete("/{name}", summary="Remove a domain", status_code=204)
def remove(request: Request, caller: Admin, name: str) -> Response:
    """New mail to it is refused; mail that is here stays."""
    tools = tools_of(request)
    try:
        found = remove_domain(tools.database, name, tools.now(), by=caller.name)
    except SettingsProblem as problem:
        raise Trouble(422, str(problem)) from problem
    if not found:
        raise Trouble(404, "There is no such domain.")
    return Response(status_code=204)
