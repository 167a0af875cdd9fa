"""The screens of printing a report, in no language."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from drivers.document_printer.printing import Progress, Stage
from kiosk.device_errors import REPORT, held_by
from kiosk.faults import FAULTS, SendTo, place_of
from kiosk.journeys.wait_screens import wait_screen
from kiosk.screen import Action, Kind, Mark, Screen
from kiosk.words import say
from queue_server.contract import HallInfo

CANCEL: Final = "cancel"


def report_screen(progress: Progress | None, hall: HallInfo | None, *, ending: bool) -> Screen:
    """How far the report is, or what holds it up. ``ending``: it was asked to end."""
    if ending:
        return wait_screen(say("report.cancelling"))
    cancel = Action(CANCEL, say("report.cancel"))
    match progress:
        case Progress(stage=Stage.ATTENTION, error=error):
            return Screen(
                Kind.OUTCOME,
                say("report.held", why=held_by(error)),
                lead=say("report.held_lead", where=place_of(SendTo.DESK, hall)),
                mark=Mark.ATTENTION,
                secondary=cancel,
                staff_code=FAULTS[REPORT.get(error or "", "report_stuck")].code,
                home=False,
            )
        case Progress(stage=Stage.BUSY | Stage.QUEUED):
            return replace(wait_screen(say("report.busy")), secondary=cancel)
        case Progress(stage=Stage.ASKING):
            return wait_screen(say("report.asking"))
        case Progress(stage=Stage.PRINTING, pages=int(pages), of=of) if pages < of:
            return replace(wait_screen(say("report.printing_pages", page=pages + 1, pages=of)), secondary=cancel)
        case _:
            return replace(wait_screen(say("report.printing")), secondary=cancel)
