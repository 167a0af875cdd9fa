"""Tickets on paper at the desk, by the browser's own printing: the code to print, and what became of the paper."""

from __future__ import annotations

import asyncio
from typing import Any

import qrcode
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from queue_server import contract as c
from queue_server.api.guards import staff_of
from queue_server.api.lobby import Lobby
from queue_server.engine.commands import ReportPrint

_QUIET_MODULES = 4
"""White around a QR code (ISO/IEC 18004, section 6.3.8)."""


@post("/print", status_code=200)
async def report_print(
    request: Request[Any, Any, Any], lobby: NamedDependency[Lobby], data: JSONBody[c.PrintAsked]
) -> c.Done:
    """What became of a ticket's paper at the desk."""
    command = ReportPrint(data.ticket, data.outcome, reprint=data.reprint)
    return await lobby.submit(command, data, staff_of(request).actor)


@get("/tickets/{ticket:str}/code", media_type="image/svg+xml")
async def show_code(lobby: NamedDependency[Lobby], ticket: FromPath[str]) -> Response[bytes]:
    """The QR code of a ticket's slip, as a drawing."""
    payload = lobby.views.code(lobby.ticket(ticket))
    # The state and the names are the loop's own: the drawing alone is made beside it.
    return Response(await asyncio.to_thread(code_drawing, payload), media_type="image/svg+xml")


def code_drawing(payload: str) -> bytes:
    """Draw ``payload`` as a QR code (model 2, correction M) in SVG, one unit a module, with its quiet zone."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=_QUIET_MODULES)
    code.add_data(payload.encode())
    code.make(fit=True)
    matrix = code.get_matrix()
    side = len(matrix)
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, module in enumerate(row) if module)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/><path d="{dark}" fill="#000"/></svg>'
    ).encode()


handlers = [report_print, show_code]
