"""The rules of waiting: anchors, counts, sentences, and what follows what."""

from __future__ import annotations

from queue_server.config.checks.values import not_negative, placeholders
from queue_server.engine.site import Abandon, PlaceStamp, Stamps, TimeStamp
from queue_server.toml_reader import Complaints

_TIME_WORDS = ["slot", "check_in", "key", "allowance", "grace", "now", "slot_end", "credit", "reason"]
_PLACE_WORDS = ["calls", "now", "misses"]
_LATE_WORDS = ["slot", "check_in", "now"]


def check_stamps(complaints: Complaints, path: str, stamps: Stamps) -> None:
    """One set of rules, written at ``path``; it may belong to no site yet."""
    for name, stamp in (("appointment", stamps.appointment), ("walk_in", stamps.walk_in), ("late", stamps.late)):
        _stamp(complaints, f"{path}.{name}", stamp)
    if stamps.returns is not None:
        # No call at all is a place of its own: next after the present patient.
        _stamp(complaints, f"{path}.returns", stamps.returns, fewest=0)
    if stamps.special is not None:
        _stamp(complaints, f"{path}.special.rule", stamps.special.rule)
        if not stamps.special.groups:
            complaints.add(f"{path}.special.groups", "is empty; say who is put in by this rule")
    _late_rules(complaints, path, stamps)
    anchor = stamps.walk_in.anchor if isinstance(stamps.walk_in, TimeStamp) else None
    if anchor in {"slot_start", "slot_start_within"}:
        complaints.value(f"{path}.walk_in.anchor", anchor, "a walk-in has no slot; use check_in or now")
    for index, rule in enumerate(stamps.missed, 1):
        _stamp(complaints, f"{path}.missed.{index}", rule)
        if isinstance(rule, Abandon) and index < len(stamps.missed):
            complaints.add(f"{path}.missed.{index}", "nothing can follow abandon; it must be the last rule")
    if not stamps.missed:
        complaints.add(f"{path}.missed", "is empty; say what becomes of a missed patient")
    for name in ("late_after_min", "max_credit_min", "max_severity_min", "lock"):
        not_negative(complaints, f"{path}.{name}", getattr(stamps, name))
    _credits(complaints, path, stamps)


def _credits(complaints: Complaints, path: str, stamps: Stamps) -> None:
    for reason, minutes in stamps.credits.items():
        not_negative(complaints, f"{path}.credits.{reason}", minutes)
    for reason, minutes in stamps.severity.items():
        not_negative(complaints, f"{path}.severity.{reason}", minutes)
        if reason in stamps.credits:
            complaints.add(f"{path}.severity.{reason}", "is among the credits already; a reason counts once")


def _late_rules(complaints: Complaints, path: str, stamps: Stamps) -> None:
    before = stamps.late_after_min
    for index, late in enumerate(stamps.late_rules, 1):
        here = f"{path}.late_rules.{index}"
        if late.after_min <= before:
            complaints.value(
                f"{here}.after_min", late.after_min, f"must be more than {before}, the threshold before it"
            )
        before = max(before, late.after_min)
        _stamp(complaints, f"{here}.rule", late.rule, words=_LATE_WORDS)
        if isinstance(late.rule, Abandon) and index < len(stamps.late_rules):
            complaints.add(f"{here}.rule", "nothing can follow abandon; it must be the last rule")


def _stamp(
    complaints: Complaints,
    path: str,
    stamp: TimeStamp | PlaceStamp | Abandon,
    *,
    fewest: int = 1,
    words: list[str] | None = None,
) -> None:
    words = words or []
    if isinstance(stamp, TimeStamp):
        words = _TIME_WORDS
        not_negative(complaints, f"{path}.grace_min", stamp.grace_min)
        if (stamp.anchor == "number") != (stamp.each_min > 0):
            expected = 'must be 1 or more with the anchor "number", and is used with no other'
            complaints.value(f"{path}.each_min", stamp.each_min, expected)
        if stamp.slots < -1:
            complaints.value(f"{path}.slots", stamp.slots, "must be -1 (last slot), 0 (current) or more")
    elif isinstance(stamp, PlaceStamp):
        words = _PLACE_WORDS
        if stamp.calls < fewest:
            complaints.value(f"{path}.calls", stamp.calls, f"must be {fewest} or more")
        not_negative(complaints, f"{path}.calls_when_more", stamp.calls_when_more)
    used = [
        placeholders(complaints, f"{path}.sentence.{language}", sentence, words)
        for language, sentence in (("zh", stamp.sentence.zh), ("en", stamp.sentence.en))
    ]
    if used[0] is not None and used[1] is not None and used[0] != used[1]:
        complaints.add(f"{path}.sentence", "zh and en do not use the same placeholders")
