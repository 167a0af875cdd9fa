"""The table of docs/hardware.md is complete, and claims no fault that no test makes."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from drivers.device import DeviceState
from drivers.registry import _OWN_DRIVERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "hardware.md").read_text(encoding="utf-8")

TESTS = {
    "resident_id": {
        "mute": "identity_card/test_driver.py::test_a_mute_reader_is_a_timeout_and_not_well",
        "wrong check": "identity_card/test_driver.py::test_damage_that_stays_is_an_error",
        "false length": "identity_card/test_driver.py::test_a_length_that_is_false_but_possible_is_survived",
        "half frame": "identity_card/test_driver.py::test_damage_is_survived_once",
        "noise": "identity_card/test_driver.py::test_noise_without_end_is_an_error_in_time_and_holds_up_nobody",
        "late": "identity_card/test_driver.py::test_a_late_answer_is_not_taken_for_the_next_ones",
        "slow": "identity_card/test_driver.py::test_a_slow_line_is_given_the_time_it_needs",
        "byte by byte": "identity_card/test_driver.py::test_slow_answers_are_waited_for",
        "card pulled": "identity_card/test_driver.py::test_a_card_pulled_away_gives_no_partial_patient",
        "card left lying": "identity_card/test_driver.py::test_a_card_that_stays_must_be_removed_first",
        "wrong data": "identity_card/test_driver.py::test_bad_data_on_a_card_identifies_nobody",
        "refusals": "identity_card/test_driver.py::test_the_readers_refusals_are_told_apart",
        "unplugged": "identity_card/test_driver.py::test_unplugged_during_a_command",
    },
    "pcsc": {
        "card pulled": "chip_card/test_driver.py::test_a_card_pulled_in_the_middle_gives_no_partial_patient",
        "card mute": "chip_card/test_driver.py::test_a_card_that_never_answers",
        "late": "chip_card/test_driver.py::test_every_manner_and_mistake_of_a_card_that_stays",
        "wrong status": "chip_card/test_driver.py::test_every_manner_and_mistake_of_a_card_that_stays",
        "short answer": "chip_card/test_driver.py::test_every_manner_and_mistake_of_a_card_that_stays",
        "false length": "chip_card/test_driver.py::test_every_manner_and_mistake_of_a_card_that_stays",
        "blocked card": "chip_card/test_driver.py::test_every_manner_and_mistake_of_a_card_that_stays",
        "wrong data": "chip_card/test_driver.py::test_every_manner_and_mistake_of_a_card_that_stays",
        "held by another program": "chip_card/test_driver.py::test_a_card_that_another_program_holds",
        "service gone and back": "chip_card/test_driver.py::test_the_service_goes_and_comes_back",
    },
    "serial_stripe": {
        "bank card": "magnetic_stripe/test_driver.py::test_a_refused_swipe_is_told_once_and_the_next_is_read",
        "unread track": "magnetic_stripe/test_driver.py::test_a_refused_swipe_is_told_once_and_the_next_is_read",
        "other hospital's card": "magnetic_stripe/test_driver.py::"
        "test_a_refused_swipe_is_told_once_and_the_next_is_read",
        "wrong check": "magnetic_stripe/test_driver.py::test_check_characters",
        "half swipe": "magnetic_stripe/test_driver.py::test_half_a_swipe_is_none",
        "split": "magnetic_stripe/test_driver.py::test_a_swipe_in_pieces_is_whole",
        "merged": "magnetic_stripe/test_driver.py::test_swipes_that_come_together_are_two",
        "tracks apart": "magnetic_stripe/test_driver.py::test_tracks_that_are_ended_each_by_itself",
        "unplugged": "magnetic_stripe/test_driver.py::test_unplugged_while_somebody_listens",
    },
    "keyboard_stripe": {"bank card": "magnetic_stripe/test_driver.py::test_it_types_too"},
    "escpos": {
        "near end": "receipt_printer/test_driver.py::test_paper_running_low_warns_and_prints",
        "paper out": "receipt_printer/test_driver.py::test_a_printer_that_cannot_print_is_sent_nothing",
        "cover open": "receipt_printer/test_driver.py::test_a_printer_that_cannot_print_is_sent_nothing",
        "cutter jam": "receipt_printer/test_failures.py::test_a_cutter_jam_after_the_last_dot_is_unknown",
        "head hot": "receipt_printer/test_resume.py::test_a_head_that_cools_in_time_goes_on_with_the_same_ticket",
        "beyond repair": "receipt_printer/test_driver.py::test_a_printer_that_cannot_print_is_sent_nothing",
        "paper out within": "receipt_printer/test_failures.py::test_no_half_ticket_comes_out_of_a_later_patients_print",
        "cover open within": "receipt_printer/test_resume.py::"
        "test_paper_that_ended_or_moved_makes_no_whole_ticket_and_is_not_waited_for",
        "resumes by itself": "receipt_printer/test_failures.py::"
        "test_a_clone_that_keeps_its_buffer_is_unknown_and_its_rest_stays_apart",
        "late confirmation": "receipt_printer/test_failures.py::"
        "test_a_confirmation_that_comes_late_is_unknown_then_settled_and_never_reprinted",
        "no confirmation": "receipt_printer/test_failures.py::test_a_missing_confirmation_is_unknown",
        "job lost after power on": "receipt_printer/test_failures.py::"
        "test_a_job_lost_after_power_on_is_unknown_not_done",
        "mute": "receipt_printer/test_driver.py::test_a_mute_printer_is_unknown_and_sent_nothing",
        "takes nothing": "receipt_printer/test_failures.py::test_a_line_that_stops_taking_data_mid_ticket_is_unknown",
        "late status": "receipt_printer/test_driver.py::test_a_late_answer_never_answers_the_next_question",
        "noise": "receipt_printer/test_driver.py::test_noise_and_slowness_change_nothing",
        "unplugged": "receipt_printer/test_failures.py::test_a_line_that_breaks_after_the_ticket_is_unknown",
        "one-way USB": "test_usb_printer.py::test_nothing_is_printed_by_a_printer_that_cannot_answer",
    },
    "ipp": {
        "paper out": "document_printer/test_endings.py::"
        "test_a_trouble_in_the_middle_is_told_and_goes_on_once_it_is_mended",
        "door": "document_printer/test_endings.py::test_a_trouble_in_the_middle_is_told_and_goes_on_once_it_is_mended",
        "jam": "document_printer/test_endings.py::test_a_trouble_in_the_middle_is_told_and_goes_on_once_it_is_mended",
        "toner": "document_printer/test_driver.py::test_a_printer_in_trouble_is_sent_nothing",
        "busy": "document_printer/test_driver.py::test_a_busy_printer_is_asked_again_until_it_is_free",
        "aborted": "document_printer/test_endings.py::test_a_job_that_ends_before_its_time",
        "cancelled at its panel": "document_printer/test_endings.py::test_a_job_that_ends_before_its_time",
        "lost answer": "document_printer/test_endings.py::"
        "test_whatever_becomes_of_the_answer_the_document_comes_out_once",
        "broken-off document": "document_printer/test_endings.py::test_a_document_that_breaks_off_is_not_printed",
        "mute": "document_printer/test_endings.py::test_a_printer_that_goes_silent_while_it_prints_leaves_it_unknown",
        "late": "document_printer/test_driver.py::test_a_slow_or_split_answer_is_an_answer",
        "split": "document_printer/test_driver.py::test_a_slow_or_split_answer_is_an_answer",
        "garbage": "document_printer/test_driver.py::test_what_answers_otherwise_is_not_shown_as_well",
        "HTTP errors": "document_printer/test_driver.py::test_what_answers_otherwise_is_not_shown_as_well",
        "switched off and on": "document_printer/test_endings.py::"
        "test_a_printer_that_is_switched_off_and_on_leaves_it_unknown",
        "takes nothing": "document_printer/test_driver.py::test_a_far_end_that_takes_nothing_of_a_document_is_left",
        "not there": "document_printer/test_driver.py::test_a_printer_that_is_not_there",
    },
    "serial_scanner": {
        "noise": "scanner/test_driver.py::test_what_is_no_code_is_refused_and_the_next_is_read",
        "split": "scanner/test_driver.py::test_a_code_in_pieces_is_whole",
        "merged": "scanner/test_driver.py::test_codes_that_come_together_are_two",
        "over-long": "scanner/test_driver.py::test_what_is_no_code_is_refused_and_the_next_is_read",
        "half code": "scanner/test_driver.py::test_what_is_no_code_is_refused_and_the_next_is_read",
        "no suffix": "scanner/test_driver.py::test_what_is_no_code_is_refused_and_the_next_is_read",
        "slow": "scanner/test_driver.py::test_a_code_in_pieces_is_whole",
        "late": "scanner/test_driver.py::test_a_code_in_pieces_is_whole",
        "unplugged": "scanner/test_driver.py::test_unplugged_while_somebody_listens",
    },
    "keyboard_scanner": {
        "a person types": "scanner/test_keyboard.py::test_a_person_who_types_is_not_taken_for_a_scanner",
        "keys lost": "scanner/test_keyboard.py::test_keys_that_are_no_code_are_refused",
        "over-long": "scanner/test_keyboard.py::test_keys_that_are_no_code_are_refused",
        "no end": "scanner/test_keyboard.py::test_keys_that_are_no_code_are_refused",
        "noise": "scanner/test_keyboard.py::test_bytes_that_are_no_events_are_passed_over",
        "begun too early": "scanner/test_keyboard.py::test_typed_while_nobody_listened_or_begun_before",
    },
    "zvt": {
        "lost answer after the money moved": "payment_terminal/test_driver.py::"
        "test_an_answer_that_is_lost_after_the_money_moved_is_asked_for",
        "command lost": "payment_terminal/test_driver.py::test_a_command_that_never_arrived_is_found_not_done",
        "result left out": "payment_terminal/test_driver.py::test_a_result_that_is_left_out_is_asked_for",
        "declined": "payment_terminal/test_driver.py::test_a_declined_payment_moved_nothing",
        "stopped": "payment_terminal/test_driver.py::test_the_stop_key",
        "paper out": "payment_terminal/test_driver.py::test_without_paper_nothing_is_paid",
        "busy": "payment_terminal/test_driver.py::test_a_busy_terminal_is_asked_again_and_takes_no_payment",
        "other amount": "payment_terminal/test_driver.py::test_another_amount_than_was_asked_for_is_unknown",
        "wrong check": "payment_terminal/test_line.py::test_a_damaged_block_is_asked_for_again",
        "block refused": "payment_terminal/test_line.py::"
        "test_a_block_that_was_refused_once_is_sent_again_and_paid_once",
        "half message": "payment_terminal/test_driver.py::"
        "test_an_answer_that_is_lost_after_the_money_moved_is_asked_for",
        "noise": "payment_terminal/test_line.py::test_noise_and_slowness_change_nothing",
        "mute": "payment_terminal/test_line.py::test_a_mute_terminal_is_not_enabled_and_not_well",
        "unplugged": "payment_terminal/test_line.py::test_the_supervisor_brings_it_back",
    },
    "modbus_board": {
        "mute": "call_display/test_driver.py::"
        "test_a_silent_board_delays_no_call_and_gets_the_present_text_when_it_is_back",
        "no power": "call_display/test_driver.py::"
        "test_a_board_that_was_without_power_for_a_moment_is_given_the_text_again",
        "wrong check": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "request damaged": "call_display/test_driver.py::"
        "test_the_board_rejects_a_wrong_checksum_and_the_driver_reports_it",
        "half frame": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "late": "call_display/test_driver.py::test_a_late_answer_is_not_taken_for_the_newer_texts",
        "noise": "call_display/test_driver.py::test_noise_without_end_is_told_in_time_and_holds_up_nobody",
        "lost request": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "exception": "call_display/test_driver.py::test_an_answer_that_is_not_the_one_is_told",
        "wrong number": "call_display/test_driver.py::test_a_board_with_another_number_is_never_enabled",
        "line gone": "call_display/test_driver.py::test_a_board_that_is_plugged_in_again_gets_the_present_text",
    },
    "numeric_board": {
        "no power": "call_display/test_driver.py::"
        "test_a_board_that_was_without_power_for_a_moment_is_given_the_text_again",
        "request damaged": "call_display/test_simulator.py::test_a_wrong_checksum_is_rejected_without_a_word",
        "line gone": "call_display/test_driver.py::test_a_line_that_went_is_noticed_though_the_board_is_asked_nothing",
    },
    "xunpeng_board": {
        "mute": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "wrong check": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "request damaged": "call_display/test_driver.py::"
        "test_the_board_rejects_a_wrong_checksum_and_the_driver_reports_it",
        "half frame": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "noise": "call_display/test_driver.py::test_noise_and_slowness_change_nothing",
        "lost request": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "other value": "call_display/test_driver.py::test_an_answer_that_is_not_the_one_is_told",
        "line gone": "call_display/test_driver.py::test_a_line_that_went_is_noticed_though_the_board_is_asked_nothing",
    },
    "alpha_board": {
        "mute": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "wrong check": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "request damaged": "call_display/test_driver.py::"
        "test_the_board_rejects_a_wrong_checksum_and_the_driver_reports_it",
        "half frame": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
        "noise": "call_display/test_driver.py::test_noise_and_slowness_change_nothing",
        "lost request": "call_display/test_driver.py::test_a_fault_is_told_and_the_text_comes_up_once_it_is_over",
    },
    "cabinet_board": {
        "mute": "cabinet/test_driver.py::test_a_mute_board_is_unknown_and_never_well",
        "wrong check": "cabinet/test_driver.py::test_an_answer_that_is_lost_is_asked_for_once_more",
        "half frame": "cabinet/test_driver.py::test_an_answer_that_is_lost_is_asked_for_once_more",
        "late": "cabinet/test_driver.py::test_an_answer_that_is_lost_is_asked_for_once_more",
        "slow": "cabinet/test_driver.py::test_noise_and_slowness_change_nothing",
        "noise": "cabinet/test_driver.py::test_noise_and_slowness_change_nothing",
        "lost event": "cabinet/test_driver.py::test_an_event_that_was_lost_is_made_up_for_by_the_next_state",
        "flutter": "cabinet/test_driver.py::test_nobody_is_told_of_a_contact_that_flutters",
        "refusal": "cabinet/test_driver.py::test_a_board_that_refuses_says_what",
        "other version": "cabinet/test_driver.py::test_a_board_of_another_version_is_not_used",
        "restart": "cabinet/test_driver.py::test_a_board_that_restarted_is_opened_anew",
        "unplugged": "cabinet/test_driver.py::test_an_unplugged_board_comes_back_with_what_changed_meanwhile",
    },
}
"""By driver, each fault that the table tells of, and the test that makes it; files are under tests/drivers."""

COLUMNS = ["Device, driver", "Protocol", "Should fit, by which manual", "States told", "Faults tested", "Far end"]


def rows():
    lines = PAGE.splitlines()
    head = next(at for at, line in enumerate(lines) if line.startswith("| Device, driver |"))
    table = []
    for line in lines[head:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


ROWS = {re.search(r"`(\w+)`", row[0]).group(1): dict(zip(COLUMNS, row, strict=True)) for row in rows()[2:]}


def test_the_table_has_every_driver_and_says_above_it_that_none_was_tried():
    assert rows()[0] == COLUMNS
    assert set(ROWS) == set(_OWN_DRIVERS) == set(TESTS)
    head = PAGE[: PAGE.index("| Device, driver |")].rsplit("\n## ", 1)[1]
    assert head.startswith("What is spoken to: not tried on a physical device\n")


@pytest.mark.parametrize("driver", sorted(TESTS))
def test_a_row_claims_what_is_tested_and_no_more(driver):
    assert all(ROWS[driver].values())
    assert ROWS[driver]["Faults tested"].split(", ") == list(TESTS[driver])


@pytest.mark.parametrize("driver", sorted(TESTS))
def test_the_states_are_those_that_a_device_can_have(driver):
    told = re.sub(r"^with `\w+`: |;.*$", "", ROWS[driver]["States told"])
    if not told.startswith("line open or gone"):
        assert set(told.split(", ")) <= {state.value for state in DeviceState}


@pytest.mark.parametrize("named", sorted({test for tests in TESTS.values() for test in tests.values()}))
def test_every_test_that_is_named_exists(named):
    file, _, test = named.partition("::")
    tree = ast.parse((Path(__file__).parent / file).read_text(encoding="utf-8"))
    assert test in {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
