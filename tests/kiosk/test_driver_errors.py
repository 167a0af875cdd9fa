"""Every error and state that a driver can end with has its entry: a named fault, or a reader that is looked after."""

from __future__ import annotations

import pytest

from drivers.device import CompletionCode, DeviceError, DeviceState, PrintOutcome
from drivers.payment_terminal.port import PaymentOutcome
from kiosk import device_errors, device_watch
from kiosk.device_errors import (
    NOBODY_KNOWS,
    OTHER_CARD,
    PRINTER,
    READER,
    REPORT,
    TERMINAL,
    other_card_fault,
    payment_fault,
    printer_fault,
    reader_fault,
    refund_fault,
    report_fault,
)
from kiosk.faults import FAULTS
from kiosk.ports import Paid, Printed, PrintedReport
from tests.kiosk.emitted import errors_of

TABLES = {
    "identity_card": READER,
    "receipt_printer": PRINTER,
    "payment_terminal": TERMINAL,
    "document_printer": REPORT,
}
OTHER_READERS = ("chip_card", "magnetic_stripe", "scanner")
LOOKED_AFTER = {"no_service", "busy", "not_enabled", "no_scan"}
"""Of a chip card's, a stripe's or a code's reader, beside the line's: what works now is asked for instead
(``test_ways``)."""


def emitted(*packages):
    """Every error that a device of ``packages`` can end with, on whatever line."""
    return sorted(errors_of("line").union(*(errors_of(package) for package in packages)))


def test_the_errors_are_found():
    assert {"no_device", "access", "ambiguous", "claimed", "gone", "closed", "timeout"} <= errors_of("line")
    assert {"no_media", "card_not_removed", "security_module", "bad_document"} <= errors_of("identity_card")
    assert {"mute_card", "card_blocked", "no_service"} <= errors_of("chip_card")
    assert {"bank_card", "unreadable"} <= errors_of("magnetic_stripe")
    assert {"paper_out", "head_hot", "leftover", "glyph_missing"} <= errors_of("receipt_printer")
    assert {"declined", "unsettled", "not_executed", "cannot_say", "already_reversed"} <= errors_of("payment_terminal")
    assert {"paper_jam", "toner_out", "too_many_pages", "no_a4", "broken_off"} <= errors_of("document_printer")


@pytest.mark.parametrize("package", TABLES)
def test_every_error_of_a_driver_has_an_entry(package):
    for error in emitted(package):
        assert (error in TABLES[package]) != (error in NOBODY_KNOWS), error
        assert TABLES[package].get(error, "print_unknown") in FAULTS, error


def test_every_error_of_another_reader_is_of_the_card_or_of_the_reader():
    for error in emitted(*OTHER_READERS):
        assert (error in OTHER_CARD) != (error in LOOKED_AFTER | errors_of("line")), error
        assert OTHER_CARD.get(error, "bank_card") in FAULTS, error


@pytest.mark.parametrize("package", TABLES)
def test_no_entry_is_for_an_error_that_no_driver_has(package):
    # What the kiosk's own side of a port adds is no driver's.
    assert set(TABLES[package]) - set(emitted(package)) <= {"not_enabled", "bad_document", "hardware_error"}


def test_no_entry_is_for_a_card_that_no_reader_refuses():
    assert set(OTHER_CARD) | NOBODY_KNOWS <= set(emitted(*OTHER_READERS, *TABLES))


def test_two_alike_devices_are_told_as_one_that_is_not_there():
    for table, fault in ((READER, "reader_offline"), (PRINTER, "printer_offline"), (TERMINAL, "terminal_offline")):
        assert table["ambiguous"] == table["no_device"] == fault
    assert REPORT["ambiguous"] == REPORT["no_device"] == "report_printer_offline"


def test_an_error_that_stands_under_two_faults_is_refused():
    with pytest.raises(ValueError, match="two faults"):
        device_errors._by_error({"paper_out": ("no_paper",), "cover_open": ("open", "no_paper")})


def test_an_error_of_somebody_elses_driver_is_the_devices_own_failure():
    odd = DeviceError(CompletionCode.HARDWARE_ERROR, "never_heard_of", "odd")
    assert reader_fault(odd).kind.name == "reader_failed"
    assert other_card_fault(odd).kind.name == "other_card_unreadable"
    assert printer_fault(Printed(PrintOutcome.NOT_DONE, odd.error)).name == "print_not_done"
    not_paid = Paid(PaymentOutcome.NOT_DONE, odd.error)
    assert payment_fault(not_paid, "¥1.00", asked=False).kind.name == "payment_not_done"
    assert payment_fault(not_paid, "¥1.00", asked=True).kind.name == "payment_found_not_done"
    assert refund_fault(not_paid, "¥1.00").kind.name == "refund_failed"
    assert report_fault(PrintedReport(PrintOutcome.NOT_DONE, odd.error)).kind.name == "report_printer_failed"


def test_what_is_unknown_of_money_is_told_as_unknown_whatever_the_reason():
    for error in (None, *emitted("payment_terminal")):
        unknown = Paid(PaymentOutcome.UNKNOWN, error)
        assert payment_fault(unknown, "¥1.00", asked=True).kind.name == "payment_unknown", error
        assert refund_fault(unknown, "¥1.00").kind.name == "refund_unknown", error


@pytest.mark.parametrize("asked", [False, True])
def test_what_certainly_was_not_taken_is_never_told_as_unknown(asked):
    for error in (None, *emitted("payment_terminal")):
        fault = payment_fault(Paid(PaymentOutcome.NOT_DONE, error), "¥1.00", asked=asked)
        assert fault.kind.name != "payment_unknown", error


def test_a_report_is_unknown_half_or_not_printed_whatever_the_reason():
    for error in (None, *emitted("document_printer")):
        assert report_fault(PrintedReport(PrintOutcome.UNKNOWN, error)).kind.name == "report_unknown", error
        none = report_fault(PrintedReport(PrintOutcome.NOT_DONE, error))
        assert none.kind.name not in {"report_unknown", "report_half"}, error
        for half in (True, None):
            fault = report_fault(PrintedReport(PrintOutcome.NOT_DONE, error, half=half))
            assert fault.kind.name == "report_half", error


@pytest.mark.parametrize("state", DeviceState)
def test_every_state_of_a_device_says_what_is_wrong_for_staff(state):
    assert state in device_watch._BY_STATE
    is_well = device_watch.trouble_by_state(state) is None
    assert is_well == (state in {DeviceState.ONLINE, DeviceState.STARTING})
