"""A policy is a set of the engine's own stamps; here it and a described day become a site and its clinic sessions.

The engine knows a rule for booked patients, one for registrations, one for late and some for missed patients in each
queue, and none of its own for patients who return with results. Two ways around that are open to a policy, each with
its limits:

* A return registers again. Where registrations are of several groups with rules of their own, each group that
  ``Policy.groups`` names gets a queue beside the clinic's, which the same stations call and merge by rank. Time stamps
  merge exactly as if all stood in one queue, but for the locked head, which is counted in each queue alone. A place
  stamp is reached in its own queue only: once its count has run out, whoever has a smaller key in another queue still
  goes first, so "after 2 first visits" belongs into the clinic's own queue.
* A return checks in as a booking that is late by definition (``returns_as = "late_booking"``), and ``late`` is the
  rule of returns. Everybody then stands in one queue and place stamps hold. ``late_after_min`` has to be beyond the
  unpunctuality of first visits, or those take the rule too; and for the filters ``appointment`` and ``walk_in`` every
  return counts as booked.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from queue_server.engine.site import (
    Clinic,
    ClinicSession,
    Doctor,
    Hall,
    PlaceStamp,
    Queue,
    Room,
    Site,
    Slot,
    Stamps,
    Station,
    Text,
    TimeStamp,
)
from queue_server.simulation.day import ClinicPlan, Day, Id, expanded, slots_of
from queue_server.simulation.toml_file import DescriptionError, converted, shown, table_of

_HALL = "hall"
_SITE = "simulated"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a clinic orders its waiting.

    Attributes:
        stamps: the clinic's queue: booked, late and missed patients, and, by ``walk_in``, every group that registers
            and is not in ``groups``.
        groups: the rules of groups that register for a queue of their own.
        returns_as: how second visits check in.
        room_look_ahead: two-stage calling: so many wait at each room's door; 0: every room calls from the hall.
    """

    name: str
    stamps: Stamps
    groups: dict[Id, TimeStamp | PlaceStamp] = {}
    returns_as: Literal["registration", "late_booking"] = "registration"
    room_look_ahead: Annotated[int, Meta(ge=0)] = 0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    policies: Annotated[list[Policy], Meta(min_length=1)]


def read_policies(file: Path) -> list[Policy]:
    """The ``[[policies]]`` of a TOML file, in its order.

    Raises:
        DescriptionError: something in it is wrong; the sentence names the file, the key and the value.
    """
    written = table_of(file)
    known = converted(file, written, _File)
    try:
        _check_keys(written, msgspec.to_builtins(known), "")
    except ValueError as error:
        raise DescriptionError(f"{file}: {error}") from None
    return known.policies


def _check_keys(written: object, known: object, where: str) -> None:
    # The engine's rules ignore what they do not know, which in a file by hand is a slip of the pen.
    if isinstance(written, dict) and isinstance(known, dict):
        for key, value in written.items():
            if key not in known:
                raise ValueError(f"{_join(where, key)} = {shown(value)}: unknown key")
            _check_keys(value, known[key], _join(where, key))
    elif isinstance(written, list) and isinstance(known, list):
        for n, (value, other) in enumerate(zip(written, known, strict=True), 1):
            _check_keys(value, other, f"{where}.{n}")


def _join(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def queue_of(policy: Policy, clinic: str, group: str) -> str:
    """The id of the queue in which a visit of ``group`` waits."""
    return f"{clinic}-{group}" if group in policy.groups else clinic


def session_of(clinic: str, index: int, queue: str) -> str:
    """The id of the clinic session with ``index`` in the clinic's description, as the ``queue`` knows it."""
    return f"{queue}-{index}" if queue != clinic else f"{clinic}-{index}"


def station_of(clinic: str, station: str) -> str:
    """A station's id in the engine: stations of two clinics may be named alike."""
    return f"{clinic}-{station}"


def site_of(day: Day, policy: Policy) -> Site:
    """The described clinics as the engine's configuration, each with its queues, doctors and stations."""
    clinics = expanded(day)
    return Site(
        id=_SITE,
        name=_named("simulated hospital"),
        # The day's offset from UTC rides in OpenDay; nothing in the engine looks up a zone.
        time_zone="UTC",
        day_opens=day.opens,
        halls=[Hall(_HALL, _named("hall"))],
        clinics=[
            Clinic(
                plan.id,
                _named(plan.id),
                _HALL,
                _named("hall"),
                leftovers=plan.leftovers,
                check_in_opens_min=plan.check_in_opens_min,
            )
            for plan in clinics
        ],
        doctors=[
            Doctor(doctor, _named(doctor), _named("doctor"), plan.id) for plan in clinics for doctor in _doctors(plan)
        ],
        rooms=[
            Room(station_of(plan.id, station.id), _named(station.id), _HALL, _named("hall"))
            for plan in clinics
            for station in plan.stations
        ],
        queues=[queue for plan in clinics for queue in _queues(plan, policy)],
        stations=[
            Station(
                station_of(plan.id, station.id),
                _named(station.id),
                _HALL,
                station_of(plan.id, station.id),
                [queue.id for queue in _queues(plan, policy)],
            )
            for plan in clinics
            for station in plan.stations
        ],
        desk=_named("desk"),
        paper_desk=_named("desk"),
    )


def sessions_of(day: Day, policy: Policy) -> list[ClinicSession]:
    """The day's clinic sessions, once for each queue of their clinic."""
    return [
        ClinicSession(
            id=session_of(plan.id, index, queue.id),
            day=day.day,
            clinic=plan.id,
            queue=queue.id,
            doctor=session.doctor,
            period=session.period,
            starts_at=day.at(session.starts),
            ends_at=day.at(session.ends),
            limit=0,
            slots=[Slot(*slot) for slot in slots_of(day, session)],
        )
        for plan in expanded(day)
        for queue in _queues(plan, policy)
        for index, session in enumerate(plan.sessions)
    ]


def digest(site: Site) -> str:
    """The SHA-256 that goes with a configuration into the log, in hex."""
    return hashlib.sha256(msgspec.json.encode(site, order="sorted")).hexdigest()


_CHINESE: Final = {"clinic": "门诊"}
"""Of the scenarios that come with the program; in Chinese a plan's other names stay what they are."""


def _named(name: str) -> Text:
    return Text(_CHINESE.get(name, name), name)


def _doctors(plan: ClinicPlan) -> list[str]:
    shifts = [shift.doctor for station in plan.stations for shift in station.shifts]
    found = dict.fromkeys([*(session.doctor for session in plan.sessions), *shifts])
    return [doctor for doctor in found if doctor is not None]


def _queues(plan: ClinicPlan, policy: Policy) -> list[Queue]:
    own = Queue(plan.id, _named(plan.id), _HALL, "clinic", policy.stamps, plan.id)
    own = replace(own, room_look_ahead=policy.room_look_ahead)
    groups = {stream.group for stream in plan.walk_ins} | ({plan.returns.group} if plan.returns else set())
    beside = [
        replace(
            own, id=queue_of(policy, plan.id, group), stamps=replace(policy.stamps, walk_in=rule), prefix=f"{group} "
        )
        for group, rule in policy.groups.items()
        if group in groups
    ]
    return [own, *beside]
