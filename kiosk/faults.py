"""Every fault a patient can meet: its name, its mark, its words and where it sends the patient.

The words are in the catalogue under ``fault.<name>``: ``title`` says what happened and whether the patient is checked
in, ``next`` what to do and where. The staff code is small on the screen; the letter names the part: R reader, C card,
P printer, L the lobby's server, K this kiosk, B the booking.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from drivers.device import DeviceError, PrintOutcome
from kiosk.ports import Away, Printed
from kiosk.refusals import sentence_of
from kiosk.screen import Action, Kind, Mark, Screen
from kiosk.words import Words, say
from queue_server.contract import HallInfo, Problem


class SendTo(enum.StrEnum):
    """Where the patient goes next."""

    HERE = "here"
    """Try again at this kiosk."""
    DESK = "desk"
    """The staffed window."""
    PAPER_DESK = "paper_desk"
    """Where tickets are printed for those whose kiosk could not."""


@dataclass(frozen=True)
class FaultKind:
    """One kind of fault.

    ``again``: the patient may try the same step once more. ``in_servers_words``: the title is the server's sentence,
    where it wrote one for patients.
    """

    name: str
    code: str
    mark: Mark
    send_to: SendTo
    again: bool = False
    in_servers_words: bool = False


_FAULT, _ATTENTION = Mark.FAULT, Mark.ATTENTION

FAULTS: dict[str, FaultKind] = {
    kind.name: kind
    for kind in (
        # The reader and the card.
        FaultKind("reader_offline", "R-01", _FAULT, SendTo.DESK),
        FaultKind("reader_failed", "R-02", _FAULT, SendTo.DESK, again=True),
        FaultKind("no_card", "C-01", _ATTENTION, SendTo.HERE, again=True),
        FaultKind("card_pulled", "C-02", _ATTENTION, SendTo.HERE, again=True),
        FaultKind("card_left", "C-03", _ATTENTION, SendTo.HERE, again=True),
        FaultKind("card_unreadable", "C-04", _FAULT, SendTo.DESK, again=True),
        FaultKind("card_wrong", "C-05", _FAULT, SendTo.DESK, again=True),
        FaultKind("no_document", "C-06", _ATTENTION, SendTo.DESK),
        FaultKind("other_card_pulled", "C-07", _ATTENTION, SendTo.HERE, again=True),
        FaultKind("other_card_unreadable", "C-08", _FAULT, SendTo.DESK, again=True),
        FaultKind("other_card_wrong", "C-09", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("bank_card", "C-10", _ATTENTION, SendTo.DESK, again=True),
        # The server.
        FaultKind("server_away", "L-01", _FAULT, SendTo.DESK, again=True),
        FaultKind("answer_lost", "L-02", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("not_enrolled", "L-03", _FAULT, SendTo.DESK),
        FaultKind("busy", "L-04", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("rejoin_not_done", "L-01", _FAULT, SendTo.DESK, again=True),
        FaultKind("rejoin_unknown", "L-02", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("slip_not_done", "L-01", _FAULT, SendTo.DESK, again=True),
        FaultKind("slip_unknown", "L-02", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("kiosk_failed", "K-01", _FAULT, SendTo.DESK),
        # The booking.
        FaultKind("nothing_today", "B-01", _ATTENTION, SendTo.DESK),
        FaultKind("nothing_in_old_list", "B-02", _ATTENTION, SendTo.DESK),
        FaultKind("refused", "B-03", _FAULT, SendTo.DESK, in_servers_words=True),
        FaultKind("rejoin_refused", "B-03", _FAULT, SendTo.DESK, in_servers_words=True),
        FaultKind("slip_refused", "B-03", _FAULT, SendTo.DESK, in_servers_words=True),
        FaultKind("code_unknown", "B-04", _ATTENTION, SendTo.DESK),
        FaultKind("ticket_over", "B-05", _ATTENTION, SendTo.DESK),
        FaultKind("number_not_shown", "B-06", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("same_slip", "B-08", _ATTENTION, SendTo.HERE, again=True),
        FaultKind("slip_unreadable", "B-04", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("not_compared", "L-01", _FAULT, SendTo.DESK, again=True),
        FaultKind("orders_wait", "B-07", _ATTENTION, SendTo.DESK),
        # Paper. The number is the patient's all the same and stays on the screen.
        FaultKind("paper_out", "P-01", _ATTENTION, SendTo.PAPER_DESK),
        FaultKind("cover_open", "P-02", _ATTENTION, SendTo.PAPER_DESK),
        FaultKind("cutter_jam", "P-03", _ATTENTION, SendTo.PAPER_DESK),
        FaultKind("printer_offline", "P-04", _ATTENTION, SendTo.PAPER_DESK),
        FaultKind("print_not_done", "P-05", _ATTENTION, SendTo.PAPER_DESK),
        FaultKind("print_unknown", "P-06", _ATTENTION, SendTo.PAPER_DESK),
    )
}

AWAY_CODES: dict[Away, str] = {
    Away.UNREACHED: FAULTS["server_away"].code,
    Away.NOT_ENROLLED: FAULTS["not_enrolled"].code,
    Away.NOT_ISSUING: "L-05",
}
"""What staff read on the screen that tells patients that nobody can check in here now."""

_READER = {
    # The line: drivers.line's table. A reader that does not answer in time is mute, whatever lies on it.
    "no_device": "reader_offline",
    "access": "reader_offline",
    "claimed": "reader_offline",
    "gone": "reader_offline",
    "closed": "reader_offline",
    "timeout": "reader_offline",
    # The reader itself: drivers.identity_card.answers.
    "garbled": "reader_failed",
    "security_module": "reader_failed",
    "self_test": "reader_failed",
    "unauthorised": "reader_failed",
    "unsupported": "reader_failed",
    "unknown": "reader_failed",
    # The card.
    "no_media": "card_pulled",
    "card_not_removed": "card_left",
    "wrong_card": "card_wrong",
    "authentication": "card_unreadable",
    "verification": "card_unreadable",
    "bad_document": "card_unreadable",
    "absent": "card_unreadable",
}

_OTHER_CARD = {
    "no_media": "other_card_pulled",
    "wrong_card": "other_card_wrong",
    "card_blocked": "other_card_wrong",
    "authentication": "other_card_wrong",
    "unsupported": "other_card_wrong",
    "bank_card": "bank_card",
}

_PRINTER = {
    "paper_out": "paper_out",
    "cover_open": "cover_open",
    "cutter_jam": "cutter_jam",
    "no_device": "printer_offline",
    "access": "printer_offline",
    "claimed": "printer_offline",
    "gone": "printer_offline",
    "closed": "printer_offline",
    "timeout": "printer_offline",
    "offline": "printer_offline",
    "no_answer": "printer_offline",
    "one_way": "printer_offline",
}


_CLOCK = "clock_"
"""How the codes begin with which the server says that it gives no numbers until its clock is put right."""


class FaultError(Exception):
    """A step met a fault.

    ``problem`` is the server's where it refused. ``another``: the patient may choose something else instead.
    """

    def __init__(self, name: str, *, problem: Problem | None = None, another: bool = False, **values: Words) -> None:
        super().__init__(name)
        self.kind = FAULTS[name]
        self.problem = problem
        self.another = another
        self.values = values


def is_for_now(problem: Problem) -> bool:
    """Whether the server refused for a reason that passes: its clock has to be put right first."""
    return problem.code.startswith(_CLOCK)


def refusal_fault(problem: Problem, *, another: bool = False) -> FaultError:
    """The fault that a refusal of the server's stands for. ``another``: there is something else to choose."""
    if is_for_now(problem):
        return FaultError("server_away", problem=problem)
    return FaultError("refused", problem=problem, another=another)


def reader_fault(error: DeviceError) -> FaultError:
    """The fault a reader's ``error`` stands for; one that is not known is the reader's own failure."""
    return FaultError(_READER.get(error.error, "reader_failed"))


def other_card_fault(error: DeviceError) -> FaultError:
    """The fault a chip card's or a magnetic stripe's ``error`` stands for."""
    return FaultError(_OTHER_CARD.get(error.error, "other_card_unreadable"))


def printer_fault(printed: Printed) -> FaultKind | None:
    """What to tell about the paper; ``None`` when it came out."""
    if printed.outcome is PrintOutcome.DONE:
        return None
    if printed.outcome is PrintOutcome.UNKNOWN:
        return FAULTS["print_unknown"]
    return FAULTS[_PRINTER.get(printed.error or "", "print_not_done")]


def place_of(send_to: SendTo, hall: HallInfo | None) -> Words:
    """Where ``send_to`` is in this hall, in the words of the building's signs."""
    match send_to:
        case SendTo.HERE:
            return say("place.here")
        case SendTo.DESK:
            return hall.desk if hall is not None else say("place.desk")
        case SendTo.PAPER_DESK:
            return hall.paper_desk if hall is not None else say("place.desk")


def screen_of(fault: FaultError, hall: HallInfo | None) -> Screen:
    """The screen that tells of ``fault``: what happened, what did not, where to go."""
    kind = fault.kind
    where = place_of(kind.send_to, hall)
    title: Words = say(f"fault.{kind.name}.title", **fault.values)
    if fault.problem is not None and kind.in_servers_words:
        title = sentence_of(fault.problem) or title
    again = Action("again", say("action.another" if fault.another else "action.again"))
    stays = kind.again or fault.another
    return Screen(
        Kind.OUTCOME,
        title=title,
        lead=say(f"fault.{kind.name}.next", where=where),
        mark=kind.mark,
        primary=again if stays else Action("finish", say("action.understood")),
        secondary=Action("finish", say("action.leave")) if stays else None,
        staff_code=kind.code,
    )
