"""What the printer's status bytes mean.

Real-time status (``DLE EOT 1`` to ``4``): TM-U220 specification p. 54 and Citizen iDP-3221 manual p. 60. Automatic
status (``GS a``): TM-T88III manual p. 316-321.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from drivers.device import DeviceState, PaperSupply

if TYPE_CHECKING:
    from drivers.receipt_printer.profile import Profile

REAL_TIME_QUESTIONS = (1, 2, 3, 4)


class CutterState(enum.StrEnum):
    """The cutter's state; None in a status where there is no cutter."""

    UNKNOWN = "unknown"
    READY = "ready"
    JAMMED = "jammed"


class _Printer(enum.IntFlag):  # n1, and the first automatic byte
    OFFLINE = 0x08


class _Offline(enum.IntFlag):  # n2
    COVER = 0x04
    PAPER_END_STOP = 0x20
    ERROR = 0x40


class _Error(enum.IntFlag):  # n3, and the second automatic byte
    CUTTER = 0x08
    UNRECOVERABLE = 0x20
    AUTO_RECOVERABLE = 0x40


_AUTOMATIC_COVER = 0x20  # first automatic byte
_AUTOMATIC_RECOVERABLE = 0x04  # second automatic byte
_NEAR_END_REAL_TIME, _PAPER_END_REAL_TIME = 0x0C, 0x60
_NEAR_END_AUTOMATIC, _PAPER_END_AUTOMATIC = 0x03, 0x0C


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """A printer's state at one moment.

    Attributes:
        device: whether it can print; ``UNKNOWN`` when it did not answer.
        paper: the supply of paper.
        cover_open: None when it did not answer.
        cutter: None where the model has no cutter.
        error: ``paper_out``, ``cover_open``, ``cutter_jam``, ``head_hot``, ``unrecoverable``, ``offline``,
            ``no_answer``, ``no_device`` or None.
        near_end: the roll is nearly used up; None where the model has no such sensor, or did not answer.
        as_of: seconds of the event loop's (monotonic) clock when it was learnt.
        answers: the answers to ``DLE EOT 1`` to ``4`` as they came; None where it was learnt otherwise.
    """

    device: DeviceState
    paper: PaperSupply
    cover_open: bool | None
    cutter: CutterState | None
    error: str | None
    near_end: bool | None
    as_of: float
    answers: tuple[int, int, int, int] | None = field(default=None, compare=False, repr=False)

    @property
    def ready(self) -> bool:
        """Whether a ticket may be sent: it answered, and nothing stands in the way."""
        return self.device is DeviceState.ONLINE


def no_answer(profile: Profile, as_of: float, device: DeviceState = DeviceState.UNKNOWN) -> PrinterStatus:
    """Return the status of a printer that did not answer: everything it could have told is unknown."""
    return PrinterStatus(
        device=device,
        paper=PaperSupply.UNKNOWN,
        cover_open=None,
        cutter=CutterState.UNKNOWN if profile.cutter else None,
        error="no_answer" if device is DeviceState.UNKNOWN else device.value,
        near_end=None,
        as_of=as_of,
    )


def from_real_time(answers: tuple[int, int, int, int], profile: Profile, as_of: float) -> PrinterStatus:
    """Read the answers to ``DLE EOT 1`` to ``4``."""
    printer, offline, error, paper = answers
    causes = {
        "offline": printer & _Printer.OFFLINE,
        "cover_open": offline & _Offline.COVER,
        "paper_out": paper & _PAPER_END_REAL_TIME | offline & _Offline.PAPER_END_STOP,
        "error": offline & _Offline.ERROR,
        **_errors(error),
    }
    return replace(_status(causes, paper & _NEAR_END_REAL_TIME, profile, as_of), answers=answers)


def from_automatic(data: bytes, profile: Profile, as_of: float) -> PrinterStatus:
    """Read four bytes of automatic status."""
    printer, error, paper, _ = data
    causes = {
        "offline": printer & _Printer.OFFLINE,
        "cover_open": printer & _AUTOMATIC_COVER,
        "paper_out": paper & _PAPER_END_AUTOMATIC,
        "error": error & _AUTOMATIC_RECOVERABLE,
        **_errors(error),
    }
    return _status(causes, paper & _NEAR_END_AUTOMATIC, profile, as_of)


def _errors(error: int) -> dict[str, int]:
    return {
        "unrecoverable": error & _Error.UNRECOVERABLE,
        "cutter_jam": error & _Error.CUTTER,
        "head_hot": error & _Error.AUTO_RECOVERABLE,
    }


_CAUSES = {
    # In the order in which a person mends them: what stops everything first, what mends itself last.
    "unrecoverable": DeviceState.HARDWARE_ERROR,
    "cutter_jam": DeviceState.HARDWARE_ERROR,
    "cover_open": DeviceState.USER_ERROR,
    "paper_out": DeviceState.USER_ERROR,
    "head_hot": DeviceState.HARDWARE_ERROR,
    "error": DeviceState.HARDWARE_ERROR,
    "offline": DeviceState.OFFLINE,
}


def _status(causes: dict[str, int], near_end: int, profile: Profile, as_of: float) -> PrinterStatus:
    error = next((cause for cause in _CAUSES if causes[cause]), None)
    low = bool(near_end) and profile.near_end
    cutter = CutterState.JAMMED if causes["cutter_jam"] else CutterState.READY
    return PrinterStatus(
        device=_CAUSES[error] if error else DeviceState.ONLINE,
        paper=PaperSupply.OUT if causes["paper_out"] else PaperSupply.LOW if low else PaperSupply.FULL,
        cover_open=bool(causes["cover_open"]),
        cutter=cutter if profile.cutter else None,
        error="unrecoverable" if error == "error" else error,
        near_end=low if profile.near_end else None,
        as_of=as_of,
    )


_SENTENCES = {
    "paper_out": "The printer has no paper. Load a roll and close the cover.",
    "cover_open": "The printer's cover is open. Close it.",
    "cutter_jam": "The cutter is jammed. Open the cover, free the paper, close it; else switch the printer off and on.",
    "head_hot": "The print head is too hot. It goes on by itself when it has cooled.",
    "unrecoverable": "The printer has a fault that it cannot clear. Switch it off and on; if it stays, call service.",
    "offline": "The printer is offline. Press its feed or online key, or switch it off and on.",
    "no_answer": "The printer does not answer. Check its power and its cable.",
    "timeout": "The printer stopped taking data. Check its power, its cable and its paper.",
    "gone": "The line to the printer broke. Check its power and its cable.",
    "one_way": "The printer takes data and cannot answer. Set its USB interface to bidirectional, or use its network.",
    "canceled": "The printing was cancelled.",
    "no_confirmation": "The printer did not confirm the ticket in time.",
    "leftover": "The rest of an earlier ticket could not be cut off. Take it away and switch the printer off and on.",
    "closed": "The printer is not in use: its line is closed. It is tried again by itself.",
    "no_device": "There is no printer at its address. Check its power and its cable.",
}


def sentence(error: str) -> str:
    """Say what is wrong and what to do about it, for staff."""
    return _SENTENCES.get(error, f"The printer cannot be used ({error}). Check its power and its cable.")
