"""Every rule that the product ships does what its source says, word for word and call by call."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.bound import overtaking_ends_at, promise
from queue_server.engine.entries import Ticket
from queue_server.engine.queries import waiting_in_order
from queue_server.engine.site import PlaceStamp, TimeStamp
from queue_server.simulation.policy import Policy
from queue_server.simulation.runner import run_seed
from tests.examples import share
from tests.presets import PRESETS, preset_sessions, preset_site, preset_stamps, small_site_with
from tests.queue_server.engine.driver import Lobby
from tests.queue_server.engine.lobby_checks import run
from tests.queue_server.engine.lobby_operations import operation
from tests.queue_server.engine.sentences import hold_to_the_sentences
from tests.queue_server.simulation.plans import WITH_MISSES
from tests.sites import appointment, at, digest, registration, small_sessions

replace = msgspec.structs.replace


class Clinic(Lobby):
    """One pool queue with the rules of a preset, and one station that calls it."""

    def __init__(self, preset: str) -> None:
        super().__init__(preset_site(preset), preset_sessions())
        self.do("07:50", c.OpenStation("s1", "nurse"))
        self._people = 0

    def booked(self, clock: str, slot: str = "09:00", many: int = 1, **words: object) -> Ticket:
        for _ in range(many):
            self._people += 1
            booking = appointment(f"a{self._people}", f"p{self._people}", "am", slot, **words)
            ticket = self.issue(clock, c.CheckIn(booking))
        return ticket

    def walked_in(self, clock: str, **words: object) -> Ticket:
        self._people += 1
        registered = registration(f"r{self._people}", f"p{self._people}", "am", **words)
        return self.issue(clock, c.CheckInWalkIn("internal", registered))

    def calls(self, times: int) -> str:
        """The numbers of the next calls; the order shown before is the order called."""
        shown = [ticket.number for ticket in waiting_in_order(self.state, "s1", times)]
        called = [self.call(max(self.now, at("09:00")), "s1", "seen").number for _ in range(times)]
        assert called == shown
        return " ".join(called)

    def misses(self, times: int = 1) -> list[Ticket]:
        """The next are called and do not come."""
        gone = []
        for _ in range(times):
            gone.append(self.call(max(self.now, at("09:00")), "s1", "seen"))
            self.do(None, c.MarkMissed("s1"))
        return gone

    def comes_back(self, ticket: Ticket, clock: str | None = None) -> Ticket:
        self.do(clock, c.Rejoin(ticket.id))
        return self.ticket(ticket)

    def exams(self, times: int = 1) -> list[Ticket]:
        """The next are seen and sent for exams."""
        gone = []
        for _ in range(times):
            gone.append(self.call(max(self.now, at("09:00")), "s1", "seen"))
            self.do(None, c.StartService("s1"))
            self.do(None, c.SendForExams("s1"))
        return gone

    def returns(self, ticket: Ticket) -> Ticket:
        """The patient is back with results."""
        self.do(None, c.ReturnWithResults(ticket.id))
        return self.ticket(ticket)


def test_every_preset_is_complete_and_says_every_rule_in_both_languages():
    assert len(PRESETS) == 12
    for name in PRESETS:
        stamps = preset_stamps(name)
        assert stamps.returns is not None, name
        for rule in (stamps.appointment, stamps.walk_in, stamps.late, stamps.returns, *stamps.missed):
            assert rule.sentence.zh.endswith("。"), name
            assert rule.sentence.en.endswith("."), name


TWO_AND_ONE = "14 15 R 16 17 R 18 19 R"


def nine_with_three_back(clinic):
    """Nine calls after three of the clinic's patients came back with results (R)."""
    clinic.booked("08:50", many=22)
    results = clinic.exams(3)
    clinic.calls(10)
    for ticket in results:
        clinic.returns(ticket)
    return clinic.calls(9).replace("A001", "R").replace("A002", "R").replace("A003", "R").replace("A0", "")


def test_two_first_visits_and_one_return_as_published():
    clinic = Clinic("two_first_one_return")
    assert nine_with_three_back(clinic) == TWO_AND_ONE


@pytest.mark.parametrize("lock", [1, 2])
def test_the_locked_head_leaves_the_published_sequence_as_it_is(lock):
    clinic = Clinic("two_first_one_return")
    site = clinic.state.site
    queues = [replace(queue, stamps=replace(queue.stamps, lock=lock)) for queue in site.queues]
    locked = replace(site, queues=queues)
    clinic.do("07:55", c.ActivateConfiguration(locked, digest(locked)))
    assert nine_with_three_back(clinic) == TWO_AND_ONE


def test_with_both_two_first_visits_one_return_and_one_missed():
    clinic = Clinic("two_first_one_return")
    clinic.booked("08:50", many=16)
    away = [*clinic.misses(2), *clinic.exams(2)]
    clinic.comes_back(away[0])
    clinic.comes_back(away[1])
    clinic.returns(away[2])
    said = clinic.returns(away[3]).stamp.sentence
    assert said.zh == "检查后 09:00 回诊，每叫 2 位初诊插入 1 位回诊，还要再叫 4 位初诊。"
    assert clinic.calls(8) == "A005 A006 A003 A001 A007 A008 A004 A002"


def test_a_return_that_comes_when_two_first_visits_were_called_since_the_last_one_goes_now():
    clinic = Clinic("two_first_one_return")
    clinic.booked("08:50", many=12)
    first, second = clinic.exams(2)
    clinic.returns(first)
    assert clinic.calls(5) == "A003 A004 A001 A005 A006"
    assert clinic.returns(second).rank is not None
    assert clinic.calls(2) == "A002 A007"


@pytest.mark.parametrize("group", ["age_80", "military", "firefighter"])
def test_special_groups_are_put_in_after_two_first_visits_as_published(group):
    clinic = Clinic("two_first_one_return")
    clinic.booked("08:50", many=9)
    special = [clinic.booked("08:51", credits=[group]), clinic.walked_in("08:52", credits=["elder", group])]
    assert [each.stamp.rule for each in special] == ["special", "special"]
    assert special[1].stamp.sentence.zh.endswith("每叫 2 位初诊插入 1 位，还要再叫 4 位初诊。")
    late = clinic.booked("09:20", credits=[group])
    assert late.stamp.rule == "late"
    assert clinic.calls(6) == f"A001 A002 {special[0].number} A003 A004 {special[1].number}"


def test_with_returns_missed_and_special_groups_one_of_each_after_two_first_visits():
    clinic = Clinic("two_first_one_return")
    clinic.booked("08:50", many=10)
    gone, seen = *clinic.misses(), *clinic.exams()
    special = clinic.booked("09:01", credits=["military"])
    clinic.returns(seen)
    clinic.comes_back(gone)
    assert clinic.calls(7) == f"A003 A004 {special.number} {seen.number} {gone.number} A005 A006"


def test_a_group_of_nobody_in_the_rules_is_queued_like_everybody():
    clinic = Clinic("missed_back_3")
    assert clinic.booked("08:50", credits=["military"]).stamp.rule == "appointment"


@pytest.mark.parametrize(
    ("first_visits", "results", "expected"),
    [
        (12, 3, "F F R F F R F F R"),
        (5, 4, "F F R F R F R F R"),  # two to one until more returns than first visits wait, then one to one
        (2, 3, "F R F R R"),
    ],
)
def test_one_to_one_while_returns_outnumber_first_visits(first_visits, results, expected):
    clinic = Clinic("one_first_one_return_when_more")
    clinic.booked("08:50", many=first_visits + results)
    back = {clinic.returns(ticket).number for ticket in clinic.exams(results)}
    called = clinic.calls(len(expected.split())).split()
    assert " ".join("R" if number in back else "F" for number in called) == expected
    # Each return says how many were called before it.
    due = [row.event for row in clinic.log if isinstance(row.event, e.Stamped) and row.event.why == "due"]
    firsts = [len(part.split()) for part in expected.split("R")[:-1] if part.split()]
    assert [event.stamp.sentence.zh for event in due] == [f"已按规则叫过 {n} 位，现排在最前" for n in firsts]


def test_late_to_the_end_of_the_current_slot_and_missed_to_the_end_of_current_next_and_last():
    clinic = Clinic("late_end_of_slot")
    clinic.booked("08:50", "09:00", many=2)
    clinic.booked("08:51", "09:30", many=1)
    late = clinic.booked("09:16", "09:00")
    following = clinic.booked("09:17", "10:00")
    assert late.stamp.key == at("09:30")
    assert late.stamp.sentence.en.endswith("placed at the end of the present slot, as 09:30.")
    assert clinic.calls(5) == f"A001 A002 A003 {late.number} {following.number}"
    keys = []
    ticket = clinic.booked("09:20", "09:30")
    for _ in range(4):
        clinic.misses()
        keys.append(clinic.comes_back(ticket).stamp.key)
    assert keys == [at("09:30"), at("10:00"), at("12:00"), at("12:00")]


def test_late_to_the_end_of_the_next_slot_and_back_one_place_then_check_in_again():
    clinic = Clinic("late_end_of_next_slot")
    late = clinic.booked("09:16", "09:00")
    assert late.stamp.key == at("10:00")
    clinic.booked("09:20", "09:30", many=4)
    (gone,) = clinic.misses()
    clinic.comes_back(gone)
    assert clinic.calls(2) == "A003 A002"
    (seen,) = clinic.exams()
    assert clinic.returns(seen).rank is not None
    assert clinic.ticket(seen).stamp.sentence.zh == "排在最前"
    assert clinic.calls(3) == f"{seen.number} A005 {late.number}"


def test_a_return_next_after_the_present_patient_follows_one_who_is_next_already():
    clinic = Clinic("late_end_of_next_slot")
    clinic.booked("08:50", many=6)
    first, second = clinic.exams(2)
    clinic.returns(first)
    clinic.returns(second)
    assert clinic.calls(3) == f"{first.number} {second.number} A003"


@pytest.mark.parametrize("places", [1, 2, 3, 5])
def test_missed_goes_back_so_many_places(places):
    clinic = Clinic(f"missed_back_{places}")
    clinic.booked("08:50", many=9)
    (gone,) = clinic.misses()
    assert clinic.comes_back(gone).stamp.sentence.zh == f"过号，再叫 {places} 位以后叫您。"
    others = [f"A{n:03d}" for n in range(2, 10)]
    assert clinic.calls(9).split() == [*others[:places], "A001", *others[places:]]


@pytest.mark.parametrize(
    ("preset", "rules"),
    [
        ("missed_back_1", ["1", "ended"]),
        ("missed_back_2", ["2", "2", "2", "2"]),
        ("missed_back_3", ["3", "10:00", "ended"]),
        ("missed_back_5", ["5", "5", "12:30", "ended"]),
        ("late_end_of_next_slot", ["1", "ended"]),
    ],
)
def test_what_each_further_miss_brings(preset, rules):
    clinic = Clinic(preset)
    ticket = clinic.booked("08:50", "09:00")
    found = []
    for _ in rules:
        clinic.now = max(clinic.now, at("09:31"))
        clinic.misses()
        if clinic.ticket(ticket).status == "lapsed":
            found.append("ended")
            break
        back = clinic.comes_back(ticket)
        clock = "" if back.stamp.key is None else next(t for t in ("10:00", "12:30") if at(t) == back.stamp.key)
        found.append(clock or str(back.place.calls))
    assert found == rules
    if found[-1] == "ended":
        assert "重新签到" in clinic.state.history[ticket.id][-1][1].zh
        assert clinic.refused(None, c.Rejoin(ticket.id)).code == "ticket_over"
        again = clinic.booked("09:40", "10:00")
        assert again.status == "waiting"


def test_late_to_the_tail_and_later_still_void_but_for_the_nurse_desk():
    clinic = Clinic("missed_back_2")
    late = clinic.booked("09:16", "09:00")
    clinic.booked("09:17", "11:00", many=2)
    walk_in = clinic.walked_in("09:18")
    assert [t.number for t in waiting_in_order(clinic.state, "s1")][-1] == late.number
    assert walk_in.stamp.rule == "walk_in"
    missed_it = appointment("void", "pv", "am", "09:00")
    in_time = clinic.ask("09:30", c.CheckIn(missed_it))
    assert isinstance(in_time, list), "exactly 30 minutes is not more than 30"
    clinic.do("09:30", c.Cancel(in_time[0].ticket))
    refused = clinic.refused("09:31", c.CheckIn(missed_it))
    assert refused.code == "too_late"
    assert refused.message.zh == ("预约 09:00，现在 09:31，迟到超过 30 分钟，预约作废。没有取号，请到窗口。")
    assert refused.message.en == (
        "Appointment 09:00, now 09:31: more than 30 minutes late, the appointment is void. No number was given. "
        "Please go to the window."
    )
    by_staff = clinic.issue("09:32", c.CheckIn(missed_it, "desk"))
    assert (by_staff.stamp.rule, by_staff.stamp.key) == ("late", at("12:30"))
    assert clinic.calls(5).split()[-2:] == [late.number, by_staff.number]


def test_appointments_always_first():
    clinic = Clinic("appointments_first")
    first = clinic.walked_in("08:00")
    second = clinic.walked_in("08:05")
    late = clinic.booked("09:20", "09:00")
    clinic.booked("09:21", "09:30", many=2)
    clinic.booked("09:22", "11:00")
    assert clinic.calls(2) == "A004 A005"
    clinic.booked("09:25", "09:30")
    assert clinic.calls(5) == f"A007 A006 {first.number} {second.number} {late.number}"


def test_whoever_comes_without_an_appointment_where_they_are_always_first_is_promised_nothing():
    clinic = Clinic("appointments_first")
    walk_in, booked = clinic.walked_in("08:50"), clinic.booked("08:51", "09:00")
    assert overtaking_ends_at(clinic.state, walk_in.id) is None
    assert promise(clinic.state, walk_in.id) is None
    assert overtaking_ends_at(clinic.state, booked.id) == at("09:15")


def test_two_appointments_to_one_walk_in_whatever_the_times():
    clinic = Clinic("two_booked_one_walk_in")
    for _ in range(3):
        clinic.walked_in("08:00")
    assert (
        clinic.state.tickets["t00003"].stamp.sentence.zh
        == "现场报到 08:00，每叫 2 位预约叫 1 位现场，还要再叫 6 位预约。"
    )
    clinic.booked("08:50", many=7)
    assert clinic.calls(10) == "A004 A005 A001 A006 A007 A002 A008 A009 A003 A010"


def test_the_locked_head_is_displaced_by_nobody():
    clinic = Clinic("locked_head")
    clinic.booked("08:50", many=5)
    elder = clinic.booked("08:51", credits=["elder"])
    assert elder.stamp.key == at("08:40")
    assert elder.stamp.sentence.zh.endswith("（前 3 位已锁定，排在其后）")
    clinic.booked("08:52", "08:30")  # late
    shown = [ticket.number for ticket in waiting_in_order(clinic.state, "s1")]
    assert shown[:4] == ["A001", "A002", "A003", elder.number]
    assert clinic.calls(7) == "A001 A002 A003 A006 A004 A005 A007"


def test_behind_the_locked_head_the_earliest_moment_goes_first():
    """Whoever is kept from the head stands by the own moment among those who are not fixed, whoever came first."""
    clinic = Clinic("locked_head")
    clinic.booked("08:50", "10:00", many=3)
    clinic.booked("08:51", "09:45")
    clinic.booked("08:52", "08:45")
    clinic.booked("08:53", "09:00", many=3)
    assert clinic.calls(3) == "A001 A002 A003"
    # The head is of others by now. Whoever comes stands behind all whose moment is earlier, and not behind it alone.
    clinic.walked_in("09:01")
    assert clinic.calls(6) == "A005 A006 A007 A008 A009 A004"


@pytest.mark.parametrize(
    ("credits", "key", "after_a_miss"),
    [([], "09:00", "09:20"), (["severity_1"], "08:30", "08:50"), (["severity_3", "severity_1"], "07:30", "07:50")],
)
def test_the_score_is_the_slot_less_thirty_minutes_a_degree_and_twenty_more_after_a_miss(
    credits,  # noqa: A002 - the field's name
    key,
    after_a_miss,
):
    clinic = Clinic("severity_score")
    ticket = clinic.booked("08:50", "09:00", credits=credits)
    assert ticket.stamp.key == at(key)
    clinic.misses()
    assert clinic.comes_back(ticket).stamp.key == at(after_a_miss)


def test_the_score_orders_by_severity_and_says_so():
    clinic = Clinic("severity_score")
    clinic.booked("08:40", "08:30")
    clinic.booked("08:41", "09:00", credits=["severity_2"])
    said = clinic.state.tickets["t00002"].stamp.sentence
    assert said.zh == "预约 09:00，按 08:00 排队。（病情 2 级，提前 60 分钟）"
    assert clinic.calls(2) == "A002 A001"


@share(0.8)
@given(st.lists(operation, max_size=45), st.sampled_from(PRESETS))
def test_whatever_is_asked_every_preset_keeps_order_promise_and_everybody(operations, preset):
    run(operations, strict=True, site=small_site_with(preset_stamps(preset)))


@share(0.6)
@given(st.lists(operation, max_size=45), st.lists(st.sampled_from([None, "none", *PRESETS]), min_size=7, max_size=7))
def test_whatever_is_asked_sessions_with_rules_of_their_own_keep_it_too(operations, named):
    sets = {name: preset_stamps(name) for name in PRESETS}
    sessions = [replace(one, stamps=name) for one, name in zip(small_sessions(), named, strict=True)]
    run(operations, strict=True, site=small_site_with(sets["missed_back_3"], stamp_sets=sets), sessions=sessions)


@share(0.4)
@given(st.sampled_from(PRESETS), st.integers(0, 1_000_000))
def test_over_simulated_days_every_preset_keeps_to_the_sentences_that_it_gave(preset, seed):
    hold_to_the_sentences(run_seed(WITH_MISSES, Policy(preset, preset_stamps(preset)), seed).log)


def test_most_presets_publish_a_bound():
    """So that the tests above hold something to it."""
    published = []
    for name in PRESETS:
        clinic = Clinic(name)
        ticket = clinic.booked("08:50", "09:00")
        if overtaking_ends_at(clinic.state, ticket.id) is not None:
            published.append(name)
    assert published == PRESETS


def test_rules_are_of_the_kind_their_names_say():
    assert isinstance(preset_stamps("two_first_one_return").returns, PlaceStamp)
    assert isinstance(preset_stamps("severity_score").missed[0], TimeStamp)
