"""Rules give keys and sentences."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from queue_server.engine import commands as c
from queue_server.engine.joining import arrival_of, returned
from queue_server.engine.site import Abandon, LateRule, PlaceStamp, Text, TimeStamp
from queue_server.engine.stamps import (
    Arrival,
    check_in_rule,
    credit_min,
    due_sentence,
    greatest_credit_min,
    hhmm,
    is_late,
    missed_rule,
    render,
    return_rule,
    rule_order,
    slot_end,
    time_key,
)
from queue_server.engine.triaged import TriageRecord
from tests.queue_server.engine.driver import Lobby
from tests.sites import MINUTE, UTC_OFFSET_MIN, appointment, at, registration, session, small_sessions, small_site

SITE = small_site()
QUEUE = next(queue for queue in SITE.queues if queue.id == "q-im")
MORNING = session("im-lin-am", "im", "d-lin", "morning", "08:00", "12:00")
EMPTY = Text("", "")


def arrival(check_in: str, slot: str | None = None, *, now: str | None = None, credits: tuple[str, ...] = ()):  # noqa: A002
    start = at(slot) if slot else None
    return Arrival(
        at(now or check_in), at(check_in), start, start + 30 * MINUTE if start else None, MORNING, credits, 1
    )


@pytest.mark.parametrize(
    ("rule", "came", "expected"),
    [
        (TimeStamp("slot_start", EMPTY), arrival("09:20", "09:00"), "09:00"),
        (TimeStamp("slot_start_within", EMPTY, grace_min=15), arrival("08:50", "09:00"), "09:00"),
        (TimeStamp("slot_start_within", EMPTY, grace_min=15), arrival("09:10", "09:00"), "09:00"),
        (TimeStamp("slot_start_within", EMPTY, grace_min=15), arrival("09:40", "09:00"), "09:25"),
        (TimeStamp("slot_end", EMPTY), arrival("08:10"), "08:30"),
        (TimeStamp("slot_end", EMPTY, slots=1), arrival("08:10"), "09:00"),
        (TimeStamp("slot_end", EMPTY, slots=-1), arrival("08:10"), "12:00"),
        (TimeStamp("slot_end", EMPTY, slots=99), arrival("08:10"), "12:00"),
        (TimeStamp("slot_end", EMPTY), arrival("07:30"), "08:30"),
        (TimeStamp("slot_end", EMPTY), arrival("12:40"), "12:40"),
        (TimeStamp("check_in", EMPTY, allowance_min=30), arrival("08:50"), "09:20"),
        (TimeStamp("check_in", EMPTY), arrival("07:10"), "08:00"),  # nobody waits before the session begins
        (TimeStamp("triage_time", EMPTY, allowance_min=60), arrival("08:50"), "09:50"),
        (TimeStamp("now", EMPTY), arrival("08:50", now="09:30"), "09:30"),
        (TimeStamp("slot_start", EMPTY), arrival("08:50"), "08:00"),  # no slot: the session's beginning
        (TimeStamp("check_in", EMPTY, allowance_min=30), arrival("08:50", credits=("elder",)), "09:00"),
        (TimeStamp("check_in", EMPTY), arrival("08:50", credits=("referral", "elder")), "08:30"),
        (TimeStamp("check_in", EMPTY), arrival("08:50", credits=("unheard-of",)), "08:50"),
    ],
)
def test_keys(rule, came, expected):
    assert time_key(rule, QUEUE, came) == at(expected)


def test_without_slots_a_session_ends_at_its_end_and_without_a_session_it_is_now():
    assert slot_end(msgspec.structs.replace(MORNING, slots=[]), at("08:00"), 0) == at("12:00")
    assert slot_end(None, at("08:00"), 0) == at("08:00")


def test_credits_are_a_maximum_never_a_sum_and_capped():
    assert credit_min(QUEUE, ["elder", "veteran", "referral"]) == (20, "elder")
    stamps = msgspec.structs.replace(QUEUE.stamps, max_credit_min=10)
    assert credit_min(msgspec.structs.replace(QUEUE, stamps=stamps), ["elder"]) == (10, "elder")
    assert credit_min(QUEUE, []) == (0, None)


def test_late_is_more_than_the_configured_minutes_after_the_slot_began():
    assert not is_late(QUEUE, at("09:15"), at("09:00"))
    assert is_late(QUEUE, at("09:15") + 1, at("09:00"))
    assert not is_late(QUEUE, at("23:00"), None)


def test_the_last_rule_holds_for_all_further_misses():
    assert missed_rule(QUEUE, 1)[0] == "missed_1"
    assert missed_rule(QUEUE, 3)[0] == missed_rule(QUEUE, 9)[0] == "missed_3"
    assert (
        missed_rule(msgspec.structs.replace(QUEUE, stamps=msgspec.structs.replace(QUEUE.stamps, missed=[])), 1) is None
    )


def test_rules_stand_in_configured_order():
    names = ["leftover", "missed_10", "missed_2", "return", "late_2", "late", "walk_in", "appointment"]
    assert sorted(names, key=rule_order) == names[::-1]


def test_a_sentence_has_its_words_in_both_languages_and_keeps_an_unknown_one_readable():
    sentence = Text(
        "{slot} {slot_end} {check_in} {now} {key} {allowance} {grace} {credit} {reason} {misses} {oops}", "{reason}"
    )
    rule = TimeStamp("check_in", sentence, allowance_min=30, grace_min=15)
    came = arrival("08:50", "09:00", now="08:55", credits=("elder",))
    text = render(rule, QUEUE, came, utc_offset_min=UTC_OFFSET_MIN, key=at("09:00"))
    assert text == Text("09:00 09:30 08:50 08:55 09:00 30 15 20 高龄 1 {oops}", "senior")
    place = PlaceStamp(3, Text("{calls}", "{calls}{allowance}"))
    assert render(place, QUEUE, came, utc_offset_min=0, calls=3) == Text("3", "3")


@pytest.mark.parametrize(("moment", "text"), [(at("00:00"), "00:00"), (at("23:59"), "23:59"), (at("05:07"), "05:07")])
def test_clock_of_the_hospital(moment, text):
    assert hhmm(moment, UTC_OFFSET_MIN) == text


def test_sentences_of_places_that_became_due():
    assert due_sentence(2, 0, 0).en == "2 were called as promised; now first"
    assert "前 2 位" in due_sentence(3, 2, 0).zh
    assert due_sentence(3, 2, 1).zh == "已排好位置，前面的再叫 1 位后轮到"


def test_check_ins_take_the_rule_of_their_kind():
    lobby = Lobby()
    booked = lobby.issue("08:50", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    late = lobby.issue("09:16", c.CheckIn(appointment("a2", "p2", "im-lin-am", "09:00")))
    walk_in = lobby.issue("09:20", c.CheckInWalkIn("q-im", registration("r", "p3", "im-am")))
    enquiry = lobby.issue("09:21", c.CheckInWalkIn("q-ask"))
    assert [ticket.stamp.rule for ticket in (booked, late, walk_in, enquiry)] == [
        "appointment", "late", "walk_in", "walk_in",
    ]  # fmt: skip
    assert late.rank == (2, at("09:16"), 2)
    assert walk_in.stamp.sentence == Text("09:20 现场签到，按 09:50 排", "Walked in 09:20, queued as 09:50")
    assert (enquiry.number, enquiry.clinic, enquiry.session, enquiry.person) == ("Z001", None, None, None)


def test_a_second_miss_takes_the_second_rule_and_a_third_ends_the_ticket():
    lobby = Lobby()
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    ticket = lobby.issue("08:40", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    for clock in ("09:00", "09:10"):
        lobby.call(clock, "s2")
        lobby.do(clock, c.MarkMissed("s2"))
        lobby.do(clock, c.Rejoin(ticket.id))
    assert lobby.ticket(ticket).stamp.sentence.zh == "第 2 次过号，排到 09:30"
    lobby.call("09:31", "s2")
    lobby.do("09:32", c.MarkMissed("s2"))
    assert lobby.ticket(ticket).status == "lapsed"
    assert lobby.state.history[ticket.id][-1][1].zh == "过号 3 次，请重新签到"
    assert lobby.refused("09:33", c.Rejoin(ticket.id)).code == "ticket_over"
    again = lobby.issue("09:34", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    assert (again.number, again.misses, again.stamp.rule) == ("A002", 0, "late")


def test_who_was_missed_too_often_checks_in_again_with_the_hospitals_number_and_within_the_limit():
    lobby = Lobby()
    lobby.do("07:00", c.UpdateSessions([session("ped-su-am", "ped", "d-su", "morning", "08:00", "12:00", limit=1)]))
    registered = c.CheckInWalkIn("q-ped", registration("r", "p", "ped-su-am", number="7"))
    ticket = lobby.issue("08:00", registered)
    for _ in range(3):
        lobby.do("09:00", c.RecordPaperCall("s3", ticket.id, lobby.now, "missed"))
    again = lobby.issue("09:01", registered)
    assert (lobby.ticket(ticket).status, again.number, again.status) == ("lapsed", "7", "waiting")
    other = c.CheckInWalkIn("q-ped", registration("r2", "p2", "ped-su-am", number="8"))
    assert lobby.refused("09:02", other).code == "limit_reached"


def test_without_a_rule_for_the_missed_a_return_keeps_its_moment():
    site = small_site()
    stamps = msgspec.structs.replace(site.queues[0].stamps, missed=[])
    queues = [msgspec.structs.replace(site.queues[0], stamps=stamps), *site.queues[1:]]
    lobby = Lobby(msgspec.structs.replace(site, queues=queues))
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    ticket = lobby.issue("08:40", c.CheckIn(appointment("a1", "p1", "im-lin-am", "09:00")))
    lobby.call("09:00", "s2")
    lobby.do("09:00", c.MarkMissed("s2"))
    lobby.do("09:05", c.Rejoin(ticket.id))
    assert lobby.ticket(ticket).rank == (2, at("09:00"), 2)
    assert lobby.ticket(ticket).stamp.sentence.zh == "回来后保留原来的位置"


def test_a_severity_has_a_maximum_of_its_own_and_the_greater_counts():
    stamps = replace(QUEUE.stamps, severity={"severity_1": 30, "severity_3": 90}, max_severity_min=60)
    queue = replace(QUEUE, stamps=stamps)
    assert credit_min(queue, ["severity_1", "elder"]) == (30, "severity_1")
    assert credit_min(queue, ["severity_3", "elder"]) == (60, "severity_3")
    assert credit_min(queue, ["elder"]) == (20, "elder")
    assert greatest_credit_min(stamps) == 60
    assert greatest_credit_min(QUEUE.stamps) == 20
    assert greatest_credit_min(replace(stamps, max_severity_min=5)) == 20


def test_the_moment_of_triage_is_that_of_check_in_until_somebody_triaged():
    rule = TimeStamp("triage_time", EMPTY, allowance_min=30)
    assert time_key(rule, QUEUE, arrival("08:50")) == at("09:20")
    assert time_key(rule, QUEUE, replace(arrival("08:50"), triaged_at=at("09:05"))) == at("09:35")
    assert time_key(rule, QUEUE, replace(arrival("07:10"), triaged_at=at("07:20"))) == at("08:30")


def test_a_ticket_brings_the_moment_of_its_first_triage():
    lobby = Lobby()
    ticket = lobby.issue("08:50", c.CheckIn(appointment("a", "p", "im-lin-am", "09:00")))
    assert arrival_of(lobby.state, ticket, lobby.now).triaged_at is None
    given = TriageRecord("III", "III", False, None, "1", 2, 0, at("09:30"), at("09:05"), at("09:35"), None)  # noqa: FBT003 - a record
    assert arrival_of(lobby.state, replace(ticket, triage=given), lobby.now).triaged_at == at("09:05")


def test_the_end_of_the_session_is_behind_its_slots_and_never_before_now():
    rule = TimeStamp("session_end", EMPTY, allowance_min=30)
    assert time_key(rule, QUEUE, arrival("08:50")) == at("12:30")
    assert time_key(rule, QUEUE, arrival("12:40")) == at("13:10")
    assert time_key(rule, QUEUE, replace(arrival("08:50"), session=None)) == at("09:20")


LATE = [LateRule(30, TimeStamp("slot_end", EMPTY, slots=1)), LateRule(60, Abandon(EMPTY))]


@pytest.mark.parametrize(
    ("check_in", "at_the_kiosk", "by_staff"),
    [
        ("09:15", "appointment", "appointment"),
        ("09:16", "late", "late"),
        ("09:30", "late", "late"),
        ("09:31", "late_1", "late_1"),
        ("10:00", "late_1", "late_1"),
        ("10:01", "late_2", "late_1"),
        ("11:50", "late_2", "late_1"),
    ],
)
def test_the_last_threshold_of_lateness_that_is_exceeded_counts(check_in, at_the_kiosk, by_staff):
    queue = replace(QUEUE, stamps=replace(QUEUE.stamps, late_rules=LATE))
    assert check_in_rule(queue, at(check_in), at("09:00"), by_staff=False)[0] == at_the_kiosk
    assert check_in_rule(queue, at(check_in), at("09:00"), by_staff=True)[0] == by_staff
    assert is_late(queue, at(check_in), at("09:00")) == (at_the_kiosk != "appointment")


def test_a_return_without_a_rule_of_its_own_is_like_a_walk_in_at_that_moment():
    name, rule = return_rule(QUEUE)
    assert (name, rule.anchor, rule.allowance_min) == ("return", "check_in", 30)
    place = PlaceStamp(2, EMPTY, of="appointment")
    name, rule = return_rule(replace(QUEUE, stamps=replace(QUEUE.stamps, walk_in=place)))
    assert (name, rule.calls, rule.of) == ("walk_in", 2, "appointment")
    lobby = Lobby()
    ticket = lobby.issue("08:00", c.CheckIn(appointment("a", "p", "im-lin-am", "09:00")))
    joined = returned(lobby.state, ticket, at("10:10"))
    assert joined.rank == (2, at("10:40"), 2)
    assert joined.stamp.sentence == Text(
        "检查后 10:10 回来，按 10:40 排", "Back with results at 10:10, queued as 10:40"
    )


def test_a_session_has_the_rules_of_the_set_that_it_names():
    late = TimeStamp("session_end", Text("晚 {key}", "late {key}"))
    away = [TimeStamp("now", Text("又来 {now}", "back {now}"), allowance_min=7)]
    site = small_site()
    own = replace(QUEUE.stamps, late=late, late_after_min=5, missed=away, returns=late, lock=9)
    queues = [replace(queue, stamp_sets={"evening": own}) for queue in site.queues]
    sessions = [replace(one, stamps={"im-lin-am": "evening", "im-am": "none"}.get(one.id)) for one in small_sessions()]
    lobby = Lobby(replace(site, queues=queues), sessions)
    lobby.do("07:50", c.OpenStation("s2", "nurse", "d-lin"))
    mine = lobby.issue("09:06", c.CheckIn(appointment("a", "p", "im-lin-am", "09:00")))
    theirs = lobby.issue("09:06", c.CheckIn(appointment("b", "q", "im-he-am", "09:00")))
    unknown = lobby.issue("09:06", c.CheckIn(appointment("d", "s", "im-am", "09:00")))
    assert (mine.stamp.rule, mine.stamp.key) == ("late", at("12:00"))
    assert (theirs.stamp.rule, unknown.stamp.rule) == ("appointment", "appointment"), "without a set, the queue's own"
    assert "锁定" not in mine.stamp.sentence.zh, "a lane has one locked head, its queue's"
    assert returned(lobby.state, mine, at("10:10")).stamp.key == at("12:00")
    for clock in ("09:10", "09:20", "09:30"):
        while lobby.call(clock, "s2", "seen").id != mine.id:
            pass
        lobby.do(clock, c.MarkMissed("s2"))
        lobby.do(clock, c.Rejoin(mine.id))
        assert lobby.ticket(mine).stamp.key == at(clock) + 7 * MINUTE
