"""What every device has in common: states, completion codes, outcomes and the ``Device`` protocol.

The vocabulary is the field's: device states and completion codes follow CEN XFS4IoT (common status
``DeviceEnum`` and the completion header), the life cycle open - claim - enable follows UnifiedPOS. Two rules
hold everywhere:

* ``None`` means "this device has no such sensor"; ``UNKNOWN`` means "it has one and we could not learn its
  state".
* the outcome of something that cannot be taken back (paper, money) is three-valued, and *unknown* is never
  retried by the software on its own.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable


class DeviceState(enum.StrEnum):
    """Whether the device can be used at all (XFS4IoT ``DeviceEnum``)."""

    ONLINE = "online"
    OFFLINE = "offline"
    POWER_OFF = "power_off"
    NO_DEVICE = "no_device"
    HARDWARE_ERROR = "hardware_error"
    USER_ERROR = "user_error"
    DEVICE_BUSY = "device_busy"
    STARTING = "starting"
    UNKNOWN = "unknown"
    """The device did not answer: never to be shown as well."""


class PaperSupply(enum.StrEnum):
    """Paper left in a printer."""

    UNKNOWN = "unknown"
    FULL = "full"
    LOW = "low"
    OUT = "out"
    JAMMED = "jammed"


class MediaState(enum.StrEnum):
    """A card on or in a reader."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    NOT_PRESENT = "not_present"
    JAMMED = "jammed"
    ENTERING = "entering"
    LATCHED = "latched"
    RETRACTED = "retracted"


class Lifecycle(enum.StrEnum):
    """How far a device has been taken into use (UnifiedPOS)."""

    CLOSED = "closed"
    OPENED = "opened"
    CLAIMED = "claimed"
    ENABLED = "enabled"


class CompletionCode(enum.StrEnum):
    """How a command to a device ended (XFS4IoT completion codes)."""

    SUCCESS = "success"
    COMMAND_ERROR = "command_error"
    CANCELED = "canceled"
    TIMEOUT = "timeout"
    DEVICE_NOT_READY = "device_not_ready"
    HARDWARE_ERROR = "hardware_error"
    USER_ERROR = "user_error"
    SEQUENCE_ERROR = "sequence_error"
    INVALID_DATA = "invalid_data"
    UNSUPPORTED = "unsupported"
    INTERNAL_ERROR = "internal_error"


class PrintOutcome(enum.StrEnum):
    """Whether the paper came out. ``UNKNOWN`` is for a person to settle, never for a retry."""

    DONE = "done"
    NOT_DONE = "not_done"
    UNKNOWN = "unknown"


class HealthLevel(enum.StrEnum):
    """How deep a health check goes (UnifiedPOS ``CheckHealth``)."""

    INTERNAL = "internal"
    """Asks the device; nothing moves, lights up or is printed. What the supervisor does all the time."""
    EXTERNAL = "external"
    """Has the device do something by itself that can be seen from outside: a test page, a test text."""
    INTERACTIVE = "interactive"
    """Needs a person for up to ``INTERACTIVE_LIMIT``: who lays a card, holds a code to a window."""


INTERACTIVE_LIMIT: Final = 30.0
"""Seconds that an interactive check waits for its person."""


@dataclass(eq=False)
class DeviceError(Exception):
    """A command to a device did not end in success.

    Not frozen: the interpreter and ``contextlib`` write an exception's traceback.

    Attributes:
        code: the completion code.
        error: the device-specific code, for example ``paper_out``, ``cover_open``, ``no_media``,
        ``checksum``.
        message: one sentence: what happened, what did not, what to do.
    """

    code: CompletionCode
    error: str
    message: str

    def __str__(self) -> str:
        return self.message


_STATES_BY_ERROR: Final = {
    "claimed": DeviceState.DEVICE_BUSY,
    "busy": DeviceState.DEVICE_BUSY,
    # It is there, but cannot be had: the account, or its name, is wrong.
    "access": DeviceState.OFFLINE,
    "ambiguous": DeviceState.OFFLINE,
    "certificate": DeviceState.OFFLINE,
    "http": DeviceState.OFFLINE,
    "needs_tls": DeviceState.OFFLINE,
    "not_authorised": DeviceState.OFFLINE,
    "bad_url": DeviceState.NO_DEVICE,
    # This program let go of it, so nobody asked it anything.
    "closed": DeviceState.UNKNOWN,
}

_STATES_BY_CODE: Final = {
    CompletionCode.TIMEOUT: DeviceState.UNKNOWN,
    CompletionCode.CANCELED: DeviceState.UNKNOWN,
    CompletionCode.DEVICE_NOT_READY: DeviceState.NO_DEVICE,
    CompletionCode.USER_ERROR: DeviceState.USER_ERROR,
}


def state_after(failure: DeviceError) -> DeviceState:
    """Tell a device's state from the error that opening it, or asking it, ended in.

    A device that is mute (``timeout``) is ``UNKNOWN``; one that is not there is ``NO_DEVICE``.
    """
    if failure.error in _STATES_BY_ERROR:
        return _STATES_BY_ERROR[failure.error]
    return _STATES_BY_CODE.get(failure.code, DeviceState.HARDWARE_ERROR)


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device is. ``url`` is where it is reached, ``serial`` its own number where it has one."""

    name: str
    kind: str
    driver: str
    url: str
    model: str | None = None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class HealthReport:
    """The result of a health check.

    Attributes:
        level: how deep it went.
        healthy: whether the device can do its work now. None = nobody can tell: it gives no answers, and all that is
            known is that its line is open.
        findings: each point checked, with what was found.
        state: the device's state as far as the check could tell. ``NO_DEVICE``, ``POWER_OFF`` and ``UNKNOWN`` (no
            answer) mean that the line is of no use; None = the check did not look.
    """

    level: HealthLevel
    healthy: bool | None
    findings: tuple[str, ...] = field(default=())
    state: DeviceState | None = None


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """Something a device reported by itself, or that the supervisor noticed.

    Attributes:
        device: its name.
        kind: of the supervisor: ``state_changed`` (value: a ``DeviceState``), ``gone`` (an error's name) and ``back``
            (its address). Of a device: ``paper_changed``, ``media_inserted``, ``media_removed``, and others of its own.
        value: see ``kind``. Never anything about a person.
        as_of: seconds of the monotonic clock of the process that saw it.
    """

    device: str
    kind: str
    value: str
    as_of: float


@runtime_checkable
class Device(Protocol):
    """A device as its user sees it. One FIFO of commands per device; every wait has a deadline.

    All methods are coroutines, safe to cancel: a cancelled command is told to the device where the protocol
    allows it and leaves the line in a state from which the next command starts clean.
    """

    @property
    def info(self) -> DeviceInfo:
        """What it is."""
        ...

    @property
    def lifecycle(self) -> Lifecycle:
        """How far it has been taken into use."""
        ...

    async def open(self) -> None:
        """Open the line. Raises ``DeviceError`` with ``no_device`` where there is none."""
        ...

    async def claim(self, timeout: float) -> None:
        """Take the device for this process alone. ``timeout`` in seconds."""
        ...

    async def enable(self) -> None:
        """Make it ready for commands."""
        ...

    async def close(self) -> None:
        """Release and close; safe to call twice."""
        ...

    async def check_health(self, level: HealthLevel) -> HealthReport:
        """Check it; never raises for a device that is down, but says so."""
        ...


@dataclass(frozen=True, slots=True)
class StatusBit:
    """One bit of what a device says of itself, for who mends it.

    Attributes:
        source: which answer it is in, in the protocol's words.
        mask: its place in that byte.
        is_set: how it is.
        zh: what it means when it is set, in Chinese.
        en: the same in English.
        trouble: whether it is in the way when it is set.
    """

    source: str
    mask: int
    is_set: bool
    zh: str
    en: str
    trouble: bool = True


@runtime_checkable
class TellsBits(Protocol):
    """A device that can say of each bit of its status what it means."""

    async def status_bits(self) -> list[StatusBit]:
        """Ask it, and tell each bit; empty where it does not answer."""
        ...


@runtime_checkable
class TellsEvents(Protocol):
    """A device that tells of what happens to it. The supervisor listens, and looks at it at once."""

    on_event: Callable[[DeviceEvent], None] | None
    """Called in the event loop; None = nobody listens."""
