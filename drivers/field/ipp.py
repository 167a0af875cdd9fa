"""What passes between a driver and a document printer, in words: HTTP's first lines, and what an IPP message is about.

Headers are hidden, since they may bring a password, and so is all of a message but its first eight bytes (RFC 8010,
3.1.1: version, operation or status, number): it names users and jobs, and ends with the document.
"""

from __future__ import annotations

from typing import Final

from drivers.document_printer.requests import Operation
from drivers.field.pieces import Piece
from drivers.relay import Direction

_END_OF_HEAD: Final = b"\r\n\r\n"
_LONGEST_HEAD: Final = 16_384
_IPP_HEAD: Final = 8
_STATUSES: Final = {
    0x0000: "ok",
    0x0001: "ok, some attributes ignored or substituted",
    0x0400: "bad request",
    0x0403: "not authorised",
    0x0404: "not possible",
    0x0406: "not found",
    0x040A: "document format not supported",
    0x040B: "attributes or values not supported",
    0x0500: "internal error",
    0x0502: "service unavailable",
    0x0503: "version not supported",
    0x0507: "busy",
}
"""Of RFC 8011, appendix B."""


class Ipp:
    """Cuts one way of a document printer's line."""

    def __init__(self, direction: Direction) -> None:
        self._asks = direction is Direction.TO_DEVICE
        self._held = b""
        self._left: int | None = 0
        """Bytes of the body, or of its chunk, that are still to come; None = it ends with the line."""
        self._chunked = False
        self._begins = False
        """Whether the next bytes of a body begin an IPP message."""

    def feed(self, data: bytes) -> list[Piece]:
        """See ``Cutter``."""
        self._held += data
        pieces: list[Piece] = []
        while self._held:
            piece = self._body() if self._left is None or self._left > 0 else self._between()
            if piece is None:
                break
            pieces.append(piece)
        return pieces

    def broken_off(self) -> list[Piece]:
        """See ``Cutter``. An answer may still be under way while the next request is."""
        return []

    def _take(self, size: int) -> bytes:
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def _body(self) -> Piece | None:
        least = _IPP_HEAD if self._left is None else min(_IPP_HEAD, self._left)
        if self._begins and len(self._held) < least:
            return None
        part = self._take(len(self._held) if self._left is None else self._left)
        self._left = None if self._left is None else self._left - len(part)
        begins, self._begins = self._begins, False
        if begins and len(part) >= _IPP_HEAD:
            return Piece(part, self._about(part), personal=True, head=_IPP_HEAD)
        return Piece(part, "continues", personal=True)

    def _between(self) -> Piece | None:
        """Take a chunk's size, or a message's head."""
        if self._chunked:
            line, found, _ = self._held.removeprefix(b"\r\n").partition(b"\r\n")
            if not found:
                return None
            whole = self._take(self._held.index(line) + len(line) + 2)
            try:
                self._left = int(line.partition(b";")[0], 16)
            except ValueError:
                self._left, self._chunked = None, False
                return Piece(whole, "no chunk", personal=True)
            if not self._left:
                self._chunked = False
                whole += self._take(2 if self._held.startswith(b"\r\n") else 0)
            return Piece(whole, f"chunk of {self._left} bytes")
        head, found, _ = self._held.partition(_END_OF_HEAD)
        if not found:
            if len(self._held) <= _LONGEST_HEAD:
                return None
            return Piece(self._take(len(self._held)), "not HTTP", personal=True)
        return self._head(head)

    def _head(self, head: bytes) -> Piece:
        whole = self._take(len(head) + len(_END_OF_HEAD))
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self._chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        size = headers.get("content-length", "")
        goes_on = self._asks or self._chunked or first.split(" ")[1:2] == ["100"]
        self._left = int(size) if size.isdecimal() else 0 if goes_on else None
        self._begins = headers.get("content-type", "").startswith("application/ipp")
        words = " ".join(first.split(" ")[:2] if self._asks else first.split(" ")[1:])
        return Piece(whole, f"HTTP: {words.partition('?')[0]}", personal=True)

    def _about(self, message: bytes) -> str:
        code = int.from_bytes(message[2:4], "big")
        number = int.from_bytes(message[4:8], "big")
        if self._asks:
            known = code in set(Operation)
            what = Operation(code).name.replace("_", "-").title() if known else f"operation {code:04X}"
        else:
            what = _STATUSES.get(code, f"status {code:04X}")
        return f"IPP {message[0]}.{message[1]}, {number}: {what}"
