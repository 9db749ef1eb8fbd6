"""The console and the API as a program."""

import contextlib
import socket
from importlib.metadata import version

from cli import build
from cli.config import Config
from cli.presence import this_program
from cli.program import Orders, Role
from cli.public_pages import public_pages
from digest.apart.limits import ATTENDED, made_for
from digest.apart.pool import Pool
from store.database import open_database
from store.metric_files import metrics_folder, published
from store.metrics import Metrics
from web.app import create_app
from web.server import serve as serve_web
from web.settings import WebSettings


def web(config: Config, sockets: list[socket.socket]) -> Role:
    """The console and the API on `sockets`."""

    async def role(orders: Orders) -> None:
        limits = made_for(ATTENDED, config.smtp.max_message_bytes)
        with (
            contextlib.closing(open_database(build.store_settings(config))) as database,
            contextlib.closing(Pool(config.data_dir / "spool", limits)) as parts,
        ):
            app = create_app(database, _web_settings(config), parts=parts, now=build.now)
            known = this_program(config, database, "web")
            async with known, published(Metrics(), metrics_folder(database), "web"):
                await serve_web(app, sockets, orders.retire, orders.ready, orders.closed)

    return role


def _web_settings(config: Config) -> WebSettings:
    """How the console is reached, and by whom."""
    return WebSettings(
        public_url=config.web.public_url,
        trusted_proxies=config.web.trusted_proxies,
        metrics_networks=config.web.metrics_networks,
        hostname=config.hostname,
        version=version("postern"),
        public_pages=public_pages(config),
    )
