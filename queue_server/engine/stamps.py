"""Rules become keys, and keys become sentences: the configured stamps at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec.structs import replace

from queue_server.engine.site import Abandon, ClinicSession, PlaceStamp, Queue, Stamps, Text, TimeStamp

if TYPE_CHECKING:
    from collections.abc import Iterable

MINUTE = 60_000_000
"""A minute in microseconds."""

ROUTINE_TIER = 2
"""The tier of every ticket without an emergency; tiers 0 and 1 ignore the lock."""

Rule: TypeAlias = TimeStamp | PlaceStamp | Abandon

CREDIT_NAMES: dict[str, Text] = {
    "elder": Text("高龄", "senior"),
    "disabled": Text("残障", "disability"),
    "veteran": Text("军人优待", "veteran"),
    "referral": Text("转诊", "referral"),
    "age_80": Text("80 岁以上", "80 years and older"),
    "military": Text("军人", "military"),
    "firefighter": Text("消防员", "firefighter"),
    **{f"severity_{level}": Text(f"病情 {level} 级", f"severity {level}") for level in range(1, 6)},
}


class Arrival(msgspec.Struct, frozen=True):
    """What a rule may look at. Moments are UTC microseconds.

    Attributes:
        now: when the stamp is given.
        check_in: when the patient checked in.
        slot_start: the booked slot, where there is one.
        slot_end: its end.
        session: the clinic session, where there is one.
        credits: reasons for a credit.
        misses: how often the ticket was missed.
        triaged_at: when the patient was triaged; ``None``: at check-in.
        number: the number in its session, from 1; ``None`` where it is none.
    """

    now: int
    check_in: int
    slot_start: int | None
    slot_end: int | None
    session: ClinicSession | None
    credits: tuple[str, ...]
    misses: int = 0
    triaged_at: int | None = None
    number: int | None = None


def ordinal(number: str) -> int | None:
    """The hospital's number (号序) as a count from 1; ``None`` where it is written otherwise."""
    return int(number) if number.isdecimal() and int(number) > 0 else None


def in_force(queue: Queue, session: ClinicSession | None) -> Queue:
    """The queue with the rules that hold for ``session``; a set that the queue does not have leaves it its own."""
    own = queue.stamp_sets.get(session.stamps) if session is not None and session.stamps is not None else None
    return queue if own is None else replace(queue, stamps=own)


def rule_order(rule: str) -> tuple[int, int]:
    """Where a rule stands in the configuration: lists that are due together go in this order."""
    for order, prefix in ((4, "late_"), (6, "missed_")):
        if rule.startswith(prefix):
            return (order, int(rule.removeprefix(prefix)))
    return ({"appointment": 0, "walk_in": 1, "special": 2, "late": 3, "return": 5}.get(rule, 7), 0)


def missed_rule(queue: Queue, misses: int) -> tuple[str, Rule] | None:
    """The rule after the ``misses``-th miss (from 1) and its name; further misses take the last one."""
    rules = queue.stamps.missed
    if not rules:
        return None
    index = min(misses, len(rules))
    return (f"missed_{index}", rules[index - 1])


def return_rule(queue: Queue) -> tuple[str, TimeStamp | PlaceStamp]:
    """The rule for a return with results and its name; without one of its own it is like a walk-in."""
    if queue.stamps.returns is not None:
        return ("return", queue.stamps.returns)
    rule = queue.stamps.walk_in
    if isinstance(rule, PlaceStamp):
        # One list with the walk-ins, so that the calls between them stay those of the rule.
        return ("walk_in", replace(rule, sentence=_RETURN_BY_PLACE))
    return ("return", replace(rule, sentence=_RETURN_BY_TIME))


def is_late(queue: Queue, check_in: int, slot_start: int | None) -> bool:
    """Whether a check-in comes more than ``late_after_min`` after its slot began."""
    return slot_start is not None and check_in > slot_start + queue.stamps.late_after_min * MINUTE


def check_in_rule(queue: Queue, check_in: int, slot_start: int, *, by_staff: bool) -> tuple[str, Rule]:
    """The rule for an appointment that checks in now, and its name: in time, late, or the last threshold exceeded.

    A rule that gives no ticket holds at the kiosk. Staff who check the patient in all the same do so by the rule of the
    threshold before it.
    """
    if not is_late(queue, check_in, slot_start):
        return ("appointment", queue.stamps.appointment)
    found: tuple[str, Rule] = ("late", queue.stamps.late)
    for number, late in enumerate(queue.stamps.late_rules, 1):
        if check_in <= slot_start + late.after_min * MINUTE:
            break
        if not (by_staff and isinstance(late.rule, Abandon)):
            found = (f"late_{number}", late.rule)
    return found


def of_group(queue: Queue, credits: Iterable[str], name: str, rule: Rule) -> tuple[str, Rule]:  # noqa: A002 - the field's name
    """The rule (called ``name``) of a check-in, or in its place that of the special group whom the patient is of."""
    special = queue.stamps.special
    if special is not None and name in {"appointment", "walk_in"} and not set(special.groups).isdisjoint(credits):
        return ("special", special.rule)
    return (name, rule)


def all_rules(stamps: Stamps) -> list[Rule]:
    """Every rule of a queue."""
    returns = [stamps.returns] if stamps.returns is not None else []
    if stamps.special is not None:
        returns.append(stamps.special.rule)
    late = [late.rule for late in stamps.late_rules]
    return [stamps.appointment, stamps.walk_in, stamps.late, *late, *returns, *stamps.missed]


def greatest_credit_min(stamps: Stamps) -> int:
    """The most that a credit or a severity can take off a key, in minutes."""
    credit = min(max(stamps.credits.values(), default=0), stamps.max_credit_min)
    return max(credit, min(max(stamps.severity.values(), default=0), stamps.max_severity_min))


def credit_min(queue: Queue, credits: Iterable[str]) -> tuple[int, str | None]:  # noqa: A002 - the field's name
    """The greatest of credits and severity in minutes, never their sum, and whose it is.

    Credits count up to ``max_credit_min``, severity up to ``max_severity_min``.
    """
    stamps = queue.stamps
    best, reason = 0, None
    for name in credits:
        minutes = max(
            min(stamps.credits.get(name, 0), stamps.max_credit_min),
            min(stamps.severity.get(name, 0), stamps.max_severity_min),
        )
        if minutes > best:
            best, reason = minutes, name
    return (best, reason)


def time_key(rule: TimeStamp, queue: Queue, arrival: Arrival) -> int:
    """``anchor + allowance - min(credit, max_credit)`` in UTC microseconds."""
    credit, _ = credit_min(queue, arrival.credits)
    return anchor_of(rule, arrival) + (rule.allowance_min - credit) * MINUTE


def anchor_of(rule: TimeStamp, arrival: Arrival) -> int:
    """The rule's anchor.

    A ticket without a booked slot takes its session's beginning as its slot. Nobody's waiting begins before the
    session: who registers in the morning for the afternoon is anchored at the afternoon's beginning.
    """
    session, now = arrival.session, arrival.now
    here = max(arrival.check_in, session.starts_at) if session else arrival.check_in
    slot_start = arrival.slot_start
    if slot_start is None:
        slot_start = session.starts_at if session else arrival.check_in
    match rule.anchor:
        case "slot_start":
            key = slot_start
        case "slot_start_within":
            key = max(slot_start, arrival.check_in - rule.grace_min * MINUTE)
        case "number":
            # A number that is no count has its slot all the same.
            begins = session.starts_at if session else arrival.check_in
            key = begins + (arrival.number - 1) * rule.each_min * MINUTE if arrival.number is not None else slot_start
        case "slot_end":
            key = slot_end(session, now, rule.slots)
        case "session_end":
            key = max(session.ends_at, now) if session else now
        case "triage_time":
            # Until somebody has triaged the patient, the moment of triage is the moment of arrival.
            key = here if arrival.triaged_at is None else max(here, arrival.triaged_at)
        case "check_in":
            key = here
        case "now":
            key = now
    return key


def slot_end(session: ClinicSession | None, now: int, ahead: int) -> int:
    """The end of the slot ``ahead`` of the current one (-1: of the last); without slots, the session's end or now."""
    if session is None:
        return now
    slots = session.slots
    if not slots:
        return session.ends_at
    current = next((i for i, slot in enumerate(slots) if now < slot.ends_at), len(slots) - 1)
    index = len(slots) - 1 if ahead < 0 else min(current + ahead, len(slots) - 1)
    # After the last slot its end lies behind; the end of a list is never before now.
    return max(slots[index].ends_at, now)


def with_lock(text: Text, lock: int) -> Text:
    """The sentence of a ticket that the locked head kept from its moment."""
    return Text(
        f"{text.zh}（前 {lock} 位已锁定，排在其后）", f"{text.en} (behind the first {lock}, whose places are fixed)"
    )


def with_credit(text: Text, queue: Queue, rule: TimeStamp, credits: Iterable[str]) -> Text:  # noqa: A002 - the field's name
    """The sentence with the credit that is in its key, where its own words do not name it."""
    minutes, reason = credit_min(queue, credits)
    if not minutes or reason is None or "{credit}" in rule.sentence.zh:
        return text
    name = CREDIT_NAMES.get(reason, Text(reason, reason))
    return Text(f"{text.zh}（{name.zh}，提前 {minutes} 分钟）", f"{text.en} ({name.en}: {minutes} minutes earlier)")


def due_sentence(calls: int, lock: int, owes: int) -> Text:
    """The sentence of a ticket whose count ran out, or of one that still ``owes`` calls of those before it."""
    if owes:
        return Text(
            f"已排好位置，前面的再叫 {owes} 位后轮到", f"The place is given: after {owes} more calls of those before"
        )
    if not calls:
        return Text(
            f"排在锁定的前 {lock} 位之后" if lock else "排在最前",
            f"Behind the first {lock}, whose places are fixed" if lock else "First of all who wait",
        )
    if lock:
        return Text(
            f"已按规则叫过 {calls} 位，现排在锁定的前 {lock} 位之后",
            f"{calls} were called as promised; now behind the first {lock}, whose places are fixed",
        )
    return Text(f"已按规则叫过 {calls} 位，现排在最前", f"{calls} were called as promised; now first")


def changed_doctor(text: Text) -> Text:
    """The sentence of a ticket whose session another doctor holds now."""
    return Text(f"{text.zh}（出诊医生已变更，次序不变）", f"{text.en} (another doctor now; same order)")


ALONE = Text("没有其他可叫的患者，提前轮到", "Nobody else could be called, so this turn came early")
LEFTOVER = Text("上午未就诊，排到下午最前", "Not seen in the morning: first in the afternoon")
_RETURN_BY_PLACE = Text(
    "检查后 {now} 回来，再叫 {calls} 位后轮到", "Back with results at {now}: after {calls} more calls"
)
_RETURN_BY_TIME = Text("检查后 {now} 回来，按 {key} 排", "Back with results at {now}, queued as {key}")
KEPT = Text("回来后保留原来的位置", "Back, in the same place as before")


class _Words(dict[str, str]):
    """The words of a sentence; a placeholder that nobody knows stays readable instead of failing a check-in."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def render(
    rule: Rule,
    queue: Queue,
    arrival: Arrival,
    *,
    utc_offset_min: int,
    key: int | None = None,
    calls: int = 0,
) -> Text:
    """The rule's sentence with its words, times on the hospital's clock, without names."""
    credit, reason = credit_min(queue, arrival.credits)
    name = CREDIT_NAMES.get(reason, Text(reason, reason)) if reason else Text("", "")

    def clock(moment: int | None) -> str:
        return hhmm(moment, utc_offset_min) if moment is not None else ""

    words = {
        "slot": clock(arrival.slot_start),
        "slot_end": clock(arrival.slot_end if arrival.slot_end is not None else key),
        "check_in": clock(arrival.check_in),
        "now": clock(arrival.now),
        "key": clock(key),
        "allowance": str(rule.allowance_min) if isinstance(rule, TimeStamp) else "",
        "grace": str(rule.grace_min) if isinstance(rule, TimeStamp) else "",
        "credit": str(credit),
        "calls": str(calls),
        "misses": str(arrival.misses),
    }
    return Text(
        rule.sentence.zh.format_map(_Words(words, reason=name.zh)),
        rule.sentence.en.format_map(_Words(words, reason=name.en)),
    )


_MINUTES_OF_A_DAY = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(60)]


def hhmm(moment: int, utc_offset_min: int) -> str:
    """``HH:MM`` on the hospital's clock."""
    return _MINUTES_OF_A_DAY[(moment // MINUTE + utc_offset_min) % len(_MINUTES_OF_A_DAY)]
