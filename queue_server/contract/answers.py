"""What a command came to, and what a feed tells."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from queue_server.contract.boards import CallView, DoorCallView
from queue_server.contract.common import DeviceKind, Text
from queue_server.contract.patients import GuideSlip
from queue_server.contract.tickets import TicketView


class WhyReply(msgspec.Struct, frozen=True):
    """Which of two numbers is or was called first, and why; nothing about persons.

    ``first`` is ``None`` where the two do not compete; ``because`` is what decides, by a stable word.
    """

    first: str | None
    because: str
    sentence: Text
    position: int
    """The log position of which it holds."""
    server_time: datetime
    numbers: list[str] = []
    """Both, the first one first; where neither is, as they were asked for."""
    rule: Text = Text("", "")
    """What decides, alone; ``sentence`` is this and both ``reasons``."""
    reasons: list[Text] = []
    """By what each of the numbers stands where it stands, in their order; empty where that was not compared."""


class Done(msgspec.Struct, frozen=True):
    """The recorded outcome of a command: a repeat of the command gets the same answer.

    ``position`` is the last log position it wrote; ``ticket`` the ticket it made, called or changed, if any.
    """

    command_id: UUID
    position: int
    ticket: str | None = None


class TicketDone(msgspec.Struct, frozen=True):
    """The outcome of a check-in: the recorded part and the ticket as it now stands."""

    done: Done
    ticket: TicketView


class SlipDone(msgspec.Struct, frozen=True):
    """The outcome of a command about a slip: the recorded part, and the slip as it now stands."""

    done: Done
    slip: GuideSlip


class Credential(msgspec.Struct, frozen=True):
    """A device's credential, shown once. The server keeps a hash only. Sent as ``Authorization: Bearer``."""

    device: str
    kind: DeviceKind
    token: str

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Credential(device={self.device!r}, kind={self.kind!r}, token=<redacted>)"


class Change(msgspec.Struct, frozen=True):
    """One log event as a feed's audience may see it: masked, and only what the audience shows.

    The server-sent event's ``id`` is ``position``; its ``event`` is ``change``.
    """

    position: int
    kind: str
    """The event's type: ``Called``, ``Recalled``, ``Missed`` ..."""
    ticket: str | None = None
    number: str | None = None
    queue: str | None = None
    station: str | None = None
    call: CallView | None = None
    """For calls and recalls."""
    door: DoorCallView | None = None
    """For a ticket that was assigned to a room's door and still waits there."""
