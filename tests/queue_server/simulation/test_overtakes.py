from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from queue_server.simulation.records import VisitRecord, _count_overtakes

moments = st.integers(0, 12)
visits = st.lists(st.tuples(moments, moments, st.sampled_from([None, "a", "b"]), st.sampled_from(["a", "b", None])))


@given(visits)
def test_overtakes_are_the_later_arrivals_called_before(drawn):
    records = [
        VisitRecord(
            str(n), 0, "c", "g", own_doctor=own, doctor=own or at, checked_in=came, first_called=came + wait
        )
        for n, (came, wait, own, at) in enumerate(drawn)
    ]  # fmt: skip
    _count_overtakes(records)
    for record in records:
        competing = [other for other in records if record.own_doctor in {None, other.doctor}]
        assert record.overtakes == sum(
            other.first_called < record.first_called and other.checked_in > record.checked_in for other in competing
        )
