"""Real-time commands: obeyed as they arrive, before anything that waits in the buffer, and not kept in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLEAR = bytes.fromhex("10 14 08 01 03 14 01 06 02 08")

COMMANDS: dict[bytes, str] = {
    **{bytes([0x10, 0x04, which]): f"status {which}" for which in (1, 2, 3, 4)},
    b"\x10\x05\x01": "recover",
    b"\x10\x05\x02": "clear and recover",
    _CLEAR: "clear",
}
_BEGINNINGS = {command[:length] for command in COMMANDS for length in range(1, len(command))}


class RealTimeFilter:
    """Picks real-time commands out of what arrives, wherever they stand, also within a picture."""

    def __init__(self) -> None:
        self._begun = b""

    def split(self, data: bytes) -> Iterator[tuple[bytes, str | None]]:
        """Take what arrived; yield in order what goes into the buffer, and the name of each command as it is complete.

        What holds no ``DLE`` is taken whole: almost all of a picture.
        """
        at = 0
        while at < len(data):
            if not self._begun:
                next_dle = data.find(b"\x10", at)
                end = len(data) if next_dle < 0 else next_dle
                if end > at:
                    yield data[at:end], None
                    at = end
                    continue
            yield self.feed(data[at])
            at += 1

    def feed(self, byte: int) -> tuple[bytes, str | None]:
        """Take one byte; return what goes into the buffer, and the name of a command that is complete."""
        self._begun += bytes([byte])
        if name := COMMANDS.get(self._begun):
            self._begun = b""
            return b"", name
        plain = b""
        while self._begun and self._begun not in _BEGINNINGS:
            plain += self._begun[:1]
            self._begun = self._begun[1:]
        return plain, None

    def reset(self) -> None:
        """Forget a command begun: the line was lost."""
        self._begun = b""
