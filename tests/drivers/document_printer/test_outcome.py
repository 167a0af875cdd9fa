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
BROKEN = (JobState.CANCELED, JobState.ABORTED)


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
        ({"k_octets": 4}, UNKNOWN, "broken_off"),
        ({"k_octets": 4, "begun": False}, UNKNOWN, "broken_off"),
        ({"k_octets": 5, "octets": None}, UNKNOWN, "incomplete"),
        ({}, UNKNOWN, "incomplete"),
        ({"whole": False}, UNKNOWN, "broken_off"),
        ({"whole": False, "k_octets": 5}, UNKNOWN, "broken_off"),
        ({"whole": False, "pages": 3}, NOT_DONE, "broken_off"),
    ],
)
def test_a_completed_job_is_done_where_the_printer_had_the_whole_document(known, outcome, error):
    ended = judged(JobState.COMPLETED, **known)
    assert (ended.outcome, ended.error) == (outcome, error)


def test_completed_may_also_mean_that_nobody_knows():
    assert judged(JobState.COMPLETED, "queued-in-device", taken=True).error == "passed_on"
    assert judged(JobState.COMPLETED, "job-completed-with-errors", taken=True).error == "completed_with_errors"


def test_what_ends_before_its_last_page_was_not_printed_and_after_it_nobody_knows():
    for state, pages, begun in itertools.product(BROKEN, (0, 3, 4, 5), (None, False, True)):
        assert judged(state, pages=pages, begun=begun).outcome is (UNKNOWN if pages >= 4 else NOT_DONE)


def test_where_nothing_is_counted_not_printed_is_what_was_never_begun():
    for state, whole, begun in itertools.product(BROKEN, (True, False), (None, False, True)):
        outcome = judged(state, whole=whole, begun=begun).outcome
        assert outcome is (NOT_DONE if begun is False else UNKNOWN)
    assert judged(JobState.ABORTED, "document-format-error", begun=True).outcome is NOT_DONE


@pytest.mark.parametrize("state", [JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED])
def test_of_no_last_state_is_more_said_than_is_known(state):
    """Not done only where all sides cannot be there; done only where the printer had all of it and ended well."""
    known = {
        "pages": (None, 0, 1, 2, 3, 4, 5),
        "in_sheets": (False, True),
        "whole": (False, True),
        "begun": (None, False, True),
        "taken": (False, True),
        "k_octets": (None, 4, 5),
        "ending": (None, "canceled", "too_slow"),
    }
    for values in itertools.product(*known.values()):
        case = dict(zip(known, values, strict=True))
        outcome, pages = judged(state, **case).outcome, case["pages"]
        if outcome is NOT_DONE:
            fewer = pages is not None and pages * (2 if case["in_sheets"] else 1) < 4
            assert fewer or (pages is None and case["begun"] is False and state in BROKEN), case
        if outcome is DONE:
            assert state is JobState.COMPLETED, case
            assert case["taken"] or (case["whole"] and ((pages or 0) >= 4 or case["k_octets"] == 5)), case


@pytest.mark.parametrize(
    ("tag", "content", "begun"),
    [
        (Tag.INTEGER, 17, True),
        (Tag.INTEGER, -3, True),
        (Tag.NO_VALUE, b"", False),
        (Tag.UNKNOWN, b"", None),
        (None, 0, None),
    ],
)
def test_whether_a_job_was_begun_is_told_by_its_time_at_processing(tag, content, begun):
    told = [Attribute("job-id", (Value(Tag.INTEGER, 7),))]
    told += [] if tag is None else [Attribute("time-at-processing", (Value(tag, content),))]
    assert job_status(Group(GroupTag.JOB, tuple(told))).begun is begun


def test_of_a_printer_that_counts_sheets_two_sides_may_be_on_each():
    for state, pages in itertools.product(BROKEN, (0, 1, 2, 4)):
        assert judged(state, pages=pages, in_sheets=True).outcome is (UNKNOWN if pages >= 2 else NOT_DONE)
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
