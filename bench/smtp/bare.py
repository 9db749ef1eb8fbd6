"""aiosmtpd with a handler that does nothing: python -m bench.smtp.bare PORT [uvloop]"""

import asyncio
import sys
from typing import Any

import uvloop
from aiosmtpd.smtp import SMTP


class Nothing:
    """Takes everything, checks nothing, keeps nothing."""

    async def handle_DATA(self, *_: Any) -> str:
        return "250 OK"


async def serve(port: int) -> None:
    """Until killed."""
    loop = asyncio.get_running_loop()
    handler = Nothing()

    def session() -> SMTP:
        return SMTP(handler, hostname="bare.test", data_size_limit=60_000_000, loop=loop)

    server = await loop.create_server(session, "127.0.0.1", port, backlog=1024)
    print("serving", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    if "uvloop" in sys.argv:
        uvloop.run(serve(int(sys.argv[1])))
    else:
        asyncio.run(serve(int(sys.argv[1])))
