"""The console and the API as they really run: uvicorn on a port of its own, a store in a folder of
its own, and clients that speak HTTP.

Starting and stopping a server takes longer than most tests, so one server runs throughout; each
test has an app and a store of its own behind it.
"""

import asyncio
import itertools
import shutil
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from starlette.types import ASGIApp, Receive, Scope, Send

from digest.apart.limits import Limits
from digest.apart.pool import Pool
from store.database import Database, StoreSettings, migrate, open_database
from store.operators import add_operator, list_operators, open_session
from store.tokens import create_token
from tests.fakes import NOON, FixedClock
from tests.services import NO_AUTHORITY, require
from tests.web.browsing import ARGUMENTS, PATIENCE, WIDE, Complaints, signed_in
from tests.web.samples import fill
from web.app import create_app
from web.caller import COOKIE
from web.csrf import token_for
from web.server import serve
from web.settings import WebSettings

UNHURRIED = Limits(cpu=20.0, wall=60.0, headline=20.0, headline_wall=60.0)
"""For machines that are busy with other tests."""

PASSWORD = "correct horse battery staple"
SETTINGS = WebSettings(hostname="mx.acme.example", version="0.1.0")


class Front:
    """A server in a thread with a loop of its own; it passes everything to the app of the day."""

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.pool = Pool(limits=UNHURRIED)
        self.asked: list[str] = []
        """The path of every request that came in."""
        self.loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run, daemon=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        self.asked.append(scope["path"])
        await self.app(scope, receive, send)

    def start(self) -> None:
        """Returns when it answers."""
        ready = threading.Event()
        self._ready = ready.set
        self._thread.start()
        assert ready.wait(60)

    def stop(self) -> None:
        """Returns when it is gone."""
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        self.loop.close()
        self.pool.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(serve(self, [self._socket], self._stop, self._ready))


@dataclass
class Site:
    """A running console: where it is, what it stands on, and the ids of its sample messages."""

    url: str
    database: Database
    clock: FixedClock
    ids: dict[str, str] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _closing: ExitStack = field(default_factory=ExitStack)

    def client(self, token: str | None = None) -> httpx.Client:
        """An HTTP client of its own, with a token of that scope or with nothing."""
        headers = {"authorization": f"Bearer {self.token(token)}"} if token else {}
        client = httpx.Client(base_url=self.url, headers=headers, timeout=60, verify=NO_AUTHORITY)
        return self._closing.enter_context(client)

    def token(self, scope: str) -> str:
        """A new token with this scope."""
        return create_token(self.database, f"{scope} {next(self._numbers)}", scope, NOON)

    def signed_in(self, role: str = "admin") -> httpx.Client:
        """A client with a session of the operator who is called as their role."""
        operator = next(one for one in list_operators(self.database) if one.name == role)
        secret = open_session(self.database, operator, self.clock())
        client = self.client()
        client.cookies.set(COOKIE, secret, domain="127.0.0.1")
        client.headers["x-csrf-token"] = token_for(secret)
        return client

    def submit(
        self, client: httpx.Client, path: str, csrf: str | None = None, **fields: str
    ) -> httpx.Response:
        """A form sent as the page would, with its token unless another is given."""
        token = client.headers["x-csrf-token"] if csrf is None else csrf
        return client.post(path, data={"csrf": token, **fields})

    def close(self) -> None:
        """Close all clients that it gave out."""
        self._closing.close()


def csrf_of(page: str) -> str:
    """The token in a page's form."""
    return page.split('name="csrf" value="', 1)[1].split('"', 1)[0]


def sign_in(
    client: httpx.Client, name: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    """What a browser does with the login form."""
    token = csrf_of(client.get("/login").text)
    return client.post("/login", data={"name": name, "password": password, "csrf": token, **more})


@contextmanager
def console(
    front: Front, folder: Path, settings: WebSettings = SETTINGS, pool: Pool | None = None
) -> Iterator[Site]:
    """The console over the store in `folder`, for as long as the block. It opens mail with `pool`,
    or with the one that all tests share, as a nursery takes a second to begin."""
    database = open_database(StoreSettings("", folder))
    clock = FixedClock()
    site = Site(front.url, database, clock)
    front.app = create_app(database, settings, pool or front.pool, clock)
    try:
        yield site
    finally:
        site.close()
        database.close()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A closed store with the samples and an operator of each role, to be copied."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    settings = StoreSettings("", folder)
    migrate(settings)
    database = open_database(settings)
    # In a thread of its own: beside a browser test, a loop runs in this one already.
    with ThreadPoolExecutor(1) as thread:
        ids = thread.submit(lambda: asyncio.run(fill(database))).result()
    for role in ("admin", "operator", "viewer"):
        add_operator(database, role, role, PASSWORD, NOON)
    database.close()
    return folder, ids


@pytest.fixture(scope="session")
def front() -> Iterator[Front]:
    """The server of all tests."""
    server = Front()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def folder(filled: tuple[Path, dict[str, str]], tmp_path: Path) -> Path:
    """A copy of the filled store, for one test."""
    shutil.copytree(filled[0], tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def site(front: Front, folder: Path, filled: tuple[Path, dict[str, str]]) -> Iterator[Site]:
    """A console with the sample mail."""
    with console(front, folder) as found:
        found.ids.update(filled[1])
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a module; each test has a profile of its own in it."""
    program = require("chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=program, args=ARGUMENTS, timeout=PATIENCE
        )
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    """An English viewer in Shanghai before a wide screen."""
    found = browser.new_context(
        base_url=site.url, locale="en-GB", timezone_id="Asia/Shanghai", viewport=WIDE
    )
    found.set_default_timeout(PATIENCE)
    complaints = Complaints(found)
    yield found
    found.close()
    assert complaints.lines == []


@pytest.fixture
def page(context: BrowserContext, site: Site) -> Page:
    """A page of somebody who is signed in as admin."""
    return signed_in(context, site)
