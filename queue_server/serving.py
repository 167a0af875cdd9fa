"""Serving the application: where it listens, with what certificate, and how it stops.

At ``SIGTERM`` or ``SIGINT`` the server accepts nobody any more, ends every feed, answers what it was asked, writes the
batch in hand and ends with status 0.
"""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from queue_server.api.feed import Hub
from queue_server.api.lobby import Lobby
from queue_server.app import create_app
from queue_server.connections import Connections, protocol_of

KEEP_ALIVE_S = 75
SWITCH_S = 0.0005
"""How long the writer's thread may keep the interpreter while the loop waits: Python's 5 ms is many answers."""
COLLECT = (20_000, 20, 20)
"""When Python looks for cyclic garbage, see ``gc.set_threshold``: after so many new objects, not after 700."""
GRACE_S = 15
"""How long answers may take after the signal."""


class ServingError(Exception):
    """The server does not serve; the sentence says why and what to do."""


class Server(uvicorn.Server):
    """uvicorn, ending its feeds before it waits for its answers, and without dying of the signal it obeyed."""

    def __init__(self, config: uvicorn.Config, hub: Hub, told: Callable[[str], None]) -> None:
        """Serve as ``config`` says; ``told`` is given the address once the server listens."""
        super().__init__(config)
        self._hub = hub
        self._told = told

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at either signal; uvicorn's own way would raise it again at the end."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for one in signals:
            loop.add_signal_handler(one, self._stop)
        try:
            yield
        finally:
            for one in signals:
                loop.remove_signal_handler(one)

    def _stop(self) -> None:
        if self.should_exit:
            self.force_exit = True
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell where."""
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        scheme = "https" if self.config.is_ssl else "http"
        self._told(f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the feeds first: they would never end by themselves."""
        self._hub.close_all()
        await super().shutdown(sockets)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(host: str, tls: tuple[Path, Path] | None) -> None:
    """Refuse to speak in the clear to anybody but this machine.

    Raises:
        ServingError: another address than this machine's own, and no certificate.
    """
    if tls is None and not is_loopback(host):
        raise ServingError(
            f"{host} is reached from other machines, and without TLS anybody on the way could read patients' data. "
            "Nothing was started. Run `houzhen-server certificates`, then serve with --tls."
        )


async def serve(
    lobby: Lobby, host: str, port: int, *, tls: tuple[Path, Path] | None, told: Callable[[str], None]
) -> None:
    """Serve the running ``lobby`` until told to stop.

    Args:
        lobby: as ``app.running`` started it.
        host: the address to listen at.
        port: the port; 0 is any free one.
        tls: the certificate (with its chain) and its key, in PEM form.
        told: given the address (``http://127.0.0.1:8600``) once the server listens.

    Raises:
        ServingError: another address than this machine's own and no certificate, a certificate that cannot be read, or
            an address that cannot be listened at.
    """
    check_address(host, tls)
    _tune_interpreter()
    config = uvicorn.Config(
        create_app(lobby),
        http=protocol_of(Connections(lobby.configuration.server.connections_per_address, lobby.proxies.include)),
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        ssl_certfile=tls[0] if tls else None,
        ssl_keyfile=tls[1] if tls else None,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise ServingError(f"The certificate and its key cannot be used: {error}. Nothing was started.") from error
    with _listen(host, port) as listening:
        await Server(config, lobby.hub, told).serve(sockets=[listening])


def _tune_interpreter() -> None:
    """Set the interpreter up for one busy loop and one writer, over a day's state that stays."""
    sys.setswitchinterval(SWITCH_S)
    # What was loaded at the start is never garbage, and a day's records are no cycles: looking through all of it again
    # and again cost a tenth of every command.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise ServingError(
            f"{host}:{port} cannot be listened at: {error.strerror}. Another server may use it; choose another --port."
        ) from error
    return listening


def tell(address: str, ready_file: Path | None, ready_fd: int | None) -> None:
    """Print the address, and write it where whoever started the server waits for it."""
    print(f"Houzhen is ready at {address}", flush=True)  # noqa: T201 - for whoever started it
    if ready_file is not None:
        part = ready_file.with_name(f"{ready_file.name}.part")
        part.write_text(f"{address}\n")
        part.replace(ready_file)
    if ready_fd is not None:
        os.write(ready_fd, f"{address}\n".encode())
        os.close(ready_fd)
