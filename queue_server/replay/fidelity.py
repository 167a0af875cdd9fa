"""How far a rerun under the rules as they were is the day that was, and why not where it is not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from queue_server.engine.stamps import MINUTE
from queue_server.replay.rerun import Outcome
from queue_server.replay.visits import ByHand, Past, PastCall


class Fidelity(msgspec.Struct, frozen=True):
    """The day's calls against the rerun's.

    Attributes:
        calls: how many the day had.
        alike: how many of them the rerun made at the same moment, in the same room, for the same patient.
        in_order: how many calls, from the beginning of each queue on, came in the same order.
        median_off_min, p95_off_min: by how many minutes the rerun's call of a patient is away from the day's.
        not_called: how many of the day's calls the rerun did not make at all.
        refused: check-ins that the rerun refused, by the refusal's code.
        first: the first call that is different, if any.
        by_hand: what staff did that no rule says, by kind.
        before_first: the last such act before ``first``, which is the likely reason.
    """

    calls: int
    alike: int
    in_order: int
    median_off_min: float
    p95_off_min: float
    not_called: int
    refused: dict[str, int]
    by_hand: dict[str, int]
    first: PastCall | None = None
    first_number: str = ""
    before_first: ByHand | None = None

    @property
    def is_whole(self) -> bool:
        """Whether every call came again, in order and to the microsecond."""
        return self.alike == self.calls and not self.refused


def fidelity_of(past: Past, base: Outcome) -> Fidelity:
    """Compare the day's calls with those of its rerun under the rules as they were."""
    again = _by_visit(base.calls)
    was = _by_visit(past.calls)
    off: list[int] = []
    alike, not_called = 0, 0
    for visit, calls in was.items():
        others = again.get(visit, [])
        not_called += max(0, len(calls) - len(others))
        for one, other in zip(calls, others, strict=False):
            off.append(abs(one.at - other.at))
            alike += (one.at, one.station) == (other.at, other.station)
    off.sort()
    made = {(call.at, call.station, call.visit) for call in base.calls}
    first = next((call for call in past.calls if (call.at, call.station, call.visit) not in made), None)
    acts = [act for act in past.by_hand if first is not None and act.at <= first.at]
    return Fidelity(
        calls=len(past.calls),
        alike=alike,
        in_order=_in_order(past, past.calls, base.calls),
        median_off_min=_minutes(off, 0.5),
        p95_off_min=_minutes(off, 0.95),
        not_called=not_called,
        refused=dict(sorted(Counter(base.refusals.values()).items())),
        by_hand=dict(sorted(Counter(act.kind for act in past.by_hand).items())),
        first=first,
        first_number="" if first is None else past.visits[first.visit].number,
        before_first=acts[-1] if acts else None,
    )


def _by_visit(calls: Sequence[PastCall]) -> dict[int, list[PastCall]]:
    found: dict[int, list[PastCall]] = {}
    for call in calls:
        found.setdefault(call.visit, []).append(call)
    return found


def _in_order(past: Past, calls: Sequence[PastCall], others: Sequence[PastCall]) -> int:
    """How many of ``calls`` come in the same order, queue by queue, before the first that does not."""
    lists: list[dict[str, list[int]]] = [{}, {}]
    for found, some in zip(lists, (calls, others), strict=True):
        for call in some:
            found.setdefault(past.visits[call.visit].queue, []).append(call.visit)
    count = 0
    for queue, one in lists[0].items():
        for a, b in zip(one, lists[1].get(queue, []), strict=False):
            if a != b:
                break
            count += 1
    return count


def _minutes(off: Sequence[int], share: float) -> float:
    return round(off[min(len(off) - 1, int(share * len(off)))] / MINUTE, 2) if off else 0.0
