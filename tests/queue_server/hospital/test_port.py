from __future__ import annotations

import msgspec
import pytest

from queue_server.engine.site import Appointment, ClinicSession, Order, Paid, Registration, Slot
from queue_server.hospital.port import BadAnswer, DayList, Identity, PatientFile, check

DAY = "2026-03-02"
SESSION = ClinicSession("s1", DAY, "internal", "internal", None, "morning", 100, 200, 10, [Slot(100, 200)])
PATIENT = PatientFile("p1", "1", "王样", "female", "1990-01-01", [Identity("hospital_card", "8", "王样")])
BOOKED = Appointment("a1", "p1", "s1", DAY, 100, 200)
PAID = Registration("g1", "p1", "s1", DAY, "paid")
ORDERED = Order("o1", "p1", "exam", "ct", DAY, "paid")
GOOD = DayList(DAY, [SESSION], [BOOKED], [PAID], [PATIENT], [ORDERED])


def test_a_list_that_agrees_with_itself_comes_back():
    assert check(GOOD) is GOOD


def changed(record, **values):
    return msgspec.structs.replace(record, **values)


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (changed(GOOD, sessions=[SESSION, SESSION]), "session 's1' is in the list twice"),
        (changed(GOOD, appointments=[BOOKED, BOOKED]), "appointment 'a1' is in the list twice"),
        (changed(GOOD, registrations=[PAID, PAID]), "registration 'g1' is in the list twice"),
        (changed(GOOD, people=[PATIENT, PATIENT]), "patient file 'p1' is in the list twice"),
        (
            changed(GOOD, sessions=[changed(SESSION, day="2026-03-03")]),
            "session 's1' is of 2026-03-03, not of 2026-03-02",
        ),
        (changed(GOOD, sessions=[changed(SESSION, ends_at=100)]), "session 's1' ends before it starts"),
        (
            changed(GOOD, sessions=[changed(SESSION, slots=[Slot(99, 150)])]),
            "session 's1' has a slot outside its own hours",
        ),
        (
            changed(GOOD, sessions=[changed(SESSION, slots=[Slot(150, 150)])]),
            "session 's1' has a slot outside its own hours",
        ),
        (
            changed(GOOD, appointments=[changed(BOOKED, session="s2")]),
            "appointment 'a1' names session 's2', which is not",
        ),
        (changed(GOOD, appointments=[changed(BOOKED, slot_end=100)]), "appointment 'a1' ends before it starts"),
        (
            changed(GOOD, registrations=[changed(PAID, person="p2")]),
            "registration 'g1' names a patient whose file is not",
        ),
        (changed(GOOD, orders=[ORDERED, ORDERED]), "order 'o1' is in the list twice"),
        (
            changed(GOOD, orders=[changed(ORDERED, id="a1")]),
            "order 'a1' has the id of an appointment or",
        ),
        (changed(GOOD, orders=[changed(ORDERED, day="x")]), "order 'o1' is of x, not of 2026-03-02"),
        (changed(GOOD, orders=[changed(ORDERED, person="p2")]), "order 'o1' names a patient whose file is not"),
        (changed(GOOD, orders=[changed(ORDERED, needs=["o1"])]), "order 'o1' needs itself"),
        (changed(GOOD, orders=[changed(ORDERED, slot_start=100)]), "order 'o1' has half a slot"),
        (changed(GOOD, orders=[changed(ORDERED, slot_start=100, slot_end=90)]), "order 'o1' ends before it starts"),
        (changed(GOOD, registrations=[changed(PAID, day="x")]), "registration 'g1' is of x, not of 2026-03-02"),
    ],
)
def test_a_list_that_cannot_be_right_is_refused_with_the_record(bad, sentence):
    with pytest.raises(BadAnswer) as error:
        check(bad)
    assert str(error.value).startswith(sentence)
    assert PATIENT.name not in str(error.value)


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (changed(PAID, fen=-1), "registration 'g1' has a negative fee"),
        (changed(PAID, paid=[Paid("g0", DAY, "internal", -1)]), "registration 'g1' has a negative fee"),
        (
            changed(PAID, paid=[Paid("g0", "2.3.", "internal", 1)]),
            "registration 'g1' names a fee paid on '2.3.', no day",
        ),
    ],
)
def test_fees_that_nobody_can_reckon_with_are_told(bad, sentence):
    with pytest.raises(BadAnswer, match=sentence):
        check(changed(GOOD, registrations=[bad]))
