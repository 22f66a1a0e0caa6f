"""Puts the systems, the subscriber and the control endpoints behind one loopback port."""

import asyncio
import logging
import signal
from pathlib import Path

from config.demo.systems.application import BY_SYSTEM, Systems
from config.demo.systems.control import Control
from config.demo.systems.messages import Answer, Request, VendorError
from config.demo.systems.store import Store
from config.demo.systems.subscriber import Subscriber
from config.demo.systems.switch import Switch
from config.demo.systems.tokens import ensure_tokens
from config.demo.systems.wire import Connection

LOGGER = logging.getLogger(__name__)


class Front:
    """Sends each request to whom it is for."""

    def __init__(self, data_dir: Path, latency: float) -> None:
        self._store = Store(data_dir / "systems.sqlite3")
        switch = Switch(self._store)
        self._systems = Systems(self._store, switch, ensure_tokens(data_dir), latency)
        self._subscriber = Subscriber(self._store, switch)
        self.control = Control(self._store, switch)

    def handle(self, request: Request) -> Answer:
        """Answers any request; a fault of this program is a 500, and it goes on serving."""
        first = request.path.strip("/").split("/", 1)[0]
        try:
            if first in BY_SYSTEM:
                return self._systems.answer(request, first)
            if first == "subscriber":
                return self._subscriber.answer(request)
            return self.control.answer(request)
        except VendorError as error:
            return error.answer()
        except Exception:
            LOGGER.exception("%s %s failed", request.method, request.target)
            return Answer(500, {"error": {"code": "internal", "message": "This server is at fault."}})

    def close(self) -> None:
        """Closes the store."""
        self._store.close()


async def serve(port: int, data_dir: Path, latency: float) -> None:
    """Serves on 127.0.0.1 until SIGTERM or SIGINT. `latency` in seconds is added to answers of the systems."""
    front = Front(data_dir, latency)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    server = await loop.create_server(
        lambda: Connection(front.handle, front.control.count_stub_call), "127.0.0.1", port
    )
    LOGGER.info("systems of record on %s", server.sockets[0].getsockname())
    await stop.wait()
    server.close()
    front.close()
