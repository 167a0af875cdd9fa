"""An event as it stands in the log: its canonical encoding, and the reading of any version ever written."""

from __future__ import annotations

from typing import Any, cast

import msgspec

from queue_server.engine.events.kinds import TYPES, UPCASTERS, VERSIONS, Event

_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODERS = {name: msgspec.json.Decoder(kind) for name, kind in TYPES.items()}


class Recorded(msgspec.Struct, frozen=True):
    """An event as it stands in the log.

    Attributes:
        position: its place in the log, gapless from 1.
        at: when it was decided, UTC microseconds.
        actor: the device or member of staff who asked.
        command_id: the command that brought it about; events of one command follow each other.
        event: what happened.
    """

    position: int
    at: int
    actor: str
    command_id: str
    event: Event


def encode(event: Event) -> bytes:
    """The event as canonical JSON: sorted keys, integers only, its ``type`` and ``v`` inside."""
    return _ENCODER.encode(event)


def decode(type: str, v: int, payload: bytes) -> Event:  # noqa: A002 - the log's column
    """Read an event of any version ever written.

    Args:
        type: the event's name.
        v: the version of its shape.
        payload: what ``encode`` gave at the time.

    Raises:
        ValueError: an unknown type, a version from a later program, or a payload of another shape.
    """
    if type not in TYPES:
        raise ValueError(f"the log holds an event of unknown type {type!r}; a later version wrote it")
    current = VERSIONS[type]
    if v > current:
        raise ValueError(f"the log holds {type} version {v}; this program reads up to {current}")
    try:
        if v == current:
            return cast("Event", _DECODERS[type].decode(payload))
        fields: dict[str, Any] = msgspec.json.decode(payload)
        for version in range(v, current):
            fields = UPCASTERS[type, version](fields)
        return cast("Event", msgspec.convert(fields | {"v": current}, TYPES[type]))
    except msgspec.DecodeError as error:
        raise ValueError(f"{type} version {v} in the log cannot be read: {error}") from error
