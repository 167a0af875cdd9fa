"""A simulator's control channel: verbs in, answers out, one JSON object a line."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable

_LONGEST_REQUEST = 1 << 20


class ControlError(ValueError):
    """A request on the control channel cannot be carried out. The message says why."""


class CarriesOut(Protocol):
    """What is told of each verb."""

    def __call__(self, verb: str, arguments: dict[str, object]) -> Awaitable[dict[str, object]]:
        """Carry it out, and return what is to be answered; ``ValueError`` is answered with its sentence."""
        ...


class ControlChannel:
    """Takes requests at ``where``, a (host, port) or the path of a socket.

    Args:
        where: where to listen.
        carry_out: carries out each verb.
    """

    def __init__(self, where: tuple[str, int] | Path, carry_out: CarriesOut) -> None:
        self._where = where
        self._carry_out = carry_out

    async def open(self) -> tuple[asyncio.Server, str]:
        """Listen; return the server and its address."""
        if isinstance(self._where, Path):
            server = await asyncio.start_unix_server(self._attend, self._where, limit=_LONGEST_REQUEST)
            return server, f"unix://{self._where.absolute()}"
        server = await asyncio.start_server(self._attend, *self._where, limit=_LONGEST_REQUEST)
        host, port = server.sockets[0].getsockname()[:2]
        return server, f"tcp://{host}:{port}"

    def remove(self) -> None:
        """Remove the socket's path, where it has one."""
        if isinstance(self._where, Path):
            self._where.unlink(missing_ok=True)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                while line := await reader.readline():
                    writer.write(json.dumps(await self._answer(line), ensure_ascii=False).encode() + b"\n")
                    await writer.drain()
        finally:
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, object]:
        try:
            request = json.loads(line)
            if not isinstance(request, dict) or not isinstance(request.get("verb"), str):
                raise ControlError('a request is an object with a "verb"')
            arguments = {key: value for key, value in request.items() if key != "verb"}
            return {"ok": True, **await self._carry_out(request["verb"], arguments)}
        except ValueError as failure:  # ControlError, FaultPlanError and broken JSON
            return {"ok": False, "error": str(failure)}
