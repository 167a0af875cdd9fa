"""What may be said of a ticket that was given up, in whatever state it was."""

import itertools
from dataclasses import dataclass, field

import pytest

from drivers.receipt_printer.job import PrintJob, Timing
from drivers.receipt_printer.profile import PROFILES


@dataclass
class Talk:
    """What a printer has answered."""

    printed: set = field(default_factory=set)
    sensed: int = 0


@pytest.mark.parametrize("name", ["80mm", "80mm-basic"])
def test_not_done_is_said_only_where_the_last_dot_cannot_be_there(name):
    states = itertools.product((False, True), repeat=5)
    for inked, body_sent, reached, cleared, cut_off in states:
        if (reached and not body_sent) or (body_sent and not inked):
            continue  # a mark is answered behind what was sent
        talk = Talk()
        job = PrintJob(talk, PROFILES[name], Timing(), iter([b"0001", b"0002"]))
        job.inked, job.body_sent = inked, body_sent
        if reached:
            talk.printed.add(b"0001")
            talk.sensed += 1
        said = job.is_certainly_not_whole(cleared=cleared, cut_off=cut_off)
        rest_is_gone = (cleared and not reached) or (cut_off and not body_sent)
        assert said is (not inked or rest_is_gone), (inked, body_sent, reached, cleared, cut_off)
        assert not (said and reached)
