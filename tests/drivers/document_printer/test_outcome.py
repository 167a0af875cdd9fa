"""Whether the paper came out: every last state of a job, with everything that can be known beside it."""

import itertools

import pytest

from drivers.device import CompletionCode, PrintOutcome
from drivers.document_printer import link, status
from drivers.document_printer.codec import Attribute, Group, GroupTag, Tag, Value
from drivers.document_printer.outcome import Evidence, settled
from drivers.document_printer.printing import Attempt
from drivers.document_printer.sentences import _SENTENCES
from drivers.document_printer.status import JobState, JobStatus, job_status
from drivers.field.meanings import meaning

DONE, NOT_DONE, UNKNOWN = PrintOutcome.DONE, PrintOutcome.NOT_DONE, PrintOutcome.UNKNOWN


def judged(state, *reasons, k_octets=None, octets=5000, taken=False, **known):
    attempt = Attempt("report", "report 1", 4, octets, taken)
    evidence = Evidence(attempt, **{"pages": None, "whole": True, "ending": None, "status": None, **known})
    return settled(state, JobStatus(1, "report 1", state, reasons, None, k_octets), evidence)


@pytest.mark.parametrize(
    ("known", "outcome", "error"),
    [
        ({"taken": True}, DONE, None),
        ({"taken": True, "pages": 0}, DONE, None),
        ({"pages": 4}, DONE, None),
        ({"pages": 4, "k_octets": 5}, DONE, None),
        ({"pages": 4, "k_octets": 4}, UNKNOWN, "broken_off"),
        ({"pages": 4, "whole": False}, UNKNOWN, "broken_off"),
        ({"pages": 3, "k_octets": 4}, NOT_DONE, "broken_off"),
        ({"pages": 3}, UNKNOWN, "incomplete"),
        ({"k_octets": 5}, DONE, None),
        ({"k_octets": 4}, NOT_DONE, "broken_off"),
        ({"k_octets": 5, "octets": None}, UNKNOWN, "incomplete"),
        ({}, UNKNOWN, "incomplete"),
        ({"whole": False}, NOT_DONE, "broken_off"),
        ({"whole": False, "k_octets": 5}, NOT_DONE, "broken_off"),
    ],
)
def test_a_completed_job_is_done_where_the_printer_had_the_whole_document(known, outcome, error):
    ended = judged(JobState.COMPLETED, **known)
    assert (ended.outcome, ended.error) == (outcome, error)


def test_completed_may_also_mean_that_nobody_knows():
    assert judged(JobState.COMPLETED, "queued-in-device", taken=True).error == "passed_on"
    assert judged(JobState.COMPLETED, "job-completed-with-errors", taken=True).error == "completed_with_errors"


def test_what_ends_before_its_last_page_was_not_printed_and_after_it_nobody_knows():
    for state, pages in itertools.product((JobState.CANCELED, JobState.ABORTED), (None, 0, 3, 4, 5)):
        all_out = pages is not None and pages >= 4
        assert judged(state, pages=pages).outcome is (UNKNOWN if all_out else NOT_DONE)


def test_of_a_printer_that_counts_sheets_two_sides_may_be_on_each():
    for state, pages in itertools.product((JobState.CANCELED, JobState.ABORTED), (None, 0, 1, 2, 4)):
        may_be_all = pages is not None and pages >= 2
        assert judged(state, pages=pages, in_sheets=True).outcome is (UNKNOWN if may_be_all else NOT_DONE)
    assert judged(JobState.COMPLETED, pages=2, in_sheets=True).outcome is UNKNOWN
    assert judged(JobState.COMPLETED, pages=2, in_sheets=True, whole=False).outcome is UNKNOWN
    assert judged(JobState.COMPLETED, pages=4, in_sheets=True).outcome is DONE
    numbers = {"job-id": 7, "job-media-sheets-completed": 2}
    sheets = [Attribute(name, (Value(Tag.INTEGER, number),)) for name, number in numbers.items()]
    sides = Attribute("job-impressions-completed", (Value(Tag.INTEGER, 3),))
    for told, counted in ((sheets, (2, True)), ([*sheets, sides], (3, False))):
        found = job_status(Group(GroupTag.JOB, tuple(told)))
        assert (found.pages, found.in_sheets) == counted


def test_why_it_ended():
    assert judged(JobState.ABORTED, "document-format-error").error == "document_refused"
    assert judged(JobState.CANCELED).error == "canceled_at_printer"
    for ending, code in (("canceled", CompletionCode.CANCELED), ("too_slow", CompletionCode.TIMEOUT)):
        ended = judged(JobState.CANCELED, ending=ending)
        assert (ended.error, ended.code) == (ending, code)


def test_every_state_and_refusal_has_its_sentence_and_its_state():
    told = {*status._REASONS.values(), *status._LOW.values(), *(error for error, _ in status._REFUSALS.values())}
    without = {"paper_low", "toner_low", "not_possible", "refused"}  # never an error that is shown
    assert told - set(_SENTENCES) <= without
    assert set(status._REASONS.values()) <= set(status._STATES)


def test_whatever_a_check_finds_is_said_to_a_technician_in_both_languages():
    findings = {*status._REASONS.values(), *status._LOW.values(), *link._HTTP_ERRORS.values()}
    findings |= {"not_accepting", "stopped", "http", "certificate", "garbled", "timeout", "gone", "no_device", "busy"}
    findings |= {f"toner {toner.value}" for toner in status.Toner}
    for finding in findings:
        chinese, english = meaning(finding)
        assert chinese != english, finding
