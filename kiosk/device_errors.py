"""Which error of a driver is which fault: every error that a driver can end with stands here.

An error of somebody else's driver that does not stand here is told as the device's own failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from drivers.device import DeviceError, PrintOutcome
from drivers.payment_terminal.port import PaymentOutcome
from kiosk.faults import FAULTS, FaultError, FaultKind
from kiosk.ports import Paid, Printed, PrintedReport
from kiosk.words import Words, say

_NOT_REACHED: Final = (
    # The line and the address (drivers.line), and a device that this program does not hold, or not yet.
    *("no_device", "access", "ambiguous", "bad_url", "claimed", "gone", "timeout", "one_way"),
    *("closed", "not_claimed", "not_enabled"),
)


def _by_error(by_fault: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Turn faults with their errors into errors with their fault.

    Raises:
        ValueError: an error stands under two faults.
    """
    found = {error: fault for fault, errors in by_fault.items() for error in errors}
    if len(found) != sum(map(len, by_fault.values())):
        raise ValueError("An error stands under two faults.")
    return found


READER: Final = _by_error(
    {
        "reader_offline": _NOT_REACHED,
        "reader_failed": (
            *("garbled", "security_module", "self_test", "unauthorised", "unsupported", "unknown", "canceled"),
        ),
        "card_pulled": ("no_media",),
        "card_left": ("card_not_removed",),
        "card_wrong": ("wrong_card",),
        "card_unreadable": ("authentication", "verification", "bad_document", "absent"),
    }
)
"""Of the identity card's reader. One that does not answer in time is mute, whatever lies on it."""

OTHER_CARD: Final = _by_error(
    {
        "other_card_pulled": ("no_media",),
        "other_card_wrong": ("wrong_card", "card_blocked", "authentication", "unsupported"),
        "bank_card": ("bank_card",),
        "other_card_unreadable": ("mute_card", "bad_document", "garbled", "unknown", "unreadable"),
    }
)
"""Of a chip card or a magnetic stripe that was shown. After any other its reader is looked after."""

PRINTER: Final = _by_error(
    {
        "paper_out": ("paper_out",),
        "cover_open": ("cover_open",),
        "cutter_jam": ("cutter_jam",),
        "printer_offline": (*_NOT_REACHED, "offline", "no_answer"),
        "print_not_done": (
            *("head_hot", "unrecoverable", "hardware_error", "leftover", "canceled"),
            *("bad_document", "font_missing", "glyph_missing"),
        ),
    }
)
"""Of the printer of tickets, where the ticket did not come out."""

TERMINAL: Final = _by_error(
    {
        "terminal_offline": (*_NOT_REACHED, "garbled"),
        "terminal_busy": ("busy",),
        "terminal_unsettled": ("unsettled",),
        "terminal_failed": (
            *("not_registered", "diagnosis", "reader", "day_full", "end_of_day", "protocol", "unsupported"),
            *("unknown", "bad_amount", "bad_receipt"),
        ),
        "terminal_paper_out": ("paper_out",),
        "terminal_card_inside": ("card_inserted",),
        "payment_declined": ("declined", "amount", "currency"),
        "payment_card": ("card",),
        "payment_pin": ("pin",),
        "payment_bank": ("host",),
        "payment_cancelled": ("aborted", "canceled"),
        "payment_not_done": ("not_executed", "cannot_reverse", "already_reversed"),
    }
)
"""Of the card terminal, where no money moved."""

REPORT: Final = _by_error(
    {
        "report_paper_out": ("paper_out",),
        "report_paper_jam": ("paper_jam",),
        "report_cover_open": ("cover_open",),
        "report_toner_out": ("toner_out",),
        "report_tray_missing": ("tray_missing",),
        "report_output_full": ("output_full",),
        "report_printer_failed": (
            *("fuser", "service", "stopped", "printer_fault", "bad_request", "not_found", "not_possible"),
            *("version_unsupported", "operation_unsupported", "refused", "garbled"),
        ),
        "report_printer_offline": (
            *_NOT_REACHED,
            *("no_answer", "offline", "paused", "shut_down", "not_accepting", "http", "needs_tls", "certificate"),
            *("not_authorised", "never_arrived", "broken_off"),
        ),
        "report_printer_busy": ("busy", "spool_full", "queue"),
        "report_cancelled": ("canceled", "canceled_at_printer"),
        "report_stuck": ("too_slow", "aborted"),
        "report_too_long": ("too_many_pages", "too_many_copies", "no_pages", "too_large"),
        "report_page_size": ("page_size", "no_a4"),
        "report_broken": ("not_pdf", "damaged", "encrypted", "unreadable", "document_refused"),
        "report_form": ("no_duplex", "no_color", "no_format", "format_unsupported", "attribute_unsupported"),
    }
)
"""Of the printer of reports, where nothing came out."""

NOBODY_KNOWS: Final = frozenset(
    {
        "no_confirmation",
        *("no_result", "other_amount", "other_transaction", "cannot_say"),
        *("passed_on", "completed_with_errors", "incomplete", "forgotten", "nameless", "restarted"),
    }
)
"""Of printers and the terminal: why an outcome is unknown, and never why something was not done."""

_HELD_BY: Final[dict[str, Words]] = {
    "report_paper_out": say("report.why_paper_out"),
    "report_paper_jam": say("report.why_paper_jam"),
    "report_cover_open": say("report.why_cover_open"),
    "report_toner_out": say("report.why_toner_out"),
    "report_tray_missing": say("report.why_tray_missing"),
    "report_output_full": say("report.why_output_full"),
    "report_cancelled": say("report.why_cancelled"),
}


def reader_fault(error: DeviceError) -> FaultError:
    """The fault an identity card reader's ``error`` stands for."""
    return FaultError(READER.get(error.error, "reader_failed"))


def other_card_fault(error: DeviceError) -> FaultError:
    """The fault a chip card's or a magnetic stripe's ``error`` stands for."""
    return FaultError(OTHER_CARD.get(error.error, "other_card_unreadable"))


def printer_fault(printed: Printed) -> FaultKind | None:
    """What to tell about the paper; ``None`` when it came out."""
    if printed.outcome is PrintOutcome.DONE:
        return None
    if printed.outcome is PrintOutcome.UNKNOWN:
        return FAULTS["print_unknown"]
    return FAULTS[PRINTER.get(printed.error or "", "print_not_done")]


def payment_fault(paid: Paid, amount: Words, *, asked: bool) -> FaultError | None:
    """What to tell about a payment of ``amount``; ``None`` when the money was taken.

    ``asked``: the terminal had to be asked what became of it, and the patient was told so.
    """
    if paid.outcome is PaymentOutcome.DONE:
        return None
    if paid.outcome is PaymentOutcome.UNKNOWN:
        return FaultError("payment_unknown", amount=amount)
    name = TERMINAL.get(paid.error or "", "payment_not_done")
    return FaultError("payment_found_not_done" if asked and name == "payment_not_done" else name, amount=amount)


def refund_fault(paid: Paid, amount: Words) -> FaultError | None:
    """What to tell about taking a payment back; ``None`` when the money is back."""
    if paid.outcome is PaymentOutcome.DONE:
        return None
    if paid.outcome is PaymentOutcome.UNKNOWN:
        return FaultError("refund_unknown", amount=amount)
    return FaultError("refund_done_before" if paid.error == "already_reversed" else "refund_failed", amount=amount)


def report_fault(printed: PrintedReport) -> FaultError | None:
    """What to tell about a report; ``None`` when all of it came out."""
    if printed.outcome is PrintOutcome.DONE:
        return None
    if printed.outcome is PrintOutcome.UNKNOWN:
        return FaultError("report_unknown")
    name = REPORT.get(printed.error or "", "report_printer_failed")
    if printed.half is not False:
        return FaultError("report_half", why=held_by(printed.error))
    return FaultError(name)


def held_by(error: str | None) -> Words:
    """What holds a report up, in a word or two."""
    return _HELD_BY.get(REPORT.get(error or "", ""), say("report.why_stopped"))
