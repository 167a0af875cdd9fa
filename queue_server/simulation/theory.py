"""What queueing theory says: the formulas that simulations are held to.

Rates are customers per unit of time, times are in that unit; which one is the caller's. All queues are stable, all
arrivals Poisson, and nobody leaves unserved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec


class TrafficClass(msgspec.Struct, frozen=True):
    """One class of customers.

    Attributes:
        rate: arrivals per unit of time.
        service_mean: E[S].
        service_second_moment: E[S²].
    """

    rate: float
    service_mean: float
    service_second_moment: float

    @property
    def load(self) -> float:
        """The class's share of the server's time, ρ = λE[S]."""
        return self.rate * self.service_mean


def exponential_class(rate: float, service_mean: float) -> TrafficClass:
    """A class with exponential service, whose second moment is 2 E[S]²."""
    return TrafficClass(rate, service_mean, 2 * service_mean**2)


class ManyServers(NamedTuple):
    """A queue before several servers: the probability of having to wait, and the mean wait of all arrivals."""

    wait_probability: float
    mean_wait: float


def erlang_c(servers: int, rate: float, service_mean: float) -> ManyServers:
    """M/M/c, first come first served.

    Source: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic
    telephone exchanges", 1917. The blocking probability is built up by B(n) = aB(n-1) / (n + aB(n-1)), which neither
    overflows nor cancels, and C = B / (1 - ρ(1 - B)).

    Raises:
        ValueError: the load is not below the number of servers.
    """
    offered = rate * service_mean
    _check_stable(offered / servers)
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    wait_probability = blocked / (1 - offered / servers * (1 - blocked))
    return ManyServers(wait_probability, wait_probability * service_mean / (servers - offered))


def residual_work(classes: Sequence[TrafficClass]) -> float:
    """W₀ = Σ λᵢE[Sᵢ²] / 2: what an arrival finds left of the service that is going on."""
    return sum(each.rate * each.service_second_moment for each in classes) / 2


def fcfs_wait(classes: Sequence[TrafficClass]) -> float:
    """M/G/1, first come first served: the mean wait, the same for every class.

    Source: the formula of F. Pollaczek (1930) and A. Y. Khinchine (1932), W = W₀ / (1 - ρ).
    """
    load = sum(each.load for each in classes)
    _check_stable(load)
    return residual_work(classes) / (1 - load)


def strict_priority_waits(classes: Sequence[TrafficClass]) -> list[float]:
    """M/G/1 with non-preemptive priority, the first class highest: each class's mean wait.

    Source: A. Cobham, "Priority assignment in waiting line problems", Operations Research 2 (1954), 70-76:
    W_p = W₀ / ((1 - σ_{p-1})(1 - σ_p)) with σ_p the load of the classes up to p.
    """
    _check_stable(sum(each.load for each in classes))
    residual = residual_work(classes)
    waits: list[float] = []
    above = 0.0
    for each in classes:
        waits.append(residual / ((1 - above) * (1 - above - each.load)))
        above += each.load
    return waits


def accumulating_priority_waits(classes: Sequence[TrafficClass], slopes: Sequence[float]) -> list[float]:
    """M/G/1 where waiting customers gain priority at their class's slope: each class's mean wait.

    Sources: L. Kleinrock, "A delay dependent queue discipline", Naval Research Logistics Quarterly 11 (1964), 329-341;
    D. A. Stanford, P. Taylor and I. Ziedins, "Waiting time distributions in the accumulating priority queue", Queueing
    Systems 77 (2014), 297-330. The slowest class is solved first:
    W_p = [W₀/(1-ρ) - Σ_{i slower} ρᵢWᵢ(1 - bᵢ/b_p)] / [1 - Σ_{i faster} ρᵢ(1 - b_p/bᵢ)].

    Args:
        classes: in any order.
        slopes: b of each class, above zero; equal slopes wait in order of arrival.
    """
    if len(slopes) != len(classes) or min(slopes) <= 0:
        raise ValueError("every class needs a slope above zero")
    first_come = fcfs_wait(classes)
    waits = dict.fromkeys(range(len(classes)), 0.0)
    for own in sorted(waits, key=lambda index: slopes[index]):
        b = slopes[own]
        owed = first_come
        gained = 1.0
        for other, each in enumerate(classes):
            if slopes[other] < b:
                owed -= each.load * waits[other] * (1 - slopes[other] / b)
            elif slopes[other] > b:
                gained -= each.load * (1 - b / slopes[other])
        waits[own] = owed / gained
    return list(waits.values())


def weighted_wait(classes: Sequence[TrafficClass], waits: Sequence[float]) -> float:
    """Σ ρᵢWᵢ, what a discipline can only move from one class to another."""
    return sum(each.load * wait for each, wait in zip(classes, waits, strict=True))


def conserved_wait(classes: Sequence[TrafficClass]) -> float:
    """What Σ ρᵢWᵢ is for every discipline that never idles, never interrupts and does not look at service lengths.

    Source: L. Kleinrock, "A conservation law for a wide class of queueing disciplines", Naval Research Logistics
    Quarterly 12 (1965), 181-192: Σ ρᵢWᵢ = ρW₀ / (1 - ρ).
    """
    return sum(each.load for each in classes) * fcfs_wait(classes)


def _check_stable(load: float) -> None:
    if not 0 <= load < 1:
        raise ValueError(f"the load must be from 0 to below 1, and is {load:g}")
