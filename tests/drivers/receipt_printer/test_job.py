"""What may be said of a ticket that was given up, in whatever state it was."""

import itertools
from dataclasses import dataclass, field

import pytest

from drivers.receipt_printer.commands import Unit
from drivers.receipt_printer.job import PrintJob, Timing
from drivers.receipt_printer.profile import PROFILES

DRAWN, LINE, WHITE = Unit(b"picture", 20, ink=True, exact=True), Unit(b"line\n", 34, ink=True), Unit(b"feed", 9)


@dataclass
class Talk:
    """What a printer has answered."""

    printed: set = field(default_factory=set)
    sensed: int = 0


def job_of(name, units):
    talk = Talk()
    return talk, PrintJob(talk, PROFILES[name], Timing(), iter([b"0001", b"0002"]), units)


@pytest.mark.parametrize("units", [[WHITE, DRAWN, WHITE, DRAWN, WHITE], [LINE, WHITE, LINE, WHITE], [LINE, DRAWN]])
@pytest.mark.parametrize("name", ["80mm", "80mm-basic"])
def test_not_done_is_said_only_where_the_last_ink_cannot_be_there(name, units):
    """Given up after each unit, with the printer as far as it can be, and cleared or cut off or neither."""
    order = job_of(name, units)[1]._units
    last_ink = max(number for number, unit in enumerate(order) if unit.ink)
    for sent, done, cleared, cut_off in itertools.product(
        range(len(order)), range(len(order)), (False, True), (False, True)
    ):
        if done > sent:
            continue
        talk, job = job_of(name, units)
        mark = job._units.index(job.last.unit)
        job.inked = any(unit.ink for unit in order[:sent])
        job.ending, job.marked = sent > last_ink, sent > mark
        if sent > mark and done >= mark:  # it is answered as soon as all before it is done
            talk.printed.add(job.last.process_id)
            talk.sensed += 1
        on_paper = done > last_ink
        said = job.is_certainly_not_whole(cleared=cleared, cut_off=cut_off)
        assert not (said and on_paper), (sent, done, cleared, cut_off)
        assert said or job.inked
        if cleared and done < min(mark, last_ink) and sent > max(mark, last_ink):
            assert said, (sent, done)


def test_the_mark_stands_behind_a_picture_and_before_a_line_with_white_below_it():
    for units, place in (([WHITE, DRAWN, WHITE], 3), ([DRAWN, WHITE, LINE], 3), ([WHITE], 1), ([], 1)):
        _, job = job_of("80mm", units)
        assert job._units[place] is job.last.unit, units
