"""The screens of printing a report, in no language."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from drivers.document_printer.printing import Progress, Stage
from kiosk.device_errors import REPORT, held_by
from kiosk.faults import FAULTS, SendTo, place_of
from kiosk.journeys.wait_screens import moving_screen, wait_screen
from kiosk.screen import Action, Drawing, Kind, Mark, Screen
from kiosk.words import say
from queue_server.contract import HallInfo

CANCEL: Final = "cancel"


def report_screen(progress: Progress | None, hall: HallInfo | None, *, ending: bool) -> Screen:
    """How far the report is, or what holds it up. ``ending``: it was asked to end."""
    if ending:
        return moving_screen(say("report.cancelling"), say("report.cancelling_lead"), Drawing.TAKE_PAGES)
    cancel = Action(CANCEL, say("report.cancel"))
    title, lead, pages = say("report.printing"), say("report.lead"), None
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
        case Progress(stage=Stage.ASKING):
            return moving_screen(say("report.asking"), say("report.asking_lead"), Drawing.TAKE_PAGES)
        case Progress(stage=Stage.BUSY | Stage.QUEUED):
            waiting = wait_screen(say("report.busy"))
            return replace(waiting, lead=say("report.busy_lead"), secondary=cancel)
        case Progress(stage=Stage.PRINTING, pages=int(out), of=of) if out < of:
            title, pages = say("report.printing_pages", page=out + 1, pages=of), (out, of)
        case _:
            pass
    return replace(moving_screen(title, lead, Drawing.TAKE_PAGES, unwanted=cancel), pages=pages)
