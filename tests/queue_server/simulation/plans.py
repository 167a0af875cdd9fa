"""Small described days for tests, and samples of a queue in its steady state."""

from __future__ import annotations

from msgspec.structs import replace

from queue_server.simulation.compare import Estimate
from queue_server.simulation.day import (
    Booked,
    ClinicPlan,
    Day,
    Misses,
    Rate,
    Returns,
    SessionPlan,
    Shift,
    StationPlan,
    WalkIns,
)
from queue_server.simulation.distributions import Deterministic, Exponential, Gamma, Lognormal, NormalOffset
from queue_server.simulation.reference import Served

SECOND = 1_000_000


def clinic(**changes) -> ClinicPlan:
    """A morning of two rooms with everything in it: a break, a second doctor, no-shows, misses, returns, leavers."""
    plan = ClinicPlan(
        id="im",
        service=Lognormal(6, 0.6),
        sessions=[SessionPlan("08:00", "15:00", booked_until="11:00", slot_min=20, per_slot=3)],
        stations=[
            StationPlan("r1", [Shift("08:00", "10:00"), Shift("10:20", "12:00", "d-lin", overtime=True)]),
            StationPlan("r2", [Shift("09:30", "12:00", "d-he", overtime=True)]),
        ],
        booked=Booked(NormalOffset(-8, 12), no_show=0.1),
        walk_ins=[WalkIns([Rate("07:30", "09:00", 8), Rate("09:00", "11:30", 4)])],
        returns=Returns(0.25, away=Lognormal(30, 0.4), service=Gamma(3, 0.5)),
        misses=Misses(0.15, back=Exponential(8), gives_up=0.2),
        patience=Gamma(90, 0.5),
        credits={"elder": 0.2},
    )
    return replace(plan, **changes)


def day(**changes) -> Day:
    return Day([clinic(**changes)])


WITH_MISSES = day(misses=Misses(0.3, back=Exponential(8)), credits={"elder": 0.3})
"""Three of ten are missed once or more, and three of ten are old."""


def morning_and_afternoon(share, leftovers, ends, overtime, patience, most=3):
    """A morning until ``ends`` and an afternoon, breaks and returns; a share is missed, each ``most`` times at most."""
    return day(
        misses=Misses(share, back=Exponential(8), gives_up=0.2, most=most),
        returns=Returns(0.4, away=Exponential(30), service=Exponential(3)),
        leftovers=leftovers,
        patience=patience,
        sessions=[
            SessionPlan("08:00", ends, booked_until="10:00", slot_min=20, per_slot=2),
            SessionPlan("13:30", "17:00", "afternoon", booked_until="14:00", per_slot=1),
        ],
        stations=[
            StationPlan("r1", [Shift("08:00", "10:00"), Shift("10:20", "12:00", "d-lin", overtime)]),
            StationPlan("r2", [Shift("09:30", "10:30", "d-he", overtime), Shift("13:30", "16:00", None, overtime)]),
        ],
    )


def steady(servers: int, rates: dict[str, float], until: str) -> Day:
    """A day of Poisson streams by group, ``rates`` a second, and exponential services with a mean of one second."""
    return Day(
        [
            ClinicPlan(
                "q",
                [SessionPlan("00:00", "23:59", slot_min=720)],
                [StationPlan(f"s{n}", [Shift("00:00", "23:59")]) for n in range(servers)],
                Exponential(1 / 60),
                walk_ins=[WalkIns([Rate("00:00", until, 3600 * rate)], group) for group, rate in rates.items()],
                walk=Deterministic(0),
            )
        ],
        opens="00:00",
    )


def waits_of(served: list[Served], group: str | None = None) -> list[float]:
    """Waits in mean services, in the order of the calls."""
    return [(call.at - call.since) / SECOND for call in served if group in {None, call.group}]


def mean_wait(served: list[Served], group: str | None = None) -> float:
    waits = waits_of(served, group)
    return sum(waits) / len(waits)


def agrees(what: str, estimate: Estimate, expected: float, *, within: float) -> bool:
    """Whether a figure is within 3.5 of its errors of what is expected, and its error within a share of that.

    The second is what makes the first say anything. Both are printed when a test fails.
    """
    print(f"{what}: {estimate.value:.4f} ± {estimate.error:.4f}, expected {expected:.4f}")  # noqa: T201 - pytest -s shows every figure
    return abs(estimate.value - expected) <= 3.5 * estimate.error and estimate.error <= within * expected
