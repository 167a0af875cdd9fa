"""A station that serves several queues: by rank, by turns, or one before the other."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.bound import overtaking_ends_at, promise, with_bound
from queue_server.engine.callers import callers_of
from queue_server.engine.canonical import canonical
from queue_server.engine.entries import Ticket
from queue_server.engine.explain import why_before
from queue_server.engine.queries import ahead, waiting_in_order
from queue_server.engine.room_records import MERGE, Serving
from queue_server.engine.serving import after_turn, choose
from queue_server.engine.site import Site
from queue_server.engine.standing import place_of
from queue_server.engine.state import copy
from queue_server.log import snapshots
from tests.examples import share
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.lobby_checks import check_called_in_order, run
from tests.queue_server.engine.lobby_operations import operation
from tests.sites import appointment, at, registration, small_site

replace = msgspec.structs.replace


def serving_site(mode: str, ratio: dict[str, int] | None = None, *, lock: int = 0) -> Site:
    """The small hospital, with the two stations of two queues serving them so. ``ratio``: for im and ped; ent has 1."""
    site = small_site(lock=lock)
    of = {"s1": "q-im", "s3": "q-ped"}
    stations = [
        replace(
            station,
            serves=mode,
            ratio={of[station.id]: (ratio or {}).get(of[station.id], 2), "q-ent": (ratio or {}).get("q-ent", 1)}
            if mode == "ratio"
            else {},
        )
        if station.id in of
        else station
        for station in site.stations
    ]
    return replace(site, stations=stations)


def two_queues(mode: str, ratio: dict[str, int] | None = None, *, many: int = 6) -> Lobby:
    """``many`` of internal medicine booked for 9:00, and as many of ENT for 8:30, who by rank would all go first."""
    lobby = Lobby(serving_site(mode, ratio))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(many):
        lobby.do("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", "09:00")))
        lobby.do("08:00", c.CheckIn(appointment(f"e{i}", f"q{i}", "ent-am", "08:30")))
    return lobby


def called(lobby: Lobby, times: int) -> str:
    lobby.now = max(lobby.now, at("09:00"))
    return " ".join(lobby.call(None, "s1", "seen").number for _ in range(times))


def shown(lobby: Lobby, first: int) -> str:
    return " ".join(ticket.number for ticket in waiting_in_order(lobby.state, "s1", first))


@pytest.mark.parametrize(
    ("mode", "ratio", "expected"),
    [
        ("merge", None, "E001 E002 E003 E004 E005 E006 A001 A002 A003 A004 A005 A006"),
        ("ratio", None, "A001 A002 E001 A003 A004 E002 A005 A006 E003 E004 E005 E006"),
        ("ratio", {"q-im": 1}, "A001 E001 A002 E002 A003 E003 A004 E004 A005 E005 A006 E006"),
        ("ratio", {"q-im": 1, "q-ent": 3}, "A001 E001 E002 E003 A002 E004 E005 E006 A003 A004 A005 A006"),
        ("strict", None, "A001 A002 A003 A004 A005 A006 E001 E002 E003 E004 E005 E006"),
    ],
)
def test_the_order_shown_is_called(mode, ratio, expected):
    lobby = two_queues(mode, ratio)
    assert shown(lobby, 12) == expected
    assert called(lobby, 12) == expected


def test_a_queue_that_stood_empty_has_no_debt_and_no_credit():
    lobby = Lobby(serving_site("ratio"))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(9):
        lobby.do("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", "09:00")))
    assert called(lobby, 5) == "A001 A002 A003 A004 A005"
    for i in range(3):
        lobby.do("09:00", c.CheckIn(appointment(f"e{i}", f"q{i}", "ent-am", "09:00")))
    # One of the turn was called: one more, then one of the other queue, then two and one.
    assert called(lobby, 6) == "A006 E001 A007 A008 E002 A009"


def test_the_turn_is_kept_by_copies_and_snapshots_and_taken_back():
    lobby = two_queues("ratio")
    called(lobby, 1)
    before = waiting_in_order(lobby.state, "s1")
    assert lobby.state.stations["s1"].turn == ("q-im", 1)
    assert canonical(copy(lobby.state)) == canonical(lobby.state) == canonical(lobby.replayed())
    assert b'"turn":["q-im",1]' in canonical(lobby.state)
    restored = snapshots.restore(snapshots.take(lobby.state))
    assert canonical(restored) == canonical(lobby.state)
    assert waiting_in_order(restored, "s1") == before
    lobby.call("09:01", "s1", "seen")
    assert lobby.state.stations["s1"].turn == ("q-im", 2)
    lobby.do("09:02", c.Undo(lobby.state.position))
    assert lobby.state.stations["s1"].turn == ("q-im", 1)
    assert waiting_in_order(lobby.state, "s1") == before


def test_turns_begin_when_the_station_opens_and_paper_calls_are_no_turns():
    lobby = two_queues("ratio")
    called(lobby, 1)
    lobby.do("09:01", c.MarkMissed("s1"))
    paper = waiting_in_order(lobby.state, "s1")[0]
    lobby.do("09:02", c.RecordPaperCall("s1", paper.id, at("09:00"), "seen"))
    assert lobby.state.stations["s1"].turn == ("q-im", 1)
    lobby.do("09:03", c.CloseStation("s1"))
    lobby.do("09:03", c.OpenStation("s1", "nurse"))
    assert lobby.state.stations["s1"].turn is None
    assert called(lobby, 3) == "A003 A004 E001"


def test_one_queue_alone_takes_no_turns():
    lobby = two_queues("ratio")
    lobby.do("08:01", c.OpenStation("s1", "nurse", None, ["q-ent"]))
    assert called(lobby, 2) == "E001 E002"
    assert lobby.state.stations["s1"].turn is None


def test_an_emergency_goes_first_and_takes_nobodys_turn():
    ratio = Serving("ratio", (("a", 2), ("b", 1)), ("a", 1))
    assert choose(ratio, {"a": (2, 5, 1), "b": (2, 4, 2)}) == ("a", "goes_on")
    assert choose(ratio, {"a": (2, 5, 1), "b": (0, 9, 2)}) == ("b", "none")
    assert choose(ratio._replace(mode="strict"), {"a": (2, 5, 1), "b": (1, 9, 2)}) == ("b", "none")
    assert choose(MERGE, {"a": (2, 5, 1), "b": (2, 4, 2)}) == ("b", "none")
    assert after_turn(("a", 1), "b", "none") == ("a", 1)
    assert after_turn(("b", 1), "a", "begins") == ("a", 1)


def test_whoever_still_owes_calls_waits_for_them_while_another_queue_has_somebody():
    lobby = two_queues("strict", many=4)
    gone = lobby.call("09:00", "s1")
    lobby.do("09:00", c.MarkMissed("s1"))
    assert called(lobby, 3) == "A002 A003 A004"
    lobby.do("09:01", c.Rejoin(gone.id))
    assert shown(lobby, 5) == "E001 E002 E003 A001 E004"
    assert called(lobby, 5) == "E001 E002 E003 A001 E004"


def test_the_explanation_names_the_way_of_serving():
    lobby = two_queues("ratio")
    im, ent = (next(t for t in lobby.state.tickets.values() if t.number == number) for number in ("A001", "E001"))
    said = why_before(lobby.state, im.id, ent.id)
    assert said.zh.startswith("1 诊室按内科 2 位、耳鼻喉科 1 位轮流叫号。A001：")
    assert said.en.startswith("Room 1 calls by turns: 2 of Internal medicine, 1 of Ear, nose and throat. A001:")
    lobby = two_queues("strict")
    assert lobby.call("09:00", "s1").number == "A001"
    im, ent = (next(t for t in lobby.state.tickets.values() if t.number == number) for number in ("A001", "E001"))
    said = why_before(lobby.state, im.id, ent.id)
    assert said.zh.startswith("1 诊室先叫内科，再叫耳鼻喉科。")
    assert said.en.startswith("Room 1 calls Internal medicine before Ear, nose and throat. ")
    # Within one queue the ranks decide, whatever the station does with others.
    second = next(t for t in lobby.state.tickets.values() if t.number == "A002")
    assert why_before(lobby.state, im.id, second.id).en.startswith("The queueing moments are equal")


def ticket_of(lobby: Lobby, number: str) -> Ticket:
    return next(ticket for ticket in lobby.state.tickets.values() if ticket.number == number)


def test_where_another_queue_may_always_go_first_no_moment_is_published_and_the_sentence_says_so():
    for mode in ("ratio", "strict"):
        lobby = two_queues(mode)
        ent = ticket_of(lobby, "E001")
        assert overtaking_ends_at(lobby.state, ent.id) is None
        assert "没有保证的时刻" in promise(lobby.state, ent.id).zh
        assert "may be called before you" in promise(lobby.state, ent.id).en
    # Key 9:00, C = 20, L = 15: of strict, the first queue is bound by its own rules alone.
    assert overtaking_ends_at(lobby.state, ticket_of(lobby, "A001").id) == at("09:35")
    assert overtaking_ends_at(two_queues("ratio").state, ticket_of(lobby, "A001").id) is None
    merged = two_queues("merge")
    assert overtaking_ends_at(merged.state, ticket_of(merged, "E001").id) == at("09:05")


def test_an_emergency_is_not_told_of_turns_that_it_does_not_wait_for():
    lobby = two_queues("ratio")
    stamp = replace(ticket_of(lobby, "E001").stamp, bound=None, promise=None)
    assert "没有保证的时刻" in with_bound(lobby.state, "q-ent", (2, 1, 1), stamp).promise.zh
    assert with_bound(lobby.state, "q-ent", (1, 1, 1), stamp).promise is None
    assert with_bound(lobby.state, "q-ent", None, stamp).promise is None


def test_who_comes_before_is_counted_by_turns():
    lobby = two_queues("ratio", many=3)
    order = [ticket.id for ticket in waiting_in_order(lobby.state, "s1")]
    assert [ahead(lobby.state, ticket_id) for ticket_id in order] == list(range(6))


@pytest.mark.parametrize("mode", ["merge", "ratio", "strict"])
def test_the_place_that_the_expected_wait_reckons_with_follows_the_way_of_serving(mode):
    lobby = two_queues(mode)
    for index, ticket in enumerate(waiting_in_order(lobby.state, "s1")):
        about = place_of(lobby.state, ticket.lane, ticket.rank, ticket.place, callers_of(lobby.state, *ticket.lane))
        assert abs(about - index) <= (2 if mode == "ratio" else 0)


moves = st.lists(
    st.tuples(st.sampled_from(["im", "im", "ent", "ent", "walk", "next", "next", "next", "undo"]), st.integers(0, 3)),
    max_size=60,
)


@share(0.8)
@given(moves, st.integers(1, 3), st.integers(1, 3))
def test_the_ratio_holds_over_any_history_while_both_have_somebody(moves, first, second):
    lobby = Lobby(serving_site("ratio", {"q-im": first, "q-ent": second}))
    lobby.strict = False
    lobby.do("08:00", c.OpenStation("s1", "nurse"))
    run_of: list[str] = []
    pattern = ("i" * first + "e" * second) * 40
    for n, (move, which) in enumerate(moves):
        clinic = "ent" if move in {"ent", "walk"} else "im"
        if move in {"im", "ent"}:
            slot = ["08:30", "09:00", "09:30", "10:00"][which]
            lobby.do(lobby.now, c.CheckIn(appointment(f"b{n}", f"p{n}", f"{clinic}-am", slot)))
        elif move == "walk":
            lobby.do(lobby.now, c.CheckInWalkIn("q-ent", registration(f"r{n}", f"p{n}", "ent-am")))
        elif move == "undo":
            if lobby.state.undo and "Called" in {entry.kind for entry in list(lobby.state.undo.values())[-1:]}:
                lobby.do(lobby.now, c.Undo(list(lobby.state.undo.values())[-1].main))
                run_of = run_of[:-1]
        else:
            both = all(lobby.state.lanes.get((queue, None)) for queue in ("q-im", "q-ent"))
            decided = lobby.ask(lobby.now + 60_000_000, c.CallNext("s1", "seen"))
            calls = [event for event in decided if isinstance(event, e.Called)] if isinstance(decided, list) else []
            run_of = [*run_of, calls[0].queue[2]] if both and calls else []
        assert "".join(run_of) in pattern, "the turns are not those of the ratio"
    check_called_in_order(lobby)
    assert canonical(lobby.replayed()) == canonical(lobby.state)


@share(0.6)
@given(
    st.lists(operation, max_size=45),
    st.sampled_from(["ratio", "strict"]),
    st.integers(0, 2),
    st.integers(1, 3),
)
def test_whatever_is_asked_the_lobby_stays_whole_however_it_serves(operations, mode, lock, quota):
    run(operations, strict=True, site=serving_site(mode, {"q-im": quota, "q-ped": quota}, lock=lock))
