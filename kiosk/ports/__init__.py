"""What a journey needs of the world: a screen, devices, the lobby's server, a voice and a clock.

Each is a protocol, so that a journey is tested without screen, paper, network or waiting.
"""

from __future__ import annotations

from kiosk.ports.cards import CardHolder, CardReader, CardWay, CodeScanner, OtherCards, PartState, Shown
from kiosk.ports.devices import Cabinet, CabinetReport, Devices, HeldPart, HeldParts
from kiosk.ports.lobby import (
    AnswerLostError,
    Away,
    AwayError,
    BusyError,
    CredentialError,
    Lobby,
    LobbyError,
    PrintReport,
    RefusedError,
)
from kiosk.ports.money import CardTerminal, OnStage, Paid
from kiosk.ports.paper import Face, Printed, PrinterReport, TicketPrinter
from kiosk.ports.reports import PrintedReport, ReportPrinter
from kiosk.ports.screen import Clock, Scanner, Ui, Voice, VoiceState

__all__ = [
    "AnswerLostError",
    "Away",
    "AwayError",
    "BusyError",
    "Cabinet",
    "CabinetReport",
    "CardHolder",
    "CardReader",
    "CardTerminal",
    "CardWay",
    "Clock",
    "CodeScanner",
    "CredentialError",
    "Devices",
    "Face",
    "HeldPart",
    "HeldParts",
    "Lobby",
    "LobbyError",
    "OnStage",
    "OtherCards",
    "Paid",
    "PartState",
    "PrintReport",
    "Printed",
    "PrintedReport",
    "PrinterReport",
    "RefusedError",
    "ReportPrinter",
    "Scanner",
    "Shown",
    "TicketPrinter",
    "Ui",
    "Voice",
    "VoiceState",
]
