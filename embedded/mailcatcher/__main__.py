"""`python -m embedded.mailcatcher`: SMTP and HTTP on loopback, one loop, no threads."""

import argparse
import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from embedded.mailcatcher.api import Api, problems_as_json
from embedded.mailcatcher.box import Box
from embedded.mailcatcher.mails import Mails
from embedded.mailcatcher.pages import Pages
from embedded.mailcatcher.sms import Inbox

HOST = "127.0.0.1"
MAX_MAIL_BYTES = 10_000_000


class Receiver:
    """Takes every mail for everybody."""

    def __init__(self, mails: Mails) -> None:
        self._mails = mails

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content: Any = envelope.content
        self._mails.add(content if isinstance(content, bytes) else str(content).encode())
        return "250 Kept"


def application(mails: Mails, inbox: Inbox) -> web.Application:
    """The HTTP side."""
    app = web.Application(middlewares=[problems_as_json])
    app.add_routes([*Api(mails, inbox).routes(), *Pages(mails, inbox).routes()])
    return app


async def serve(folder: Path, smtp: socket.socket, http: socket.socket) -> None:
    """Until SIGTERM or SIGINT."""
    mails = Mails(Box(folder / "mail", ".eml"))
    inbox = Inbox(Box(folder / "sms", ".json"))
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    receiver = Receiver(mails)
    smtp_server = await loop.create_server(
        lambda: SMTP(
            receiver,
            data_size_limit=MAX_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="mail.kezek.example",
            ident="Kezek mail catcher",
            loop=loop,
        ),
        sock=smtp,
    )
    runner = web.AppRunner(application(mails, inbox), access_log=None, shutdown_timeout=2)
    await runner.setup()
    await web.SockSite(runner, http).start()
    await stop.wait()
    smtp_server.close()
    await runner.cleanup()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m embedded.mailcatcher", description=__doc__)
    for name in ("smtp", "http"):
        place = parser.add_mutually_exclusive_group(required=True)
        place.add_argument(f"--{name}-port", type=int, help="listen on this port of loopback")
        place.add_argument(f"--{name}-fd", type=int, help="a listening socket that was handed down")
    parser.add_argument("--folder", type=Path, required=True, help="where everything is kept")
    given = parser.parse_args(arguments)
    # aiosmtpd logs whole conversations at INFO: addresses do not belong in a log.
    logging.basicConfig(level=logging.WARNING)
    try:
        smtp = _socket(given.smtp_port, given.smtp_fd)
        http = _socket(given.http_port, given.http_fd)
    except OSError as error:
        print(f"mail catcher: cannot listen: {error.strerror}", file=sys.stderr)
        return 2
    asyncio.run(serve(given.folder, smtp, http))
    return 0


def _socket(port: int | None, handed_down: int | None) -> socket.socket:
    if handed_down is not None:
        return socket.socket(fileno=handed_down)
    return socket.create_server((HOST, port or 0), backlog=128)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
