"""IPP messages as bytes (RFC 8010). Pure: bytes to values and values to bytes.

Reading is forgiving where a value is odd (it stays bytes) and strict where the structure is (``IppFormatError``), since
printers differ in the first and nothing can be believed after the second.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Final, TypeAlias


class GroupTag(enum.IntEnum):
    """The delimiters that begin a group of attributes (RFC 8010, 3.5.1)."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05


class Tag(enum.IntEnum):
    """The kinds of values (RFC 8010, 3.5.2)."""

    UNSUPPORTED = 0x10
    UNKNOWN = 0x12
    NO_VALUE = 0x13
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTETS = 0x30
    DATE_TIME = 0x31
    RESOLUTION = 0x32
    RANGE = 0x33
    BEGIN_COLLECTION = 0x34
    TEXT_WITH_LANGUAGE = 0x35
    NAME_WITH_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    URI_SCHEME = 0x46
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME_TYPE = 0x49
    MEMBER_NAME = 0x4A


@dataclass(frozen=True, slots=True)
class Range:
    """A range of integers, both ends included."""

    lower: int
    upper: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """Dots across and along the feed; ``units`` 3 = per inch, 4 = per centimetre."""

    across: int
    along: int
    units: int = 3


@dataclass(frozen=True, slots=True)
class Localised:
    """A text or a name with its language."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A value made of attributes."""

    members: tuple[Attribute, ...]


Content: TypeAlias = int | bool | str | bytes | Range | Resolution | Localised | Collection
"""``bytes`` is what has no shape of its own, or not the one its tag promises; out-of-band values are ``b""``."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value and its kind. ``tag`` is a plain number, for kinds that are not known here."""

    tag: int
    content: Content


@dataclass(frozen=True, slots=True)
class Attribute:
    """A name and its values, one or more."""

    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Attributes that belong together: of the operation, of a job, of the printer."""

    tag: int
    attributes: tuple[Attribute, ...]

    def says_none(self, name: str) -> bool:
        """Tell whether the printer says that an attribute has no value yet, which is not the same as saying nothing."""
        return any(
            attribute.name == name and all(value.tag == Tag.NO_VALUE for value in attribute.values)
            for attribute in self.attributes
        )

    def contents(self, name: str) -> tuple[Content, ...]:
        """Return what an attribute holds; empty where there is none, or none is known."""
        for attribute in self.attributes:
            if attribute.name == name:
                return tuple(value.content for value in attribute.values if value.tag >= _IN_BAND)
        return ()


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer, without the document behind it.

    Attributes:
        code: a request's operation, an answer's status.
        request: the request's number, which the answer repeats.
        groups: in the order of the message.
        version: major and minor.
    """

    code: int
    request: int
    groups: tuple[Group, ...]
    version: tuple[int, int] = (2, 0)

    def all_of(self, tag: GroupTag) -> tuple[Group, ...]:
        """Return the groups of one kind: an answer has one for each job."""
        return tuple(group for group in self.groups if group.tag == tag)


class IppFormatError(ValueError):
    """Bytes are no IPP message. The message says what was wrong, and where."""


_IN_BAND: Final = 0x20
_FIRST_VALUE: Final = 0x10
_DEEPEST: Final = 8
"""Collections inside collections: media-col-database needs three."""
_LONGEST: Final = 0x7FFF
_HEAD = struct.Struct(">BBHI")
_TEXTS = frozenset(
    {
        Tag.TEXT,
        Tag.NAME,
        Tag.KEYWORD,
        Tag.URI,
        Tag.URI_SCHEME,
        Tag.CHARSET,
        Tag.LANGUAGE,
        Tag.MIME_TYPE,
        Tag.MEMBER_NAME,
    }
)


# -- writing


def encode(message: Message) -> bytes:
    """Write a message.

    Raises:
        ValueError: a name or a value is longer than 32,767 bytes, or a number does not fit.
    """
    out = bytearray(_HEAD.pack(*message.version, message.code, message.request))
    for group in message.groups:
        out.append(group.tag)
        for attribute in group.attributes:
            _write(out, attribute.name, attribute.values)
    out.append(GroupTag.END)
    return bytes(out)


def _write(out: bytearray, name: str, values: tuple[Value, ...]) -> None:
    if not values:
        raise ValueError(f"the attribute {name!r} has no value")
    for value in values:
        if isinstance(value.content, Collection):
            _put(out, Tag.BEGIN_COLLECTION, name, b"")
            for member in value.content.members:
                _put(out, Tag.MEMBER_NAME, "", member.name.encode())
                _write(out, "", member.values)
            _put(out, Tag.END_COLLECTION, "", b"")
        else:
            _put(out, value.tag, name, _body(value.content))
        name = ""


def _put(out: bytearray, tag: int, name: str, body: bytes) -> None:
    label = name.encode()
    if len(label) > _LONGEST or len(body) > _LONGEST:
        raise ValueError(f"the attribute {name[:40]!r} is longer than {_LONGEST} bytes")
    out += struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(body)) + body


def _body(content: Content) -> bytes:
    match content:
        case bool():
            body = bytes([content])
        case int():
            body = _packed(">i", content)
        case str():
            body = content.encode()
        case bytes():
            body = content
        case Range(lower, upper):
            body = _packed(">ii", lower, upper)
        case Resolution(across, along, units):
            body = _packed(">iib", across, along, units)
        case Localised(language, text):
            tongue, said = language.encode(), text.encode()
            body = _packed(">H", len(tongue)) + tongue + _packed(">H", len(said)) + said
        case Collection():
            raise ValueError("a collection is written by its members")
    return body


def _packed(shape: str, *numbers: int) -> bytes:
    try:
        return struct.pack(shape, *numbers)
    except struct.error as failure:
        raise ValueError(f"{numbers} does not fit: {failure}") from failure


# -- reading


def decode(data: bytes) -> Message:
    """Read a message; what follows its end is not looked at.

    Raises:
        IppFormatError: the bytes end too early, or their structure is wrong.
    """
    reader = _Reader(data)
    major, minor, code, request = _HEAD.unpack(reader.take(_HEAD.size, "the head"))
    groups: list[Group] = []
    while (tag := reader.byte("a group")) != GroupTag.END:
        if tag >= _FIRST_VALUE or tag == 0:
            raise IppFormatError(f"byte {reader.at - 1}: 0x{tag:02x} begins no group")
        groups.append(Group(tag, _attributes(reader)))
    return Message(code, request, tuple(groups), (major, minor))


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, count: int, what: str) -> bytes:
        taken = self._data[self.at : self.at + count]
        if len(taken) < count:
            raise IppFormatError(f"byte {self.at}: {what} needs {count} bytes, and {len(taken)} are left")
        self.at += count
        return taken

    def byte(self, what: str) -> int:
        return self.take(1, what)[0]

    def peek(self) -> int:
        if self.at >= len(self._data):
            raise IppFormatError(f"byte {self.at}: the message has no end")
        return self._data[self.at]

    def counted(self, what: str) -> bytes:
        return self.take(int.from_bytes(self.take(2, f"the length of {what}"), "big"), what)


def _attributes(reader: _Reader) -> tuple[Attribute, ...]:
    found: list[Attribute] = []
    name = ""
    values: list[Value] = []
    while reader.peek() >= _FIRST_VALUE:
        start = reader.at
        tag = reader.byte("a value")
        label = reader.counted("a name")
        if label:
            if values:
                found.append(Attribute(name, tuple(values)))
            name, values = _text(label), []
        elif not name:
            raise IppFormatError(f"byte {start}: a value has no name before it")
        values.append(_value(reader, tag, 0))
    if values:
        found.append(Attribute(name, tuple(values)))
    return tuple(found)


def _value(reader: _Reader, tag: int, depth: int) -> Value:
    start = reader.at
    body = reader.counted("a value")
    if tag == Tag.BEGIN_COLLECTION:
        if depth >= _DEEPEST:
            raise IppFormatError(f"byte {start}: collections are nested more than {_DEEPEST} deep")
        return Value(tag, _collection(reader, depth + 1))
    if tag in {Tag.END_COLLECTION, Tag.MEMBER_NAME}:
        raise IppFormatError(f"byte {start}: a collection ends that did not begin")
    return Value(tag, _content(tag, body))


def _collection(reader: _Reader, depth: int) -> Collection:
    members: list[Attribute] = []
    name: str | None = None
    values: list[Value] = []

    def close() -> None:
        if name is not None and values:
            members.append(Attribute(name, tuple(values)))

    while True:
        start = reader.at
        tag = reader.byte("a collection")
        if reader.counted("a member's empty name"):
            raise IppFormatError(f"byte {start}: a name stands inside a collection")
        if tag == Tag.END_COLLECTION:
            reader.counted("the end of a collection")
            close()
            return Collection(tuple(members))
        if tag == Tag.MEMBER_NAME:
            close()
            name, values = _text(reader.counted("a member's name")), []
        elif name is None or tag < _FIRST_VALUE:
            raise IppFormatError(f"byte {start}: 0x{tag:02x} stands inside a collection without a member's name")
        else:
            values.append(_value(reader, tag, depth))


def _text(body: bytes) -> str:
    return body.decode("utf-8", "replace")


def _content(tag: int, body: bytes) -> Content:
    """Give a value its shape; bytes that have another one than their tag promises stay bytes."""
    content: Content = body
    match tag, len(body):
        case ((Tag.INTEGER | Tag.ENUM), 4):
            content = int.from_bytes(body, "big", signed=True)
        case Tag.BOOLEAN, 1:
            content = body != b"\0"
        case Tag.RANGE, 8:
            content = Range(*struct.unpack(">ii", body))
        case Tag.RESOLUTION, 9:
            content = Resolution(*struct.unpack(">iib", body))
        case ((Tag.TEXT_WITH_LANGUAGE | Tag.NAME_WITH_LANGUAGE), _):
            content = _localised(body)
        case _ if tag in _TEXTS:
            content = _text(body)
    return content


def _localised(body: bytes) -> Content:
    reader = _Reader(body)
    try:
        language, text = reader.counted("a language"), reader.counted("a text")
    except IppFormatError:
        return body
    return Localised(_text(language), _text(text)) if reader.at == len(body) else body
