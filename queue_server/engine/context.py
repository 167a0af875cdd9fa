"""What a decision may know besides state and command."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class Context(msgspec.Struct, frozen=True):
    """The moment and the makers of what must be unguessable.

    Attributes:
        now: UTC microseconds, never behind the last event.
        actor: the device or member of staff who asks.
        new_id: gives a fresh ticket id.
        secret: gives a fresh unguessable token for a ticket's link.
    """

    now: int
    actor: str
    new_id: Callable[[], str]
    secret: Callable[[], str]
