"""Ranks, lanes, the locked head and what a station may call."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.entries import Ticket
from queue_server.engine.lines import BY_MOMENT, Line, rank_by_place, rank_by_time
from queue_server.engine.order import matches
from queue_server.engine.queries import ahead, queue_in_order, waiting_count, waiting_in_order
from queue_server.engine.site import PlaceStamp, Text
from tests.queue_server.engine.driver import Lobby
from tests.sites import MINUTE, appointment, at, registration, small_site


def numbers(tickets: list[Ticket]) -> list[str]:
    return [ticket.number for ticket in tickets]


def line(*ranks: e.Rank, lock: int = 0) -> Line:
    return Line([(rank, f"t{i}") for i, rank in enumerate(sorted(ranks))], lock)


@pytest.mark.parametrize(
    ("lock", "key", "expected"),
    [
        (0, 5, ((2, 5, 9), False)),  # no lock: before everybody
        (1, 5, ((2, 10, 1, BY_MOMENT, 5, 9), True)),  # directly behind the first
        (2, 5, ((2, 20, 2, BY_MOMENT, 5, 9), True)),
        (2, 15, ((2, 20, 2, BY_MOMENT, 15, 9), True)),  # between the locked ones: behind both
        (2, 20, ((2, 20, 9), False)),  # the same key later is behind by its own rank
        (2, 25, ((2, 25, 9), False)),
        (9, 5, ((2, 30, 3, BY_MOMENT, 5, 9), True)),  # fewer than locked: behind all
    ],
)
def test_a_time_stamp_does_not_displace_the_locked_head(lock, key, expected):
    assert rank_by_time(line((2, 10, 1), (2, 20, 2), (2, 30, 3), lock=lock), 2, key, 9) == expected


_PUSHED = (2, 20, 2, BY_MOMENT, 5, 3)


@pytest.mark.parametrize(
    ("ranks", "key", "expected"),
    [
        ([(2, 20, 2), _PUSHED], 4, (2, 20, 2, BY_MOMENT, 5, 3, BY_MOMENT, 4, 9)),  # the head is pushed back itself
        ([(2, 20, 2), _PUSHED], 7, (2, 20, 2, BY_MOMENT, 7, 9)),  # not behind the head alone: where its moment is
        ([(2, 20, 2), (2, 20, 2, 4)], 7, (2, 20, 2, BY_MOMENT, 7, 9)),  # behind one whom a count of calls put there
        ([(2, 20, 2), (*_PUSHED, 4)], 7, (2, 20, 2, BY_MOMENT, 7, 9)),
        ([(2, 20, 2), (*_PUSHED, 4)], 4, (*_PUSHED, BY_MOMENT, 4, 9)),
    ],
)
def test_behind_a_head_that_was_pushed_back_itself_the_moment_counts(ranks, key, expected):
    rank, _ = rank_by_time(line(*ranks, lock=2), 2, key, 9)
    assert rank == expected
    assert rank > max(ranks)


@given(
    st.lists(st.tuples(st.sampled_from(["time", "place", "call"]), st.integers(1, 30)), max_size=40), st.integers(1, 3)
)
def test_nobody_is_pushed_behind_a_later_moment_by_the_locked_head(steps, lock):
    """Of those who were never in the head, whoever has the earlier moment goes first, whenever they came."""
    keys: dict[e.Rank, int] = {}
    lane: list[e.Rank] = []
    for seq, (kind, key) in enumerate(steps, 1):
        fixed = lane[:lock]
        if kind == "call":
            lane = lane[1:]
            continue
        if kind == "place":
            rank = rank_by_place(lane, lock, seq, key)
        else:
            rank = rank_by_time(line(*lane, lock=lock), 2, key, seq)[0]
            keys[rank] = key
            for other in lane[lock:]:
                if other in keys:
                    assert (rank < other) == (key < keys[other])
        lane = sorted([*lane, rank])
        assert lane[: len(fixed)] == fixed or kind == "place"


@pytest.mark.parametrize("tier", [0, 1])
def test_emergencies_ignore_the_lock(tier):
    assert rank_by_time(line((2, 10, 1), lock=2), tier, 50, 9) == ((tier, 50, 9), False)


@pytest.mark.parametrize(
    ("ranks", "lock", "expected"),
    [
        ([], 0, (2, 77, 9)),
        ([(2, 10, 1)], 0, (2, 10, -9)),  # first of all
        ([(2, 10, -3), (2, 10, 1)], 0, (2, 10, -3, 9)),  # behind one who was put first before
        ([(2, 10, 1), (2, 20, 2)], 1, (2, 10, 1, 9)),
        ([(2, 10, 1), (2, 10, 1, 5), (2, 20, 2)], 2, (2, 10, 1, 5, 9)),
        ([(0, 90, 1), (2, 10, 2)], 0, (2, 10, -9)),  # an emergency stays in front
        ([(0, 90, 1)], 2, (2, 77, 9)),
        ([(0, 90, 1), (2, 10, 2), (2, 20, 3)], 2, (2, 10, 2, 9)),
        ([(3, 10, 1)], 0, (2, 77, 9)),
        # Before those whom the head pushed back, also where its last one was put first of all.
        ([(2, 10, -3), (2, 10, -3, BY_MOMENT, 5, 4)], 1, (2, 10, -3, 9)),
        ([(2, 10, -3), (2, 10, -3, 6), (2, 10, -3, BY_MOMENT, 5, 4)], 1, (2, 10, -3, 6, 9)),
    ],
)
def test_a_place_stamp_goes_directly_behind_the_locked_head(ranks, lock, expected):
    rank = rank_by_place(ranks, lock, 9, 77)
    assert rank == expected
    behind = [other for other in ranks if other > rank]
    assert len(ranks) - len(behind) >= min(lock, len([r for r in ranks if r[0] <= 2]))


def test_many_are_put_behind_the_same_place_and_keep_their_order():
    """Midpoints between near keys would run out; longer ranks do not."""
    ranks: list[e.Rank] = [(2, 10, 1), (2, 10, 2)]
    placed = []
    for seq in range(3, 203):
        rank = rank_by_place(sorted(ranks), 1, seq, 0)
        assert (2, 10, 1) < rank < (2, 10, 2)
        placed.append(rank)
        ranks.append(rank)
    assert placed == sorted(placed)
    assert max(len(rank) for rank in placed) == 4


def test_a_doctor_merges_own_and_pool_by_rank_and_nobody_calls_another_doctors():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin", ["q-im"]))
    lobby.do("07:50", c.OpenStation("s2", "other", "d-he"))
    mine = [
        lobby.issue("08:00", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00"))),
        lobby.issue("08:00", c.CheckIn(appointment("a2", "p2", "im-am", "08:30"))),
        lobby.issue("08:00", c.CheckIn(appointment("a3", "p3", "im-lin-am", "08:30"))),
        lobby.issue("08:00", c.CheckIn(appointment("a4", "p4", "im-he-am", "08:00"))),
        lobby.issue("08:01", c.CheckInWalkIn("q-im", registration("r1", "p5", "im-am"))),
    ]
    assert numbers(mine) == ["A001", "A002", "A003", "A004", "A005"]
    assert numbers(waiting_in_order(lobby.state, "s1")) == ["A002", "A003", "A005", "A001"]
    assert numbers(waiting_in_order(lobby.state, "s2")) == ["A004", "A002", "A005"]
    assert numbers(waiting_in_order(lobby.state, "s2", 2)) == ["A004", "A002"]
    assert waiting_in_order(lobby.state, "w1") == []
    assert numbers(queue_in_order(lobby.state, "q-im")) == ["A004", "A002", "A003", "A005", "A001"]
    assert numbers(queue_in_order(lobby.state, "q-im", "d-lin")) == ["A002", "A003", "A005", "A001"]
    # The pool's A005 is third for one doctor and third for the other: the nearer of the two counts.
    assert [ahead(lobby.state, ticket.id) for ticket in mine] == [3, 0, 1, 0, 2]
    assert waiting_count(lobby.state, "h2") == 5
    assert waiting_count(lobby.state, "h1") == 0
    assert lobby.call("08:30", "s2").number == "A004"
    assert lobby.call("08:30", "s1").number == "A002"


def test_without_an_open_station_a_ticket_stands_in_its_own_queue():
    lobby = Lobby()
    tickets = [lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-he-am", "08:30"))) for i in range(3)]
    assert [ahead(lobby.state, ticket.id) for ticket in tickets] == [0, 1, 2]


def test_a_station_of_several_queues_merges_them_and_may_open_for_one():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    lobby.issue("08:00", c.CheckIn(appointment("a1", "p1", "im-am", "09:00")))
    lobby.issue("08:00", c.CheckIn(appointment("a2", "p2", "ent-am", "08:30")))
    assert numbers(waiting_in_order(lobby.state, "s1")) == ["E001", "A001"]
    lobby.do("08:00", c.OpenStation("s1", "nurse", None, ["q-im"]))
    assert numbers(waiting_in_order(lobby.state, "s1")) == ["A001"]


def test_the_locked_head_says_so():
    lobby = Lobby(small_site(lock=2))
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    for i in range(3):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    elder = lobby.issue("08:41", c.CheckIn(appointment("e", "pe", "im-lin-am", "09:00", credits=["elder"])))
    assert elder.stamp.key == at("08:40")
    said = elder.stamp.sentence.zh
    assert said == "预约 09:00，08:41 签到，按 08:40 排（高龄，提前 20 分钟）（前 2 位已锁定，排在其后）"
    assert numbers(waiting_in_order(lobby.state, "s2")) == ["A001", "A002", "A004", "A003"]


def test_a_missed_patient_is_called_after_so_many_calls_and_the_locked_head_costs_none_more():
    lobby = Lobby(small_site(lock=2))
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    for i in range(8):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    gone = lobby.call("09:00", "s2")
    lobby.do("09:01", c.MarkMissed("s2"))
    lobby.do("09:02", c.Rejoin(gone.id))
    first = lobby.do("09:03", c.CallNext("s2", "seen"))
    # Of the three calls that are owed two are those of the locked head: the place behind it is given now.
    assert [event.number for event in first if isinstance(event, e.Stamped)] == ["A001"]
    assert lobby.ticket(gone).due_at_count == 3
    assert lobby.ticket(gone).stamp.sentence.zh == "已排好位置，前面的再叫 2 位后轮到"
    assert numbers(waiting_in_order(lobby.state, "s2"))[:4] == ["A003", "A004", "A001", "A005"]
    called = [lobby.call("09:03", "s2", "seen").number for _ in range(7)]
    assert called == ["A003", "A004", "A001", "A005", "A006", "A007", "A008"]


def test_who_has_the_place_already_is_not_called_before_the_count_has_run_out():
    lobby = Lobby(small_site(lock=2))
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    booked = [lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00"))) for i in range(8)]
    gone = lobby.call("09:00", "s2")
    lobby.do("09:01", c.MarkMissed("s2"))
    lobby.do("09:02", c.Rejoin(gone.id))
    lobby.call("09:03", "s2", "seen")
    for ticket in booked[2:4]:  # those before leave without a call
        lobby.do("09:04", c.Cancel(ticket.id))
    assert lobby.state.lanes["q-im", "d-lin"][0][1] == gone.id
    assert numbers(waiting_in_order(lobby.state, "s2"))[:3] == ["A005", "A006", "A001"]
    assert [lobby.call("09:05", "s2", "seen").number for _ in range(4)] == ["A005", "A006", "A001", "A007"]


def test_a_return_of_a_merged_queue_leads_all_that_the_room_calls():
    site = small_site()
    rule = PlaceStamp(calls=2, of="first_visit", sentence=Text("再叫 {calls} 位", "after {calls}"))
    queues = [replace(queue, stamps=replace(queue.stamps, missed=[rule])) for queue in site.queues]
    lobby = Lobby(replace(site, queues=queues))
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    gone = lobby.issue("08:30", c.CheckIn(appointment("g", "g", "im-lin-am", "08:30")))
    lobby.call("08:31", "s1")
    lobby.do("08:32", c.MarkMissed("s1"))
    for i in range(5):
        lobby.issue("08:40", c.CheckIn(appointment(f"e{i}", f"q{i}", "ent-am", "09:00")))
    own = lobby.issue("08:41", c.CheckIn(appointment("o", "o", "im-lin-am", "10:00")))
    lobby.do("08:42", c.Rejoin(gone.id))
    assert lobby.ticket(gone).stamp.sentence.en == "after 2"
    called = [lobby.call("09:00", "s1", "seen").number for _ in range(7)]
    assert called == ["E001", "E002", gone.number, "E003", "E004", "E005", own.number]


def test_calls_at_stations_that_may_not_call_a_list_do_not_count_it_down():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    lobby.do("07:50", c.OpenStation("s2", "other", "d-he"))
    for i in range(5):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
        lobby.issue("08:40", c.CheckIn(appointment(f"b{i}", f"q{i}", "im-he-am", "09:00")))
    gone = lobby.call("09:00", "s1")
    lobby.do("09:00", c.MarkMissed("s1"))
    lobby.do("09:00", c.Rejoin(gone.id))
    for _ in range(4):
        lobby.call("09:01", "s2", "seen")
    assert ahead(lobby.state, gone.id) == 3
    lobby.call("09:01", "s1", "seen")
    assert ahead(lobby.state, gone.id) == 2


def test_if_nobody_else_can_be_called_the_list_gives_its_head():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    only = lobby.issue("08:40", c.CheckIn(appointment("a", "p", "im-lin-am", "09:00")))
    lobby.call("09:00", "s2")
    lobby.do("09:00", c.MarkMissed("s2"))
    lobby.do("09:00", c.Rejoin(only.id))
    decided = lobby.do("09:01", c.CallNext("s2"))
    assert [type(event) for event in decided] == [e.Stamped, e.Called]
    assert decided[0].why == "alone"
    assert decided[0].stamp.sentence.zh == "没有其他可叫的患者，提前轮到"


def test_a_list_whose_due_ticket_leaves_passes_its_turn_on():
    lobby = Lobby(small_site(lock=2))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(6):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "ent-am", "08:30")))
    walk_ins = [
        lobby.issue("08:01", c.CheckInWalkIn("q-ent", registration(f"r{i}", f"w{i}", "ent-am"))) for i in (0, 1)
    ]
    for _ in range(2):
        lobby.call("08:30", "s1", "seen")
    assert lobby.ticket(walk_ins[0]).rank is not None
    assert lobby.ticket(walk_ins[1]).place is not None
    decided = lobby.do("08:31", c.Cancel(walk_ins[0].id, "patient"))
    assert [type(event) for event in decided] == [e.Cancelled, e.Stamped]
    assert decided[1].ticket == walk_ins[1].id


def test_lists_due_together_go_in_configured_order():
    site = small_site()
    queues = [
        msgspec.structs.replace(
            queue,
            stamps=msgspec.structs.replace(
                queue.stamps,
                walk_in=msgspec.structs.replace(queue.stamps.walk_in, calls=2, of="any"),
                late=msgspec.structs.replace(queue.stamps.late, calls=2, of="any"),
            ),
        )
        if queue.id == "q-ent"
        else queue
        for queue in site.queues
    ]
    lobby = Lobby(msgspec.structs.replace(site, queues=queues))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    late = lobby.issue("08:50", c.CheckIn(appointment("late", "pl", "ent-am", "08:00")))
    walk_in = lobby.issue("08:51", c.CheckInWalkIn("q-ent", registration("r", "pw", "ent-am")))
    assert late.stamp.rule == "late"
    for i in range(4):
        lobby.issue("08:52", c.CheckIn(appointment(f"a{i}", f"p{i}", "ent-am", "09:00")))
    called = [lobby.call("09:00", "s1", "seen").id for _ in range(4)]
    assert called[2:] == [walk_in.id, late.id]


def test_the_order_does_not_depend_on_when_one_looks():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(3):
        lobby.issue("08:00", c.CheckInWalkIn("q-ent", registration(f"r{i}", f"w{i}", "ent-am")))
    lobby.issue("08:00", c.CheckIn(appointment("a", "p", "im-am", "08:30")))
    order = numbers(waiting_in_order(lobby.state, "s1"))
    lobby.do(lobby.now + 90 * MINUTE, c.CheckInWalkIn("q-ask"))
    assert numbers(waiting_in_order(lobby.state, "s1")) == order
    assert [lobby.call(lobby.now + MINUTE, "s1", "seen").number for _ in order] == order


@pytest.mark.parametrize(
    ("of", "counted"),
    [
        ("any", ["booked", "walk_in", "late", "returned"]),
        ("appointment", ["booked", "late", "returned"]),
        ("walk_in", ["walk_in"]),
        ("first_visit", ["booked"]),
        ("return", ["walk_in", "late", "returned"]),
    ],
)
def test_filters_of_what_counts(of, counted):
    """In this clinic walk-ins and the late wait by count, so they are returns as the published 2 + 1 rule has them."""
    lobby = Lobby()
    tickets = {
        "booked": lobby.issue("08:50", c.CheckIn(appointment("a", "p1", "ent-am", "09:00"))),
        "walk_in": lobby.issue("08:50", c.CheckInWalkIn("q-ent", registration("r", "p2", "ent-am"))),
        "late": lobby.issue("08:50", c.CheckIn(appointment("b", "p3", "ent-am", "08:00"))),
    }
    tickets["returned"] = msgspec.structs.replace(tickets["booked"], misses=1)
    found = [name for name, ticket in tickets.items() if matches(ticket, of, by_place=ticket.stamp.by == "place")]
    assert found == counted


def test_where_the_locked_head_is_longer_than_the_count_the_sentence_says_its_number():
    lobby = Lobby(small_site(lock=5))
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    for i in range(8):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    missed = lobby.call("09:00", "s2")
    lobby.do("09:01", c.MarkMissed("s2"))
    lobby.do("09:02", c.Rejoin(missed.id))
    sentence = next(recorded.event.stamp.sentence for recorded in lobby.log if isinstance(recorded.event, e.Rejoined))
    assert sentence.en == "Missed and back: after 5 more calls"
    assert lobby.ticket(missed).stamp.sentence.en == "The place is given: after 5 more calls of those before"
    called = [lobby.call("09:03", "s2", "seen").number for _ in range(6)]
    assert called == ["A002", "A003", "A004", "A005", "A006", "A001"]


@pytest.mark.parametrize("lock", [0, 2])
@pytest.mark.parametrize("how", ["picked", "paper"])
def test_one_of_the_list_who_is_called_out_of_turn_costs_those_before_nothing(lock, how):
    """Promised "after 3 more calls": a later one of the list who is taken first does not begin the count anew."""
    lobby = Lobby(small_site(lock=lock))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(12):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", f"{8 + i // 6:02d}:{i % 6}0")))
    gone = []
    for i in range(2):
        gone.append(lobby.call(f"08:0{i + 1}", "s1"))
        lobby.do(None, c.MarkMissed("s1"))
    first, second = gone
    for ticket in gone:
        lobby.do("08:05", c.Rejoin(ticket.id))
    assert "3 位" in lobby.ticket(first).stamp.sentence.zh
    for i in range(2):
        assert lobby.call(f"08:1{i}", "s1", "seen").id not in {first.id, second.id}
    if how == "picked":
        lobby.do("08:15", c.Pick("s1", second.id, "condition", "seen"))
    else:
        lobby.do("08:15", c.RecordPaperCall("s1", second.id, lobby.now, "seen"))
    third = lobby.call("08:20", "s1", "seen")
    assert first.id in {third.id, lobby.call("08:21", "s1", "seen").id}
    assert lobby.replayed().countdowns == lobby.state.countdowns


def test_the_place_of_one_who_still_owes_calls_is_told_as_it_is_called():
    """The rank is given already, and those in front have gone: the calls that were promised come first all the same."""
    lobby = Lobby(small_site(lock=2))
    lobby.do("07:50", c.OpenStation("s1", "nurse"))
    for i in range(8):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-am", f"08:{i % 6}0")))
    first = lobby.call("08:01", "s1")
    lobby.do("08:02", c.MarkMissed("s1"))
    lobby.do("08:03", c.Rejoin(first.id))
    lobby.call("08:04", "s1")
    assert lobby.ticket(first).due_at_count == 3
    for other in waiting_in_order(lobby.state, "s1", 2):
        lobby.do("08:05", c.Cancel(other.id))
    order = [ticket.id for ticket in waiting_in_order(lobby.state, "s1")]
    assert order.index(first.id) == 2
    assert [ahead(lobby.state, key) for key in order] == list(range(len(order)))


class Looked(dict):
    """Counts how often anything of it is looked up."""

    times = 0

    def __getitem__(self, key):
        self.times += 1
        return super().__getitem__(key)


def test_coming_back_after_a_miss_looks_at_as_many_as_stand_before_the_place_and_not_at_all_who_wait():
    lobby = Lobby(small_site(lock=2))
    lobby.strict = False
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    for i in range(300):
        lobby.issue("08:00", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    gone = []
    for minute in range(2):
        gone.append(lobby.call(f"08:1{minute}", "s1"))
        lobby.do(f"08:1{minute}", c.MarkMissed("s1"))
    lobby.do("08:12", c.Rejoin(gone[0].id))
    lobby.call("08:13", "s1")
    assert lobby.ticket(gone[0]).rank is not None, "has the place, and was not called yet"
    lobby.state.tickets = Looked(lobby.state.tickets)
    lobby.do("08:14", c.Rejoin(gone[1].id))
    assert lobby.ticket(gone[1]).place is not None
    assert lobby.state.tickets.times < 60
