"""The console and the API as they really run: uvicorn on a port of its own, a store in a folder of
its own, and clients that speak HTTP."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from digest import parts
from store.database import Database, StoreSettings, migrate, open_database
from store.operators import add_operator
from store.tokens import create_token
from tests.fakes import NOON, FixedClock
from tests.web.samples import fill
from web.app import create_app
from web.server import serve
from web.settings import WebSettings

PASSWORD = "correct horse battery staple"


@dataclass
class Site:
    """A running console: where it is, what it stands on, and the ids of its sample messages."""

    url: str
    database: Database
    clock: FixedClock
    ids: dict[str, str] = field(default_factory=dict)

    def client(self, token: str | None = None) -> httpx.Client:
        """An HTTP client of its own, with a token or with nothing."""
        headers = {"authorization": f"Bearer {self.token(token)}"} if token else {}
        return httpx.Client(base_url=self.url, headers=headers)

    def token(self, scope: str) -> str:
        """A new token with this scope."""
        name = f"{scope} {threading.get_ident()} {len(self.ids)} {socket.gethostname()}"
        self.ids[name] = name
        return create_token(self.database, name, scope, NOON)

    def signed_in(self, name: str = "admin") -> httpx.Client:
        """A client with the session of the operator who is called as their role."""
        client = self.client()
        answer = sign_in(client, name)
        assert answer.status_code == 303, answer.text
        return client


def csrf_of(page: str) -> str:
    """The token in a page's form."""
    return page.split('name="csrf" value="', 1)[1].split('"', 1)[0]


def sign_in(
    client: httpx.Client, name: str, password: str = PASSWORD, **more: str
) -> httpx.Response:
    """What a browser does with the login form."""
    token = csrf_of(client.get("/login").text)
    return client.post("/login", data={"name": name, "password": password, "csrf": token, **more})


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A closed store with the samples and an operator of each role, to be copied."""
    folder = tmp_path_factory.mktemp("filled") / "data"
    settings = StoreSettings("", folder)
    migrate(settings)
    database = open_database(settings)
    ids = asyncio.run(fill(database))
    for role in ("admin", "operator", "viewer"):
        add_operator(database, role, role, PASSWORD, NOON)
    database.close()
    return folder, ids


@pytest.fixture
def site(filled: tuple[Path, dict[str, str]], tmp_path: Path) -> Iterator[Site]:
    """A console with the sample mail."""
    folder, ids = filled
    shutil.copytree(folder, tmp_path / "data")
    with running(tmp_path / "data") as found:
        found.ids.update(ids)
        yield found


class running:
    """A server on a free port, in a thread with a loop of its own, for as long as a block."""

    def __init__(self, folder: Path, settings: WebSettings | None = None) -> None:
        self._database = open_database(StoreSettings("", folder))
        self._clock = FixedClock()
        self._settings = settings or WebSettings(hostname="mx.acme.example", version="0.1.0")
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Site:
        self._socket = socket.create_server(("127.0.0.1", 0))
        port = self._socket.getsockname()[1]
        self._thread.start()
        assert self._ready.wait(20)
        return Site(f"http://127.0.0.1:{port}", self._database, self._clock)

    def __exit__(self, *problem: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)
        self._database.close()

    def _run(self) -> None:
        app = create_app(self._database, self._settings, parts, self._clock)
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(serve(app, [self._socket], self._stop, self._ready.set))
        self._loop.close()
