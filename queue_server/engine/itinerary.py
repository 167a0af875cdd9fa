"""Several stops in one visit: in which order, and why (检查检验指引单).

Whoever has a slip with several stops keeps a place in each queue from the moment of the slip. So a stop begins when its
turn has come, when whatever it needs is done, and when the patient gets there; the order that ends first is the best
one. Moments are UTC microseconds, minutes are whole minutes.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from queue_server.engine.site import Text
from queue_server.engine.stamps import MINUTE, hhmm

MOST_STOPS = 12
"""The order is found by looking at every set of stops: 4,096 of them for twelve."""


class Stop(msgspec.Struct, frozen=True):
    """A stop as the planner sees it now.

    Attributes:
        id: the stop's, within the slip.
        name: what is done there.
        place: where that is, as on the signs.
        takes_min: how long it takes once it has begun, with the way to it.
        wait_min: how long its turn would still take to come, were the patient to go there now.
        range_min: between which two whole minutes eight of ten such waits are; ``None`` where nobody knows.
        needs: the stops that have to be done before, with their results.
        result_min: how long after the stop its result is there.
        is_fasting: nothing may be eaten before it.
        breaks_fast: something is eaten or drunk at it that ends the fast.
        ready_at: not before this moment: a full bladder, a contrast agent, a booked slot; 0: at any time.
        preparation: what the patient has to do for it, empty where nothing.
    """

    id: str
    name: Text
    place: Text
    takes_min: int
    wait_min: int = 0
    range_min: tuple[int, int] | None = None
    needs: tuple[str, ...] = ()
    result_min: int = 0
    is_fasting: bool = False
    breaks_fast: bool = False
    ready_at: int = 0
    preparation: Text = Text("", "")


class Leg(msgspec.Struct, frozen=True):
    """A stop in its place: when it would begin and end by the planner's figures, and why it stands there.

    The moments are what orders are compared by. What a patient is told are ranges (``slip_forecast``).
    """

    stop: str
    begins_at: int
    ends_at: int
    why: Text


class Plan(msgspec.Struct, frozen=True):
    """The order of the stops that are left. ``ends_at``: when the last of them would be done, as things stand."""

    legs: tuple[Leg, ...]
    ends_at: int

    @property
    def order(self) -> tuple[str, ...]:
        """The stops, first to last."""
        return tuple(leg.stop for leg in self.legs)


class PlanError(ValueError):
    """The stops cannot be put in any order; the sentence says which and why."""


def plan(
    stops: Sequence[Stop],
    now: int,
    *,
    utc_offset_min: int,
    done: dict[str, int] | None = None,
    present: Sequence[str] = (),
    least_gain_min: int = 5,
    busy_min: int = 0,
) -> Plan:
    """The order that ends first; of equal ones, that of ``stops``.

    Args:
        stops: those that are left.
        now: the moment, UTC microseconds.
        utc_offset_min: the hospital's zone, for the sentences.
        done: the stops done before, each with the moment its result is there.
        present: the order the patient has been told; it stays unless another one ends ``least_gain_min`` earlier, so
            that nobody is sent to and fro for a minute.
        least_gain_min: see ``present``.
        busy_min: the patient is free for the first stop only then; the waits run meanwhile.

    Raises:
        PlanError: too many stops, a need that is no stop of the slip, or needs that form a ring.
    """
    problem = _Problem(stops, now, done or {}, now + busy_min * MINUTE)
    order = problem.best()
    told = [name for name in present if name in problem.index]
    if len(told) == len(stops) and len(set(told)) == len(told):
        kept = [problem.index[name] for name in told]
        if problem.is_allowed(kept) and problem.end_of(kept) - problem.end_of(order) < least_gain_min * MINUTE:
            order = kept
    return _told(problem, order, utc_offset_min)


class _Problem:
    """The stops by number, and what has to come before what, as sets of bits."""

    def __init__(self, stops: Sequence[Stop], now: int, done: dict[str, int], free_at: int) -> None:
        if len(stops) > MOST_STOPS:
            raise PlanError(f"a slip has at most {MOST_STOPS} stops, not {len(stops)}")
        self.stops = stops
        self.now = now
        self.free_at = free_at
        self.index = {stop.id: n for n, stop in enumerate(stops)}
        if len(self.index) < len(stops):
            raise PlanError("two stops of one slip have the same id")
        self.results = [max([0, *(done[need] for need in stop.needs if need in done)]) for stop in stops]
        """When the results of what was done before are there, by stop."""
        self.before = [self._before(n, done) for n in range(len(stops))]

    def _before(self, number: int, done: dict[str, int]) -> int:
        stop = self.stops[number]
        bits = 0
        for need in stop.needs:
            if need in self.index:
                bits |= 1 << self.index[need]
            elif need not in done:
                raise PlanError(f"{stop.id} needs {need}, which is no stop of this slip")
        if stop.breaks_fast:
            bits |= sum(1 << n for n, other in enumerate(self.stops) if other.is_fasting and n != number)
        return bits

    def start(self, number: int, at: int, ready: Sequence[int]) -> int:
        """When the stop begins if the patient is free ``at`` and what it needs is there at ``ready``, by stop."""
        stop = self.stops[number]
        return max(at, self.now + stop.wait_min * MINUTE, stop.ready_at, ready[number])

    def after(self, number: int, end: int, ready: Sequence[int]) -> tuple[int, ...]:
        """``ready`` once this stop is over at ``end``: what needs it waits for its result."""
        stop = self.stops[number]
        there = end + stop.result_min * MINUTE
        return tuple(
            max(old, there) if stop.id in other.needs else old for other, old in zip(self.stops, ready, strict=True)
        )

    def best(self) -> list[int]:
        """The order that ends first, over all sets of stops, smallest first."""
        count = len(self.stops)
        # By set of stops done, the ways that no other way beats.
        ways: dict[int, list[_Way]] = {0: [(self.free_at, (), tuple(self.results))]}
        for done in range((1 << count) - 1):
            for at, order, ready in ways.pop(done, []):
                for number in range(count):
                    if done >> number & 1 or self.before[number] & ~done:
                        continue
                    end = self.start(number, at, ready) + self.stops[number].takes_min * MINUTE
                    both = done | 1 << number
                    # What is ready before the patient is free makes no difference.
                    later = (
                        end if both >> n & 1 else max(end, moment)
                        for n, moment in enumerate(self.after(number, end, ready))
                    )
                    _keep(ways.setdefault(both, []), (end, (*order, number), tuple(later)))
        finished = ways.get((1 << count) - 1)
        if not finished:
            ring = ", ".join(stop.id for stop in self.stops)
            raise PlanError(f"the stops need each other in a ring, so none can be first: {ring}")
        return list(min(finished)[1])

    def is_allowed(self, order: Sequence[int]) -> bool:
        done = 0
        for number in order:
            if self.before[number] & ~done:
                return False
            done |= 1 << number
        return True

    def times(self, order: Sequence[int]) -> list[tuple[int, int]]:
        """Begin and end of each stop in this order."""
        at, ready = self.free_at, tuple(self.results)
        found = []
        for number in order:
            begins = self.start(number, at, ready)
            at = begins + self.stops[number].takes_min * MINUTE
            ready = self.after(number, at, ready)
            found.append((begins, at))
        return found

    def end_of(self, order: Sequence[int]) -> int:
        return self.times(order)[-1][1] if order else self.free_at


_Way = tuple[int, tuple[int, ...], tuple[int, ...]]
"""When the last stop is over, the order so far, and when what each other stop needs is there."""


def _keep(ways: list[_Way], new: _Way) -> None:
    """Keep ``new`` unless another way is nowhere later, and drop those that it beats."""
    if not any(_beats(one, new) for one in ways):
        ways[:] = [one for one in ways if not _beats(new, one)]
        ways.append(new)


def _beats(one: _Way, other: _Way) -> bool:
    return one[:2] <= other[:2] and all(mine <= yours for mine, yours in zip(one[2], other[2], strict=True))


def _told(problem: _Problem, order: Sequence[int], utc_offset_min: int) -> Plan:
    legs: list[Leg] = []
    free_at = problem.free_at
    for place, (number, (begins, ends)) in enumerate(zip(order, problem.times(order), strict=True)):
        stop = problem.stops[number]
        rest = [problem.stops[n] for n in order[place + 1 :]]
        why = _forced(problem, stop, rest, free_at, begins, utc_offset_min) or _chosen(stop, rest)
        legs.append(Leg(stop.id, begins, ends, why))
        free_at = ends
    return Plan(tuple(legs), free_at)


def _forced(problem: _Problem, stop: Stop, rest: list[Stop], free_at: int, begins: int, zone: int) -> Text | None:
    """What leaves the stop no earlier place, if anything does."""
    if stop.is_fasting and any(other.breaks_fast for other in rest):
        return Text("空腹项目先做", "Fasting, so before anything that ends the fast")
    if free_at < begins == stop.ready_at:
        clock = hhmm(begins, zone)
        return Text(f"{clock} 以后才能做", f"Not possible before {clock}")
    needs = [problem.stops[problem.index[need]] for need in stop.needs if need in problem.index]
    if not needs:
        return None
    zh, en = "、".join(need.name.zh for need in needs), ", ".join(need.name.en for need in needs)
    if any(need.result_min for need in needs):
        return Text(f"要等{zh}的结果", f"After the results of {en}")
    return Text(f"在{zh}之后", f"After {en}")


def _chosen(stop: Stop, rest: list[Stop]) -> Text:
    """Why the stop was put here although it could stand elsewhere."""
    if not rest:
        return Text("最后一项", "The last one")
    if stop.range_min is not None and stop.wait_min <= min(other.wait_min for other in rest):
        low, high = stop.range_min
        return Text(f"现在等候最短，{low}–{high} 分钟", f"The shortest wait now, {low}–{high} min")
    return Text("这样总时间最短", "This way all of it takes least time")
