"""What a guide slip 检查检验指引单 says, the same on the screen and on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.refusals import sentence_of
from kiosk.ticket_face import ahead_phrase, scan_phrase
from kiosk.words import Phrase, Words, say
from queue_server.contract import GuideSlip, GuideStop, OrderView, TimeRange


@dataclass(frozen=True)
class StopFace:
    """One stop in reading order: which, what, where, the number, how many are there, when, what to prepare, why then.

    ``number`` is empty before it is taken. ``urgent``: the patient is called there, or was missed.
    """

    order: str
    name: Words
    where: Words
    number: str
    ahead: Words | None
    when: Words | None
    preparation: Words | None
    why: Words | None
    first: bool
    urgent: bool


@dataclass(frozen=True)
class SlipFace:
    """A slip's words. ``done`` and ``left_out`` name what is over and what gets no number yet.

    One that is only looked at has neither ``issued`` nor ``qr``.
    """

    hospital: Words
    stops: tuple[StopFace, ...]
    done: Words | None
    left_out: Words | None
    ends: Words | None
    masked_name: str
    issued: str
    qr: str
    scan: Words


def listed(words: Sequence[Words]) -> Words:
    """Several words as one: 甲、乙、丙."""
    *others, found = words
    for one in reversed(others):
        found = say("slip.listed", one=one, rest=found)
    return found


def slip_face_of(slip: GuideSlip) -> SlipFace:
    """Compose the face of ``slip``. What is over has no stop any more; a moment that has passed is not said."""
    left = stops_left(slip)
    done = [stop.name for stop in slip.stops if stop.status == "done"]
    return SlipFace(
        hospital=slip.hospital,
        stops=tuple(_stop(slip, stop, number) for number, stop in enumerate(left, 1)),
        done=say("slip.done", what=listed(done)) if done else None,
        left_out=say("slip.left_out", what=listed([why_not(order) for order in slip.left_out]))
        if slip.left_out
        else None,
        ends=_between("slip.ends", slip, slip.ends),
        masked_name=slip.masked_name or "",
        issued=f"{slip.issued_at:%m-%d %H:%M}" if slip.qr else "",
        qr=slip.qr,
        scan=scan_phrase(slip.qr),
    )


def stops_left(slip: GuideSlip) -> list[GuideStop]:
    """The stops that are left, in their order."""
    return [stop for stop in slip.stops if stop.status in {"now", "next", "later"}]


def _stop(slip: GuideSlip, stop: GuideStop, number: int) -> StopFace:
    is_urgent = stop.room is not None or stop.is_missed
    return StopFace(
        order=str(number),
        name=stop.name,
        where=stop.area if stop.room is None else stop.room,
        number=stop.number,
        ahead=_ahead(stop),
        when=None if is_urgent else _between("slip.begins", slip, stop.begins),
        preparation=stop.preparation,
        why=None if is_urgent else stop.why,
        first=number == 1,
        urgent=is_urgent,
    )


def _between(key: str, slip: GuideSlip, when: TimeRange | None) -> Phrase | None:
    """A range of moments as far as it is to come; one that has passed is not said."""
    if when is None or when.latest <= slip.server_time:
        return None
    earliest = max(when.earliest, slip.server_time)
    return say(key, earliest=f"{earliest:%H:%M}", latest=f"{when.latest:%H:%M}")


def _ahead(stop: GuideStop) -> Words | None:
    """How many come first where the patient is waited for; elsewhere how many wait there now."""
    if stop.is_missed:
        return say("slip.missed")
    if stop.room is not None:
        return say("slip.called")
    if stop.ahead is None:
        return None
    if stop.status == "now" and stop.number:
        return ahead_phrase(stop.ahead)
    return say("slip.waiting", count=stop.ahead) if stop.ahead else say("slip.nobody")


_REASONS = {"order_unpaid": "slip.unpaid", "needs_missing": "slip.needs"}


def why_not(order: OrderView) -> Words:
    """An order that gets no number now, and why."""
    problem = order.problem
    if problem is None:
        return order.name
    key = _REASONS.get(problem.code)
    reason = say(key) if key is not None else sentence_of(problem) or say("slip.ask")
    return say("slip.left_one", name=order.name, reason=reason)
