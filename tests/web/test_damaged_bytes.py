"""Bytes that are missing or altered: one clear line, and never the bytes."""

import pytest
from sqlalchemy import delete, update

from store import schema
from tests.web.conftest import Site

HARMS = {
    "missing": delete(schema.blobs),
    "altered": update(schema.blobs).values(content=b"something else", coding="identity"),
}


@pytest.fixture(params=sorted(HARMS))
def harm(site: Site, request: pytest.FixtureRequest) -> str:
    """All bytes of the store are damaged in one way."""
    with site.database.write() as connection:
        connection.execute(HARMS[request.param])
    return str(request.param)


def test_a_program_is_told_what_is_wrong(site: Site, harm: str) -> None:
    identifier = next(iter(site.ids.values()))
    answer = site.client("admin").get(f"/api/v1/messages/{identifier}/raw")
    assert answer.status_code == 500
    verb = {"missing": "are missing", "altered": "were altered"}[harm]
    assert answer.json()["detail"] == (
        f"The bytes of this message {verb} in the store; the log says which."
    )


def test_a_person_is_told_the_cure(site: Site, harm: str) -> None:
    """On the page of a message that nobody has read out yet."""
    identifier = next(iter(site.ids.values()))
    with site.database.write() as connection:
        connection.execute(delete(schema.digests))
    page = f"/messages/{identifier}"
    answer = site.signed_in().get(page, headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert "restore it from a backup" in answer.text
    assert "something else" not in answer.text
