"""Whether a node may start: alone under its name, with large messages where others find them."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from cli import build
from cli.config import Config, VerifyConfig
from cli.keys import secret_box
from cli.presence import described, member_of, present, require_a_place
from cli.store_config import StoreConfig
from mail.errors import SettingsProblem
from mail.identifier import new_id
from store import schema
from store.database import Database, StoreSettings, migrate, open_database
from store.nodes import Disagreement, Member, beat, enter, list_members
from tests.postgres import Server, serving

BUCKET = "s3://mail/postern"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL of its own."""
    with serving() as found:
        yield found


@pytest.fixture
def database(server: Server, tmp_path: Path) -> Iterator[Database]:
    """A store that several nodes may use."""
    with server.migrated(tmp_path) as settings:
        opened = open_database(settings)
        yield opened
        opened.close()


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """That of the node mx1."""
    return Config(
        data_dir=tmp_path,
        hostname="mx1.example.com",
        node_name="mx1",
        store=StoreConfig(blobs=BUCKET),
        verify=VerifyConfig(authserv_id="mx.example.com"),
    )


def elsewhere(config: Config, **other: str) -> Member:
    """A program like ours of another `serve` on another machine."""
    ours = member_of(config, "smtp")
    theirs = replace(ours, instance=new_id(build.now()), serve="b", machine="other")
    return replace(theirs, **other)  # type: ignore[arg-type]


def set_back(database: Database, seconds: float) -> None:
    """As if the one that is known had been heard of so much earlier."""
    table = schema.nodes
    [one] = list_members(database, build.now())
    with database.write() as connection:
        earlier = one.seen_at - timedelta(seconds=seconds)
        connection.execute(update(table).values(seen_at=earlier))


def test_a_node_alone_may_start(database: Database, config: Config) -> None:
    require_a_place(database, config, ("smtp", "worker"))


def test_a_living_namesake_is_found_by_its_beat(database: Database, config: Config) -> None:
    other = elsewhere(config)
    enter(database, other, build.now())
    enough = threading.Event()

    def beats() -> None:
        while not enough.wait(0.2):
            beat(database, other, build.now())

    thread = threading.Thread(target=beats)
    thread.start()
    try:
        with pytest.raises(SettingsProblem, match="another node mx1 is alive"):
            require_a_place(database, config, ("smtp",))
    finally:
        enough.set()
        thread.join()


def test_a_namesake_on_this_machine_is_refused_at_once(database: Database, config: Config) -> None:
    here = replace(elsewhere(config), machine=member_of(config, "smtp").machine)
    enter(database, here, build.now())
    with pytest.raises(SettingsProblem, match="give each node of a store a node_name"):
        require_a_place(database, config, ("smtp",))


def test_a_namesake_that_died_is_waited_out(database: Database, config: Config) -> None:
    enter(database, elsewhere(config), build.now())
    set_back(database, 18.5)
    require_a_place(database, config, ("smtp",))


def test_the_roles_of_one_node_may_be_started_apart(database: Database, config: Config) -> None:
    enter(database, elsewhere(config, role="web"), build.now())
    require_a_place(database, config, ("smtp", "worker"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("local", BUCKET), (BUCKET, "local"), ("local", "local"), (BUCKET, "s3://other")],
)
def test_large_messages_must_be_where_all_nodes_find_them(
    database: Database, config: Config, ours: str, theirs: str
) -> None:
    enter(database, elsewhere(config, name="mx2", blobs=theirs), build.now())
    here = config.model_copy(update={"store": StoreConfig(blobs=ours)})
    with pytest.raises(SettingsProblem, match=r"^store\.blobs: .*set store\.blobs to one s3://"):
        require_a_place(database, here, ("smtp",))


def test_files_are_enough_for_one_node(database: Database, config: Config) -> None:
    require_a_place(
        database, config.model_copy(update={"store": StoreConfig(blobs="local")}), ("smtp",)
    )


def test_the_embedded_store_has_one_node(config: Config) -> None:
    settings = StoreSettings("", config.data_dir)
    migrate(settings)
    embedded = open_database(settings)
    enter(embedded, elsewhere(config, blobs="local"), build.now())
    require_a_place(embedded, config, ("smtp",))
    embedded.close()


async def test_a_program_is_present_while_it_runs(
    database: Database, config: Config, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    member = member_of(config, "worker")
    async with present(database, member, lambda: "", build.now):
        seen = await asyncio.to_thread(list_members, database, build.now())
        assert [one.member for one in seen] == [member]
    assert list_members(database, build.now()) == ()


def test_what_nodes_do_not_agree_on_is_said_with_its_cure() -> None:
    found = Disagreement("keys", (("mx1", "one"), ("mx2", "")))
    assert described(found).endswith("(mx1: one, mx2: none)")
    assert "keys_file" in described(found)


def test_nodes_share_the_key_file_that_the_configuration_names(
    config: Config, tmp_path: Path
) -> None:
    shared = tmp_path / "shared" / "keys"
    shared.parent.mkdir()
    one = config.model_copy(update={"keys_file": shared, "data_dir": tmp_path / "one"})
    two = config.model_copy(update={"keys_file": shared, "data_dir": tmp_path / "two"})
    sealed = secret_box(one).seal("secret", "account")
    assert secret_box(two).open(sealed, "account") == "secret"
    assert member_of(one, "web").keys == member_of(two, "web").keys != ""
