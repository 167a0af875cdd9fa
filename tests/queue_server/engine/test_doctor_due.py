"""Whose session is in a station's room."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine.queries import doctor_due
from tests.queue_server.engine.driver import Lobby
from tests.sites import at, session


def in_r1(*sessions):
    return Lobby(sessions=[msgspec.structs.replace(one, room="r1") for one in sessions])


MORNING = session("am", "im", "d-lin", "morning", "08:00", "12:00")
AFTERNOON = session("pm", "im", "d-he", "afternoon", "13:30", "17:30")


@pytest.mark.parametrize(
    ("clock", "doctor"),
    [("07:40", "d-lin"), ("08:30", "d-lin"), ("12:10", "d-he"), ("15:00", "d-he"), ("18:00", None)],
)
def test_the_session_of_now_or_the_next_one(clock, doctor):
    lobby = in_r1(MORNING, AFTERNOON)
    assert doctor_due(lobby.state, "s1", at(clock)) == doctor
    assert doctor_due(lobby.state, "s2", at(clock)) is None
    assert doctor_due(lobby.state, "none", at(clock)) is None


def test_two_doctors_in_one_room_are_not_guessed_between():
    lobby = in_r1(MORNING, session("am2", "im", "d-he", "morning", "08:00", "12:00"))
    assert doctor_due(lobby.state, "s1", at("08:30")) is None


def test_a_cancelled_session_and_a_pool_have_no_doctor():
    lobby = in_r1(msgspec.structs.replace(MORNING, status="cancelled"))
    assert doctor_due(lobby.state, "s1", at("08:30")) is None
    lobby = in_r1(session("pool", "im", None, "morning", "08:00", "12:00"))
    assert doctor_due(lobby.state, "s1", at("08:30")) is None
