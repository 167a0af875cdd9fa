"""IPP as the simulator reads and writes it: from RFC 8010, without the driver's codec."""

from __future__ import annotations

from dataclasses import dataclass, field


class MessageError(ValueError):
    """What came is no IPP request."""


@dataclass(slots=True)
class Request:
    """A request, its values as they came.

    Attributes:
        version: two bytes.
        operation: its number.
        number: the request's own.
        values: for each attribute the bytes of its values; groups are not told apart, since no name is in two of them.
    """

    version: bytes
    operation: int
    number: int
    values: dict[str, list[bytes]] = field(default_factory=dict)

    def word(self, name: str) -> str:
        """Return an attribute's first value as text; empty where there is none."""
        found = self.values.get(name)
        return found[0].decode("utf-8", "replace") if found else ""

    def number_of(self, name: str) -> int | None:
        """Return an attribute's first value as a number; None where there is none."""
        found = self.values.get(name)
        return int.from_bytes(found[0], "big", signed=True) if found else None


class Intake:
    """Takes a request's bytes as they come, until its attributes end; what follows is the document."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.request: Request | None = None

    def feed(self, data: bytes) -> bytes:
        """Take bytes; return those that belong to the document.

        Raises:
            MessageError: this is no request.
        """
        if self.request is not None:
            return data
        self._data += data
        self.request, rest = _parse(bytes(self._data))
        return rest


def _parse(data: bytes) -> tuple[Request | None, bytes]:
    """Read a request; None where more bytes must come first."""
    if len(data) < 9:  # noqa: PLR2004 -- the head and one delimiter
        return None, b""
    request = Request(data[:2], int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:8], "big"))
    at, name = 8, ""
    while at < len(data):
        kind = data[at]
        at += 1
        if kind == 3:  # noqa: PLR2004 -- end-of-attributes-tag
            return request, data[at:]
        if kind < 0x10:  # noqa: PLR2004 -- a group begins
            continue
        fields = []
        for _ in range(2):
            if at + 2 > len(data):
                return None, b""
            size = int.from_bytes(data[at : at + 2], "big")
            fields.append(data[at + 2 : at + 2 + size])
            at += 2 + size
        if at > len(data):
            return None, b""
        name = fields[0].decode("utf-8", "replace") or name
        if not name:
            raise MessageError("a value without a name")
        request.values.setdefault(name, []).append(fields[1])
    return None, b""


def words(tag: int, name: str, *texts: str) -> bytes:
    """Write an attribute of texts."""
    return _attribute(tag, name, [text.encode() for text in texts])


def numbers(tag: int, name: str, *values: int) -> bytes:
    """Write an attribute of whole numbers (0x21 integer, 0x23 enum)."""
    return _attribute(tag, name, [value.to_bytes(4, "big", signed=True) for value in values])


def began(name: str, at: int | None) -> bytes:
    """Write an attribute of one whole number, or of "no-value" where there is none."""
    return _attribute(0x13, name, [b""]) if at is None else numbers(0x21, name, at)


def span(name: str, lowest: int, highest: int) -> bytes:
    """Write an attribute of one range."""
    return _attribute(0x33, name, [lowest.to_bytes(4, "big") + highest.to_bytes(4, "big")])


def truth(name: str, *, value: bool) -> bytes:
    """Write an attribute of one boolean."""
    return _attribute(0x22, name, [b"\x01" if value else b"\x00"])


def dots(name: str, *per_inch: int) -> bytes:
    """Write an attribute of resolutions."""
    return _attribute(0x32, name, [dpi.to_bytes(4, "big") * 2 + b"\x03" for dpi in per_inch])


def _attribute(tag: int, name: str, values: list[bytes]) -> bytes:
    out = b""
    for value in values:
        label = name.encode() if not out else b""
        out += bytes([tag]) + len(label).to_bytes(2, "big") + label + len(value).to_bytes(2, "big") + value
    return out


def answer(request: Request, status: int, *groups: tuple[int, bytes]) -> bytes:
    """Write an answer: its status, and groups of attributes after the operation's."""
    head = request.version + status.to_bytes(2, "big") + request.number.to_bytes(4, "big")
    said = b"\x01" + words(0x47, "attributes-charset", "utf-8") + words(0x48, "attributes-natural-language", "en")
    return head + said + b"".join(bytes([tag]) + body for tag, body in groups) + b"\x03"
