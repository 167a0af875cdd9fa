"""The patients of one simulated day, drawn before anything happens.

What belongs to a patient is drawn for that patient, from a stream of random numbers that only the seed and the
patient's id decide: when the patient comes, how long each visit takes, whether a call is missed. So the same patient is
the same under every policy (common random numbers), and another room or another crowd of walk-ins changes nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import msgspec

from queue_server.simulation.day import ClinicPlan, Day, WalkIns, expanded, session_at, slots_of
from queue_server.simulation.distributions import MINUTE, Duration, draw, draw_offset

NEVER = -1
"""In place of a delay: the patient does not come back."""

HOUR = 60 * MINUTE


class Visit(msgspec.Struct, frozen=True, gc=False):
    """One visit of a patient to the clinic. Times are microseconds.

    Attributes:
        group: the class under which it is counted: ``appointment``, ``walk_in``, ``return`` or a stream's own.
        service: how long it takes.
        walk: from the call until the patient is in the room.
        absences: for each call that the patient misses in a row, how long until coming back, or ``NEVER``.
        patience: how long the patient waits before leaving; ``None``: as long as it takes.
        away: from the end of this visit until the next one's check-in; ``None``: this was the last.
    """

    group: str
    service: int
    walk: int
    absences: tuple[int, ...] = ()
    patience: int | None = None
    away: int | None = None


class Patient(msgspec.Struct, frozen=True, gc=False):
    """One patient of the day. Moments are UTC microseconds.

    Attributes:
        session: the index of the clinic's session in which the patient is booked or registers first.
        slot: beginning and end of the booked slot, where there is one.
        arrives: the first check-in; ``None``: never comes.
    """

    id: str
    clinic: str
    session: int
    doctor: str | None
    slot: tuple[int, int] | None
    arrives: int | None
    credits: tuple[str, ...]
    visits: tuple[Visit, ...]


def patients_of(day: Day, seed: int) -> list[Patient]:
    """Everybody booked and everybody who walks in, clinic by clinic, the same for the same seed."""
    return [
        patient for clinic in expanded(day) for patient in (*_booked(day, clinic, seed), *_walk_ins(day, clinic, seed))
    ]


def _stream(seed: int, *names: object) -> Random:
    # Seeding by text is hashed by SHA-512 and the same on every machine.
    return Random("/".join(map(str, (seed, *names))))  # noqa: S311 - a simulation, not a secret


def _booked(day: Day, clinic: ClinicPlan, seed: int) -> Iterator[Patient]:
    for index, session in enumerate(clinic.sessions):
        for slot_index, slot in enumerate(slots_of(day, session)):
            for n in range(session.per_slot):
                name = f"{clinic.id}-s{index}-{slot_index:02d}-{n:02d}"
                random = _stream(seed, name)
                comes = random.random() >= clinic.booked.no_show
                wanted = slot[0] + draw_offset(clinic.booked.unpunctuality, random)
                opens = max(slot[0] - clinic.check_in_opens_min * MINUTE, day.at(day.opens))
                yield Patient(
                    id=name,
                    clinic=clinic.id,
                    session=index,
                    doctor=session.doctor,
                    slot=slot,
                    arrives=max(wanted, opens) if comes else None,
                    credits=_credits(clinic, random),
                    visits=_visits(clinic, "appointment", clinic.service, random),
                )


def _walk_ins(day: Day, clinic: ClinicPlan, seed: int) -> Iterator[Patient]:
    for index, stream in enumerate(clinic.walk_ins):
        for n, moment in enumerate(_poisson(day, stream, _stream(seed, clinic.id, "arrivals", index))):
            name = f"{clinic.id}-w{index}-{n:04d}"
            random = _stream(seed, name)
            yield Patient(
                id=name,
                clinic=clinic.id,
                session=session_at(day, clinic, stream.doctor, moment),
                doctor=stream.doctor,
                slot=None,
                arrives=moment,
                credits=_credits(clinic, random),
                visits=_visits(clinic, stream.group, stream.service or clinic.service, random),
            )


def _poisson(day: Day, stream: WalkIns, random: Random) -> Iterator[int]:
    """A Poisson process of piecewise constant rate; having no memory, it begins anew with every piece."""
    for rate in stream.rates:
        if not rate.per_hour:
            continue
        moment, ends = float(day.at(rate.starts)), day.at(rate.ends)
        while (moment := moment + random.expovariate(rate.per_hour) * HOUR) < ends:
            yield int(moment)


def _credits(clinic: ClinicPlan, random: Random) -> tuple[str, ...]:
    return tuple(sorted(name for name, share in sorted(clinic.credits.items()) if random.random() < share))


def _visits(clinic: ClinicPlan, group: str, service: Duration, random: Random) -> tuple[Visit, ...]:
    returns = clinic.returns
    if returns is None or random.random() >= returns.share:
        return (_visit(clinic, group, service, random),)
    first = _visit(clinic, group, service, random)
    away = draw(returns.away, random)
    second = _visit(clinic, returns.group, returns.service, random)
    return (msgspec.structs.replace(first, away=away), second)


def _visit(clinic: ClinicPlan, group: str, service: Duration, random: Random) -> Visit:
    absences: list[int] = []
    misses = clinic.misses
    if misses is not None:
        while len(absences) < misses.most and random.random() < misses.share:
            gone = random.random() < misses.gives_up
            absences.append(NEVER if gone else draw(misses.back, random))
            if gone:
                break
    return Visit(
        group=group,
        service=draw(service, random),
        walk=draw(clinic.walk, random),
        absences=tuple(absences),
        patience=draw(clinic.patience, random) if clinic.patience else None,
    )
