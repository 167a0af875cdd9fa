"""Magnetic-stripe readers as devices: on a serial line (``serial_stripe``), and typing (``keyboard_stripe``).

They are listened to as scanners are, and what they give is a ``Scan`` whose text is the hospital's card number and
nothing else that was on the card. A swipe that gives none is told to who listens, once, and the next may be better.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn

import structlog

from drivers.device import CompletionCode, DeviceError
from drivers.magnetic_stripe.codec import Reading, Refusal, SwipeError, read_swipe
from drivers.registry import ConfigurationError
from drivers.scanner.codec import Code, Layout, Refused
from drivers.scanner.driver import KeyboardScanner, SerialScanner, Timing
from drivers.scanner.listening import ListeningScanner
from drivers.scanner.pace import Pace

if TYPE_CHECKING:
    from drivers.registry import DeviceEntry

_log = structlog.get_logger(__name__)

SYMBOLOGY: Final = "magnetic_stripe"
"""What a ``Scan`` of these readers says it was."""

_SWIPE_AGAIN = "Swipe the card again, evenly and all the way. Nothing was read."
_ERRORS: Final[Mapping[Refusal, tuple[CompletionCode, str, str]]] = {
    Refusal.BANK_CARD: (
        CompletionCode.USER_ERROR,
        "bank_card",
        "This is a bank card. It is not used here, and nothing of it was kept; use the hospital's card.",
    ),
    Refusal.UNREADABLE: (
        CompletionCode.COMMAND_ERROR,
        "unreadable",
        f"The stripe could not be read. {_SWIPE_AGAIN}",
    ),
    Refusal.CHECK: (CompletionCode.COMMAND_ERROR, "unreadable", f"The stripe was read with a mistake. {_SWIPE_AGAIN}"),
    Refusal.FORM: (CompletionCode.COMMAND_ERROR, "unreadable", f"What came is no swipe. {_SWIPE_AGAIN}"),
    Refusal.NO_NUMBER: (
        CompletionCode.COMMAND_ERROR,
        "wrong_card",
        "This is no card of this hospital. Nothing was read; use another card.",
    ),
}


class StripeReader(ListeningScanner):
    """Turns what a reader sends into card numbers, and into refusals for who listens."""

    _card: Reading

    def _found(self, item: Code | Refused, began: float, at: float) -> None:
        if isinstance(item, Refused):
            super()._found(item, began, at)
            return
        try:
            number = read_swipe(item.text, self._card)
        except SwipeError as failure:
            self._refused[failure.reason] += 1
            _log.info("swipe_refused", device=self._info.name, reason=failure.reason.value)
            if failure.reason in _ERRORS and self._ear is not None and began >= self._ear.since:
                self._ear.tell(DeviceError(*_ERRORS[failure.reason]))
            return
        super()._found(Code(number, SYMBOLOGY), began, at)


class SerialStripe(StripeReader, SerialScanner):
    """A magnetic-stripe reader on a serial line (``drivers.scanner.listening.BarcodeScanner``)."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        card: Reading | None = None,
        layout: Layout | None = None,
        timing: Timing | None = None,
    ) -> None:
        super().__init__(name, url, layout=layout or Layout(encoding="utf-8"), timing=timing)
        self._info = replace(self._info, kind="magnetic_stripe", driver="serial_stripe")
        self._card = card or Reading()


class KeyboardStripe(StripeReader, KeyboardScanner):
    """A magnetic-stripe reader that types (``drivers.scanner.listening.BarcodeScanner``)."""

    def __init__(self, name: str, url: str, *, card: Reading | None = None, pace: Pace | None = None) -> None:
        super().__init__(name, url, pace=pace)
        self._info = replace(self._info, kind="magnetic_stripe", driver="keyboard_stripe")
        self._card = card or Reading()


_READING: Final = frozenset({"tracks", "number", "lrc"})


def serial_from_entry(entry: DeviceEntry) -> SerialStripe:
    """Make the driver for a configuration entry: ``tracks``, ``number``, ``lrc``, and ``idle`` (seconds).

    Raises:
        ConfigurationError: another option, or a value that cannot be.
    """
    entry.refuse_unknown_options(_READING | {"idle"})
    timing = Timing(idle=_seconds(entry, "idle", Timing().idle))
    return SerialStripe(entry.name, entry.url, card=_reading(entry), timing=timing)


def keyboard_from_entry(entry: DeviceEntry) -> KeyboardStripe:
    """Make the driver for a configuration entry: ``tracks``, ``number``, ``lrc``, and ``gap`` and ``rest`` (seconds).

    Raises:
        ConfigurationError: another option, or a value that cannot be.
    """
    entry.refuse_unknown_options(_READING | {"gap", "rest"})
    usual = Pace()
    pace = Pace(gap=_seconds(entry, "gap", usual.gap), rest=_seconds(entry, "rest", usual.rest), tab_ends=False)
    if pace.gap >= pace.rest:
        raise ConfigurationError(f"{entry.where}: gap = {pace.gap} must be shorter than rest = {pace.rest}")
    return KeyboardStripe(entry.name, entry.url, card=_reading(entry), pace=pace)


def _reading(entry: DeviceEntry) -> Reading:
    usual = Reading()
    tracks = entry.options.get("tracks", list(usual.tracks))
    if not isinstance(tracks, list) or not tracks or any(one not in (1, 2, 3) or one is True for one in tracks):
        _refuse(entry, "tracks", "a list of 1, 2 and 3")
    lrc = entry.options.get("lrc", usual.lrc)
    if not isinstance(lrc, bool):
        _refuse(entry, "lrc", "true or false")
    number = entry.options.get("number", usual.pattern.pattern)
    try:
        pattern = re.compile(number) if isinstance(number, str) else _refuse(entry, "number", "a regular expression")
    except re.error as failure:
        _refuse(entry, "number", f"a regular expression: {failure}")
    return Reading(tuple(tracks), pattern, lrc)


def _seconds(entry: DeviceEntry, key: str, usual: float) -> float:
    value = entry.options.get(key, usual)
    if not isinstance(value, int | float) or isinstance(value, bool) or not value > 0:
        _refuse(entry, key, "a number above 0")
    return float(value)


def _refuse(entry: DeviceEntry, key: str, wanted: str) -> NoReturn:
    raise ConfigurationError(f"{entry.where}: {key} = {entry.options[key]!r} must be {wanted}")
