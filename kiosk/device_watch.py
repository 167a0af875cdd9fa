"""How the kiosk's devices are, for staff: looked at now and then, told to the server and the log when it changed."""

from __future__ import annotations

import asyncio

import structlog

from drivers.device import DeviceState, PaperSupply
from kiosk.ports import (
    Cabinet,
    CabinetReport,
    CardReader,
    Clock,
    CodeScanner,
    Devices,
    HeldParts,
    Lobby,
    OtherCards,
    PartState,
    PrinterReport,
    TicketPrinter,
)
from queue_server.contract import DeviceReport, PartKind, Trouble

_log = structlog.get_logger(__name__)

LOOK = 10.0
"""Seconds between two looks; each visit's beginning is one too."""

_PRINTER: dict[str, Trouble] = {
    "paper_out": "paper_out",
    "cover_open": "cover_open",
    "cutter_jam": "cutter_jam",
    "head_hot": "head_hot",
    "unrecoverable": "failed",
    "hardware_error": "failed",
}
"""By the printer's error; with any other it does not answer, or not as a printer does."""

_BY_STATE: dict[DeviceState, Trouble | None] = {
    DeviceState.ONLINE: None,
    DeviceState.STARTING: None,
    DeviceState.HARDWARE_ERROR: "failed",
    DeviceState.USER_ERROR: "failed",
    **dict.fromkeys((DeviceState.OFFLINE, DeviceState.POWER_OFF, DeviceState.NO_DEVICE), "offline"),
    **dict.fromkeys((DeviceState.DEVICE_BUSY, DeviceState.UNKNOWN), "offline"),
}
"""What is known of reader and scanner is their state."""


def printer_trouble(report: PrinterReport) -> Trouble | None:
    """What is wrong with a printer that reports so."""
    if report.error is not None:
        return _PRINTER.get(report.error, "offline")
    return "paper_low" if report.paper is PaperSupply.LOW else None


def trouble_by_state(state: DeviceState) -> Trouble | None:
    """What is wrong with a reader or a scanner in this state."""
    return _BY_STATE[state]


def cabinet_trouble(report: CabinetReport) -> Trouble | None:
    """What is wrong with a cabinet that reports so; what somebody did to it counts more than a board that is gone."""
    if report.tampered:
        return "tampered"
    if report.state not in {DeviceState.ONLINE, DeviceState.STARTING}:
        return "offline"
    return "door_open" if report.door_open else None


class DeviceWatch:
    """Looks at reader, printer, scanner, cabinet and whatever else there is.

    Args:
        devices: what to look at.
        lobby: who is told.
        clock: for the pauses.
        cabinet: the cabinet, where there is a board for it.
        scanner: the scanner, where it has a driver.
        cards: the readers for other cards, where there are any.
        held: parts that no journey uses yet, where there are any.
    """

    def __init__(
        self,
        devices: Devices,
        lobby: Lobby,
        clock: Clock,
        cabinet: Cabinet | None = None,
        scanner: CodeScanner | None = None,
        cards: OtherCards | None = None,
        held: HeldParts | None = None,
    ) -> None:
        self._devices = devices
        self._cabinet = cabinet
        self._scanner = scanner
        self._cards = cards
        self._held = held
        self._lobby = lobby
        self._clock = clock
        self._told: dict[str, DeviceReport] = {}

    async def run(self) -> None:
        """Look until cancelled: now and then, and at once when a contact of the cabinet changed."""
        while True:
            await self._until_due()
            await self.look()

    async def _until_due(self) -> None:
        due = [asyncio.ensure_future(self._clock.sleep(LOOK))]
        if self._cabinet is not None:
            due.append(asyncio.ensure_future(self._cabinet.changed()))
        try:
            await asyncio.wait(due, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in due:
                one.cancel()
            await asyncio.gather(*due, return_exceptions=True)

    async def look(self) -> None:
        """Look once; tell what is not as it was told before."""
        report = await self._devices.printer.report()  # never raises; a mute one takes its time
        reader = self._devices.reader
        state = reader.state()
        before = dict(self._told)
        self._note(self._devices.printer, "receipt_printer", report.state, printer_trouble(report))
        self._note(reader, "identity_card", state, trouble_by_state(state))
        if self._scanner is not None:
            state = self._scanner.state()
            self._note(self._scanner, "scanner", state, trouble_by_state(state))
        if self._cabinet is not None:
            cabinet = self._cabinet.report()
            self._note(self._cabinet, "cabinet", cabinet.state, cabinet_trouble(cabinet))
        for part in () if self._cards is None else self._cards.parts:
            self._note(part, part.kind, part.state, trouble_by_state(part.state))
        for held in () if self._held is None else self._held.parts:
            self._note(held, held.kind, held.state, held.trouble)
        if self._told != before:
            self._lobby.tell_devices(list(self._told.values()))

    def _note(
        self,
        device: CardReader | TicketPrinter | Cabinet | CodeScanner | PartState,
        kind: PartKind,
        state: DeviceState,
        now: Trouble | None,
    ) -> None:
        told = self._told.get(kind)
        if told is not None and (told.state, told.trouble) == (state.value, now):
            return
        is_new = told is None or told.trouble != now
        since = self._lobby.now() if told is None or is_new else told.since
        self._told[kind] = DeviceReport(device.name, kind, state.value, now, since)
        if is_new and now == "paper_low":
            _log.warning("paper_near_end", paper=PaperSupply.LOW.value)
        elif is_new and now is not None:
            _log.warning("device_needs_help", device=device.name, error=now)
        elif told is not None and told.trouble is not None:
            _log.info("device_well_again", device=device.name)
