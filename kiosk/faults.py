"""Every fault a patient can meet: its name, its mark, its words and where it sends the patient.

The words are in the catalogue under ``fault.<name>``: ``title`` says what happened and whether the patient is checked
in (of money: whether it was taken; of a report: whether it was printed), ``next`` what to do and where. The staff code
is small on the screen; the letter names the part: R reader, C card, P printer of tickets, M money at the card terminal,
D printer of documents, L the lobby's server, K this kiosk, B the booking. Which error of a driver is which fault says
``device_errors``.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from kiosk.ports import Away
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

    ``again``: the patient may try the same step once more; ``again_as`` is what the button says then.
    ``in_servers_words``: the title is the server's sentence, where it wrote one for patients.
    """

    name: str
    code: str
    mark: Mark
    send_to: SendTo
    again: bool = False
    in_servers_words: bool = False
    again_as: str = "action.again"


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
        # The card terminal: no money was taken.
        FaultKind("terminal_offline", "M-01", _FAULT, SendTo.DESK, again=True),
        FaultKind("terminal_busy", "M-02", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("terminal_unsettled", "M-03", _FAULT, SendTo.DESK),
        FaultKind("terminal_failed", "M-04", _FAULT, SendTo.DESK),
        FaultKind("terminal_paper_out", "M-05", _FAULT, SendTo.DESK, again=True),
        FaultKind("terminal_card_inside", "M-06", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("payment_declined", "M-10", _FAULT, SendTo.DESK, again=True),
        FaultKind("payment_card", "M-11", _FAULT, SendTo.DESK, again=True),
        FaultKind("payment_pin", "M-12", _FAULT, SendTo.DESK, again=True),
        FaultKind("payment_bank", "M-13", _FAULT, SendTo.DESK, again=True),
        FaultKind("payment_cancelled", "M-14", _ATTENTION, SendTo.DESK, again=True, again_as="action.pay_again"),
        FaultKind("payment_timed_out", "M-15", _ATTENTION, SendTo.DESK, again=True, again_as="action.pay_again"),
        FaultKind("payment_not_done", "M-16", _FAULT, SendTo.DESK, again=True, again_as="action.pay_again"),
        # Whether it was taken had to be asked for, or is asked for yet.
        FaultKind("payment_unknown", "M-20", _ATTENTION, SendTo.DESK, again=True, again_as="action.ask_again"),
        FaultKind("payment_found_not_done", "M-21", _ATTENTION, SendTo.DESK, again=True, again_as="action.pay_again"),
        # It was taken, and is to be given back.
        FaultKind("refund_failed", "M-30", _FAULT, SendTo.DESK, again=True),
        FaultKind("refund_unknown", "M-31", _ATTENTION, SendTo.DESK, again=True, again_as="action.ask_again"),
        FaultKind("refund_done_before", "M-32", _ATTENTION, SendTo.DESK),
        # The printer of reports.
        FaultKind("report_paper_out", "D-01", _FAULT, SendTo.DESK, again=True),
        FaultKind("report_paper_jam", "D-02", _FAULT, SendTo.DESK, again=True),
        FaultKind("report_cover_open", "D-03", _FAULT, SendTo.DESK, again=True),
        FaultKind("report_toner_out", "D-04", _FAULT, SendTo.DESK, again=True),
        FaultKind("report_tray_missing", "D-05", _FAULT, SendTo.DESK, again=True),
        FaultKind("report_output_full", "D-06", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("report_printer_failed", "D-07", _FAULT, SendTo.DESK),
        FaultKind("report_printer_offline", "D-08", _FAULT, SendTo.DESK, again=True),
        FaultKind("report_printer_busy", "D-09", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("report_cancelled", "D-10", _ATTENTION, SendTo.DESK, again=True),
        FaultKind("report_stuck", "D-11", _FAULT, SendTo.DESK, again=True),
        # Of the document: trying again makes it no other one.
        FaultKind("report_too_long", "D-12", _FAULT, SendTo.DESK),
        FaultKind("report_page_size", "D-13", _FAULT, SendTo.DESK),
        FaultKind("report_broken", "D-14", _FAULT, SendTo.DESK),
        FaultKind("report_form", "D-15", _FAULT, SendTo.DESK),
        # Pages lie in the tray, or may.
        FaultKind("report_half", "D-16", _ATTENTION, SendTo.DESK),
        FaultKind("report_unknown", "D-17", _ATTENTION, SendTo.DESK),
    )
}

AWAY_CODES: dict[Away, str] = {
    Away.UNREACHED: FAULTS["server_away"].code,
    Away.NOT_ENROLLED: FAULTS["not_enrolled"].code,
    Away.NOT_ISSUING: "L-05",
}
"""What staff read on the screen that tells patients that nobody can check in here now."""

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
    again = Action("again", say("action.another" if fault.another else kind.again_as))
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
