"""A server's database: who does not let us in, what is slow or away, what a COMMIT says."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cli.server_findings import check_server
from mail.errors import StoreFull, StoreProblem
from mail.identifier import new_id
from store import schema
from store.database import Database, StoreSettings, migrate, open_database
from store.domains import Directory, add_domain
from store.messages import MessageFilter, find_messages
from store.postgres_url import read_url
from store.problems import Unconfirmed, Unreachable
from store.writer import Writer
from tests.postgres import Server
from tests.relay import relaying
from tests.services import free_port
from tests.store.samples import CONTENT, NOON, envelope, received

pytestmark = pytest.mark.postgresql_only

SECRET = "secret-4711"


@pytest.fixture
def place(server: Server, tmp_path: Path) -> Iterator[StoreSettings]:
    """Settings of a new store, which nobody has open."""
    with server.migrated(tmp_path) as settings:
        yield settings


def changed(settings: StoreSettings, old: str, new: str) -> StoreSettings:
    """The same store by another URL."""
    assert old in settings.url
    return replace(settings, url=settings.url.replace(old, new))


def refusal(settings: StoreSettings) -> str:
    """Why it cannot be opened: one line, without the password."""
    with pytest.raises(StoreProblem) as caught:
        open_database(settings)
    text = str(caught.value)
    assert "\n" not in text
    assert SECRET not in text
    return text


def test_a_server_that_is_not_there(place: StoreSettings, server: Server) -> None:
    nobody = changed(place, f":{server.cluster.port}", f":{free_port()}")
    assert "cannot be reached: see that its server runs" in refusal(nobody)


def test_a_wrong_password(place: StoreSettings) -> None:
    found = refusal(changed(place, SECRET, "wrong-0815"))
    assert "check user and password" in found
    assert "wrong-0815" not in found


def test_an_unknown_user(place: StoreSettings) -> None:
    assert "check user and password" in refusal(changed(place, "postern:", "stranger:"))


def test_a_database_that_is_not_there(server: Server, tmp_path: Path) -> None:
    url = server.cluster.url("nowhere")
    assert "create it (createdb)" in refusal(StoreSettings(url, tmp_path))


def test_a_database_without_tables_is_to_be_migrated(server: Server, tmp_path: Path) -> None:
    with server.empty(tmp_path) as settings:
        assert "run `postern migrate`" in refusal(settings)


def test_a_database_of_another_encoding(server: Server, tmp_path: Path) -> None:
    name = server.cluster.make_database(
        options="ENCODING 'LATIN1' LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    with pytest.raises(StoreProblem, match=r"encoded as LATIN1.*--encoding=UTF8"):
        migrate(StoreSettings(server.cluster.url(name), tmp_path))
    server.cluster.drop_database(name)


def test_a_newer_schema(place: StoreSettings, server: Server) -> None:
    name = place.url.rpartition("/")[2]
    server.cluster.execute("UPDATE alembic_version SET version_num = '9999'", name)
    assert "has the newer schema 9999" in refusal(place)


def test_a_role_without_rights(place: StoreSettings, server: Server) -> None:
    server.cluster.execute(f"CREATE ROLE guest LOGIN PASSWORD '{SECRET}'")
    assert "denies our user its rights" in refusal(changed(place, "postern:", "guest:"))
    server.cluster.execute("DROP ROLE guest")


def test_a_server_with_too_many_connections(place: StoreSettings, server: Server) -> None:
    server.cluster.execute(f"CREATE ROLE crowd LOGIN PASSWORD '{SECRET}' CONNECTION LIMIT 0")
    assert "takes no more connections" in refusal(changed(place, "postern:", "crowd:"))
    server.cluster.execute("DROP ROLE crowd")


def test_a_server_that_is_read_only(place: StoreSettings, server: Server) -> None:
    name = place.url.rpartition("/")[2]
    server.cluster.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "is read-only: name its primary" in refusal(place)


def test_of_several_servers_the_one_that_answers_is_taken(
    place: StoreSettings, server: Server
) -> None:
    here = f"127.0.0.1:{server.cluster.port}"
    several = changed(place, here, f"127.0.0.1:{free_port()},{here}")
    open_database(several).close()


@pytest.mark.parametrize(
    ("url", "place", "host"),
    [
        ("postgresql://u:p@h/db", "postgresql://h/db", "h"),
        ("postgresql+psycopg://u:p@h:1,i:2/db", "postgresql://h:1,i:2/db", "h,i"),
        ("postgresql+asyncpg://u:p@/db?host=h:1&host=i:2", "postgresql://h:1,i:2/db", "h,i"),
        ("postgres://u:p@[::1]:5/db", "postgresql://[::1]:5/db", "::1"),
        ("postgresql:///db?host=/run/pg", "postgresql:///run/pg/db", "/run/pg"),
    ],
)
def test_urls_of_sqlalchemy_and_of_libpq_are_read(url: str, place: str, host: str) -> None:
    found = read_url(url)
    assert (found.place, found.arguments["host"]) == (place, host)
    assert found.arguments["target_session_attrs"] == "read-write"


@pytest.mark.parametrize("url", [f"postgresql://u:{SECRET}@h:1,i:2:3/db?x", "postgresql://h/?y=1"])
def test_a_url_that_cannot_be_read_is_not_repeated(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match=r"store\.url") as caught:
        open_database(StoreSettings(url, tmp_path))
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(StoreSettings(url, tmp_path))


async def test_a_full_disk_defers_and_passes(
    database: Database, writer: Writer, server: Server
) -> None:
    """A trigger says what the server says when its disk is full."""
    name = database.settings.url.rpartition("/")[2]
    server.cluster.execute(
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END$$",
        name,
    )
    server.cluster.execute(
        "CREATE TRIGGER no_room BEFORE INSERT ON outbox EXECUTE FUNCTION no_room()", name
    )
    with pytest.raises(StoreFull, match="free space on its server's disk"):
        await writer.save_message(received())
    server.cluster.execute("DROP TRIGGER no_room ON outbox", name)
    stored = await writer.save_message(received())
    assert stored.duplicate_of is None


async def test_a_deadlock_is_tried_again(
    database: Database, writer: Writer, server: Server
) -> None:
    name = database.settings.url.rpartition("/")[2]
    server.cluster.execute("CREATE SEQUENCE turns", name)
    server.cluster.execute("GRANT ALL ON turns TO postern", name)
    server.cluster.execute(
        "CREATE FUNCTION clash() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN "
        "IF nextval('turns') <= 2 THEN RAISE EXCEPTION USING ERRCODE = '40P01'; END IF; "
        "RETURN NULL; END$$",
        name,
    )
    server.cluster.execute(
        "CREATE TRIGGER clash AFTER INSERT ON outbox EXECUTE FUNCTION clash()", name
    )
    stored = await writer.save_message(received())
    assert stored.duplicate_of is None
    assert len(shown(database)) == 1


async def test_what_takes_too_long_is_a_store_problem(database: Database) -> None:
    writer = Writer(database, lambda: NOON, patience=0.2)
    writer.start()
    problem = pytest.raises(StoreProblem, match=r"did not commit within 0\.2 seconds")
    with database.write() as connection:
        connection.exec_driver_sql("LOCK TABLE transactions")
        with problem:
            await writer.save_message(received())
    await asyncio.to_thread(writer.close)
    again = Writer(database, lambda: NOON)
    again.start()
    await again.save_message(received())
    await asyncio.to_thread(again.close)
    assert len(shown(database)) == 1  # sent again, it is linked or it is the first


async def test_writes_of_people_do_not_keep_mail_waiting(
    database: Database, writer: Writer
) -> None:
    with database.write():
        stored = await writer.save_message(received())
    assert shown(database) == [stored.id]


async def test_two_nodes_that_get_the_same_mail_at_once_show_it_once(
    database: Database, place: StoreSettings
) -> None:
    """Both have the same mail in another order, so their batches meet in each row."""
    nodes = [database, open_database(database.settings)]
    box = add_domain(database, "reply.example", "all", "cli", NOON).mailbox
    writers = [Writer(node, lambda: NOON) for node in nodes]
    for writer in writers:
        writer.start()
    numbers = list(range(120))

    async def save(writer: Writer, order: list[int]) -> dict[int, str]:
        letters = [
            received(CONTENT + b"%d" % number, letter=envelope(mailboxes=[box])) for number in order
        ]
        found = await asyncio.gather(*(writer.save_message(letter) for letter in letters))
        return {
            number: one.duplicate_of or one.id for number, one in zip(order, found, strict=True)
        }

    first, second = await asyncio.gather(save(writers[0], numbers), save(writers[1], numbers[::-1]))
    for writer in writers:
        await asyncio.to_thread(writer.close)
    nodes[1].close()
    assert first == second
    assert set(shown(database)) == set(first.values())
    with database.read() as connection:
        everywhere = select(schema.tallies.c.number).where(schema.tallies.c.mailbox_id == "")
        assert connection.execute(everywhere).scalars().all() == [120]
        uses = select(func.min(schema.blobs.c.uses), func.max(schema.blobs.c.uses))
        assert connection.execute(uses).one() == (1, 1)
        answers = select(schema.dns_answers.c.uses)
        assert connection.execute(answers).scalars().all() == [240, 240]


async def test_a_batch_takes_few_round_trips(place: StoreSettings, server: Server) -> None:
    with relaying(server.cluster.port) as relay:
        database = open_database(changed(place, f":{server.cluster.port}", f":{relay.port}"))
        box = add_domain(database, "reply.example", "all", "cli", NOON).mailbox
        writer = Writer(database, lambda: NOON)
        writer.start()
        letters = [
            received(CONTENT + b"%d" % number, letter=envelope(mailboxes=[box]))
            for number in range(64)
        ]
        await writer.save_message(received())  # what is done once for each connection is done
        before = relay.flights
        await asyncio.gather(*(writer.save_message(letter) for letter in letters))
        flights = relay.flights - before
        await asyncio.to_thread(writer.close)
        database.close()
    # Five for a batch. A busy machine makes several of them; one statement each would be 500.
    assert flights < len(letters)


async def test_a_far_server_keeps_all_mail(place: StoreSettings, server: Server) -> None:
    """Half a second for each round trip: slow, and nothing is lost or refused."""
    with relaying(server.cluster.port, delay=0.25) as relay:
        database = open_database(changed(place, f":{server.cluster.port}", f":{relay.port}"))
        writer = Writer(database, lambda: NOON)
        writer.start()
        letters = [received(CONTENT + b"%d" % number) for number in range(100)]
        await asyncio.gather(*(writer.save_message(letter) for letter in letters))
        await asyncio.to_thread(writer.close)
        database.close()
    near = open_database(place)
    assert len(shown(near)) == 100
    near.close()


async def test_a_connection_that_is_cut_is_made_anew(place: StoreSettings, server: Server) -> None:
    with relaying(server.cluster.port) as relay:
        database = open_database(changed(place, f":{server.cluster.port}", f":{relay.port}"))
        writer = Writer(database, lambda: NOON)
        writer.start()
        for number in range(3):
            await writer.save_message(received(CONTENT + b"%d" % number))
            relay.cut()
        await asyncio.to_thread(writer.close)
        database.close()
    near = open_database(place)
    assert len(shown(near)) == 3
    near.close()


async def test_a_standby_that_does_not_confirm_is_no_commit(
    place: StoreSettings, server: Server
) -> None:
    """The server gives up waiting, commits alone and warns: whoever hears 250 must not count on
    that. Sent again, the message is linked to what was committed."""
    cluster, name = server.cluster, place.url.rpartition("/")[2]
    database = open_database(place)
    writer = Writer(database, lambda: NOON)
    writer.start()
    cluster.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    cluster.execute("SELECT pg_reload_conf()")
    try:
        task = asyncio.create_task(writer.save_message(received()))
        waiting = f"datname = '{name}' AND wait_event = 'SyncRep'"
        deadline = time.monotonic() + 30
        while not (pids := cluster.execute(f"SELECT pid FROM pg_stat_activity WHERE {waiting}")):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        cluster.execute(f"SELECT pg_cancel_backend({pids[0][0]})")
        with pytest.raises(Unconfirmed, match="committed without its standby"):
            await task
    finally:
        cluster.execute("ALTER SYSTEM RESET synchronous_standby_names")
        cluster.execute("SELECT pg_reload_conf()")
    again = await writer.save_message(received())
    await asyncio.to_thread(writer.close)
    assert again.duplicate_of is not None
    assert shown(database) == [again.duplicate_of]
    database.close()


async def test_a_server_that_is_away_is_said_at_once_to_all_that_wait(
    place: StoreSettings, server: Server
) -> None:
    with relaying(server.cluster.port) as relay:
        database = open_database(changed(place, f":{server.cluster.port}", f":{relay.port}"))
        writer = Writer(database, lambda: NOON)
        writer.start()
        await writer.save_message(received())
    letters = [received(CONTENT + b"%d" % number) for number in range(200)]
    answers = await asyncio.gather(
        *(writer.save_message(letter) for letter in letters), return_exceptions=True
    )
    await asyncio.to_thread(writer.close)
    database.close()
    assert {type(answer) for answer in answers} == {Unreachable}


def test_the_directory_follows_the_store_without_being_asked(database: Database) -> None:
    from mail.address import Domain, parse_address

    directory = Directory(database, Domain("mx.reply.example"))
    address = parse_address("a@reply.example")
    assert directory.route(address) is None
    add_domain(database, "reply.example", "all", "cli", NOON)
    deadline = time.monotonic() + 30
    while directory.route(address) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_ids_sort_by_their_octets_whatever_the_language(database: Database) -> None:
    query = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
        "'public' AND character_maximum_length = 26 AND collation_name IS DISTINCT FROM 'C'"
    )
    with database.read() as connection:
        assert connection.exec_driver_sql(query).all() == []
    assert len(new_id(NOON)) == 26


def shown(database: Database) -> list[str]:
    return [row.id for row in find_messages(database, MessageFilter(), 500).items]


def test_check_says_what_250_means_here(place: StoreSettings, server: Server) -> None:
    """The cluster of the tests is fast and careless, which is to be said."""
    cluster = server.cluster
    assert _found(place) == {
        "store server": {"ok", "bad"},
        "store standby": {"warn"},
    }
    cluster.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    cluster.execute("SELECT pg_reload_conf()")
    try:
        assert _found(place)["store standby"] == {"bad"}
    finally:
        cluster.execute("ALTER SYSTEM RESET synchronous_standby_names")
        cluster.execute("SELECT pg_reload_conf()")


def _found(settings: StoreSettings) -> dict[str, set[str]]:
    database = open_database(settings)
    found: dict[str, set[str]] = {}
    for one in check_server(database):
        assert SECRET not in one.found
        found.setdefault(one.what, set()).add(one.state)
    database.close()
    return found
