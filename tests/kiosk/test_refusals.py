"""What the server says when it does not do what it was asked, from the wire to the words on the screen."""

from __future__ import annotations

import itertools
import string
from collections import deque

import httpx
import msgspec
import pytest

from kiosk.faults import FaultError, screen_of
from kiosk.journeys.check_in_screens import visit_screen
from kiosk.journeys.intent import Intent, asked_of_lobby
from kiosk.ports import AnswerLostError, AwayError, BusyError, RefusedError
from kiosk.refusals import FOR_PATIENTS, sentence_of
from kiosk.words import LANGUAGES, Catalogue
from queue_server.api.problems import KINDS
from queue_server.contract import Identify, Problem, Text
from queue_server.engine.refusals import SENTENCES
from tests.kiosk import people
from tests.kiosk.test_lobby_client import INTENT, Line, asked

CATALOGUE = Catalogue.load()
UNAUTHORISED = {401, 403}

QUESTIONS = {
    "/api/kiosk/identify": lambda line: line.client.identify(Identify(kind="id_card", value="1", name="n")),
    "/api/kiosk/tickets/t1": lambda line: line.client.ticket("t1"),
}
COMMANDS = {
    "/api/kiosk/check-in": lambda line: line.client.check_in(INTENT, "p1", "a1"),
    "/api/kiosk/join": lambda line: line.client.join(INTENT, "ent", None, None),
    "/api/kiosk/rejoin": lambda line: line.client.rejoin(INTENT, "t1"),
}
TRIES = 4


@pytest.fixture
async def line(tmp_path):
    line = Line(tmp_path)
    yield line
    await line.stop()


def filled(words: Text) -> Text:
    """The server's sentence with something in each of its places."""
    names = {name for text in (words.zh, words.en) for _, name, _, _ in string.Formatter().parse(text) if name}
    return Text(*(text.format(**dict.fromkeys(names, "8")) for text in (words.zh, words.en)))


def every_problem():
    """Every problem document the server can answer with, one of each code and status."""
    yield from (problem(code, kind.status.value, kind.message) for code, kind in KINDS.items())
    yield from (problem(code, 409, sentence) for code, sentence in SENTENCES.items())
    yield problem("outcome_unknown", 503, KINDS["log_unavailable"].message)


def problem(code, status, message):
    return Problem(f"urn:houzhen:problem:{code}", code, status, code, filled(message))


def document(one: Problem) -> httpx.Response:
    return httpx.Response(one.status, content=msgspec.json.encode(one))


def answered(one: Problem) -> type[Exception]:
    """What a command comes to when this is the answer to it, however often it is sent."""
    if one.status == 429:
        return BusyError
    if one.code in {"stopping", "log_unavailable"}:
        return AwayError
    if one.status >= 500 and one.code != "list_unavailable":
        return AnswerLostError
    return RefusedError


PROBLEMS = [one for one in every_problem() if one.status not in UNAUTHORISED]


@pytest.mark.parametrize("one", PROBLEMS, ids=lambda one: f"{one.status}-{one.code}")
async def test_what_a_command_comes_to(line, one):
    for path, command in COMMANDS.items():
        line.server.answer(path, document(one))
        with pytest.raises(answered(one)):
            await asked(line, command(line))
        bodies = line.server.bodies(path)
        assert len(bodies) == (TRIES if answered(one) in {AwayError, AnswerLostError} else 1), path
        assert all(body == bodies[0] for body in bodies), path


@pytest.mark.parametrize("one", PROBLEMS, ids=lambda one: f"{one.status}-{one.code}")
async def test_a_question_did_nothing_whatever_became_of_its_answer(line, one):
    expected = answered(one)
    for path, question in QUESTIONS.items():
        line.server.answer(path, document(one))
        with pytest.raises(AwayError if expected is AnswerLostError else expected):
            await asked(line, question(line))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_a_failure_of_something_on_the_way_leaves_a_command_unknown(line, status):
    line.server.answer("/api/kiosk/check-in", httpx.Response(status, content=b"<html>gateway</html>"))
    with pytest.raises(AnswerLostError):
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))
    line.server.answer("/api/kiosk/tickets/t1", httpx.Response(status, content=b"<html>gateway</html>"))
    with pytest.raises(AwayError):
        await asked(line, line.client.ticket("t1"))


async def test_an_answer_that_cannot_be_read_leaves_a_command_unknown(line):
    line.server.answer("/api/kiosk/check-in", httpx.Response(200, content=b'{"half'))
    with pytest.raises(AnswerLostError):
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))


@pytest.mark.parametrize("code", ["stopping", "log_unavailable"])
async def test_a_server_that_starts_again_turns_nobody_away(line, code):
    one = next(one for one in PROBLEMS if one.code == code)
    line.server.answers["/api/kiosk/tickets/t1"] = deque([document(one), document(one), people.ticket()])
    assert (await asked(line, line.client.ticket("t1"))).number == "A012"


@pytest.mark.parametrize(
    "last", [httpx.Response(401), httpx.Response(429), document(next(p for p in PROBLEMS if p.code == "stopping"))]
)
async def test_after_a_lost_answer_one_that_did_nothing_leaves_it_unknown(line, last):
    line.server.answer("/api/kiosk/check-in", httpx.ReadTimeout("late"), last)
    with pytest.raises(AnswerLostError):
        await asked(line, line.client.check_in(INTENT, "p1", "a1"))


# -- the words


async def fault_of(line, path, one):
    """The fault that the journey makes of ``one`` as the answer."""
    line.server.answer(path, document(one))
    with pytest.raises(FaultError) as told:
        await asked(line, asked_of_lobby(Intent(INTENT).sent((QUESTIONS | COMMANDS)[path](line))))
    return told.value


@pytest.mark.parametrize("one", list(every_problem()), ids=lambda one: f"{one.status}-{one.code}")
async def test_no_system_terms_reach_a_patient(line, one):
    for path in (*QUESTIONS, *COMMANDS):
        screen = screen_of(await fault_of(line, path, one), people.HALL)
        for words, language in itertools.product((screen.title, screen.lead), LANGUAGES):
            said = CATALOGUE.speak(words, language)
            assert not people.NOT_FOR_PATIENTS.search(said), (path, said)
            assert not said.endswith(("。", "."))
        assert one.code not in screen.staff_code


@pytest.mark.parametrize("code", ["clock_behind", "clock_jump"])
async def test_a_clock_to_be_put_right_is_for_staff(line, code):
    one = next(one for one in PROBLEMS if one.code == code)
    fault = await fault_of(line, "/api/kiosk/check-in", one)
    assert (fault.kind.name, fault.problem.code) == ("server_away", code)


def test_what_cannot_be_chosen_says_why_in_words_for_patients():
    jump = next(one for one in PROBLEMS if one.code == "clock_jump")
    options = [people.appointment(), people.appointment("a2", problem=jump), people.registration(problem=jump)]
    for choice in visit_screen(options, None).choices[1:]:
        for language in LANGUAGES:
            assert not people.NOT_FOR_PATIENTS.search(CATALOGUE.speak(choice.problem, language))


def test_every_sentence_that_is_passed_on_is_the_servers():
    known = {one.code: one for one in every_problem()}
    assert known.keys() >= FOR_PATIENTS
    for code in FOR_PATIENTS:
        assert sentence_of(known[code]) is not None
