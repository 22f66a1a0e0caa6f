"""A mail server that delivers to a directory: one `.eml` a message, nothing ever leaves the machine.

    python -m config.demo.mail_sink --port N --dir DIR

File names sort by time of arrival (`20260101T120000.123456-00001.eml`). A message is written to a hidden
draft, synced and renamed before the sender gets its 250, so a file is whole or not there, also after a
kill. The envelope is kept in the headers `X-Envelope-From` and `X-Envelope-To`.
"""

import argparse
import asyncio
import itertools
import logging
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

LOGGER = logging.getLogger(__name__)
MAX_MESSAGE = 25 * 1024 * 1024


def printable(address: str | None) -> str:
    """An envelope address that cannot break out of its header line."""
    return "".join(char for char in address or "" if char.isprintable())


class DirectorySink:
    """The aiosmtpd handler that writes each message to `directory`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._numbers = itertools.count(1)
        for draft in directory.glob(".*.draft"):
            draft.unlink()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Stores one message; called by aiosmtpd, which names it."""
        content = envelope.original_content or b""
        path = self.write(envelope.mail_from, list(envelope.rcpt_tos), content)
        LOGGER.info("mail for %s in %s", ", ".join(map(printable, envelope.rcpt_tos)), path.name)
        return "250 OK stored"

    def write(self, sender: str | None, recipients: list[str], content: bytes) -> Path:
        """Writes one message atomically and returns its file."""
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{next(self._numbers):05d}"
        envelope = (
            f"X-Envelope-From: {printable(sender)}\r\n"
            f"X-Envelope-To: {', '.join(map(printable, recipients))}\r\n"
        )
        draft = self._directory / f".{stamp}.draft"
        with draft.open("wb") as file:
            file.write(envelope.encode() + content)
            file.flush()
            os.fsync(file.fileno())
        return draft.rename(self._directory / f"{stamp}.eml")


async def serve(port: int, directory: Path) -> None:
    """Accepts mail on 127.0.0.1 until SIGTERM or SIGINT."""
    sink = DirectorySink(directory)
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    server = await loop.create_server(
        lambda: SMTP(sink, data_size_limit=MAX_MESSAGE, enable_SMTPUTF8=True, hostname="mail.localhost"),
        "127.0.0.1",
        port,
    )
    LOGGER.info("mail sink on 127.0.0.1:%s", port)
    await stop.wait()
    server.close()


def main() -> None:
    """Parses the command line and serves until told to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m config.demo.mail_sink", description="Mail to a directory"
    )
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1")
    parser.add_argument("--dir", type=Path, required=True, help="where the .eml files go")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    asyncio.run(serve(options.port, options.dir))


if __name__ == "__main__":
    main()
