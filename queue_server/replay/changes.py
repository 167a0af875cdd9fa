"""Other rules and further rooms for a past day."""

from __future__ import annotations

from itertools import chain
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from queue_server.engine.commands import Triage
from queue_server.engine.site import PlaceStamp, Queue, Site, Stamps, Station, Text, TimeStamp
from queue_server.engine.stamps import MINUTE, ROUTINE_TIER
from queue_server.replay.visits import Opening, Past, Room

StampSet: TypeAlias = dict[str, Stamps]
"""Stamps by queue; those of ``EVERY`` are for all clinic queues that have none of their own here."""

EVERY = ""

AS_IT_WAS = Text("当天的规则", "as it was")
"""The name of a plan that changes nothing."""

_WALK_IN = Text("{check_in} 现场签到，按 {key} 排", "Walked in {check_in}, queued as {key}")
_AFTER_BOOKED = Text("现场签到，再叫 {calls} 位预约后轮到", "Walked in: after {calls} booked")
_AFTER_FIRST = Text("回诊，再叫 {calls} 位初诊后轮到", "Back with results: after {calls} first visits")


class ChangeError(ValueError):
    """A change that this day has no place for; the sentence says why and what there is."""


class MoreRoom(msgspec.Struct, frozen=True):
    """One more room for the pool of ``queue`` from ``opens`` (``HH:MM``) until ``closes``.

    Without ``closes`` it goes on as long as the latest of the queue's rooms did, and until its patients have been seen.
    """

    queue: str
    opens: str
    closes: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """What is otherwise than it was; nothing of it: the rules as they were.

    Attributes:
        name: how it is called in a comparison.
        stamps: whole sets of stamps.
        allowance_min: walk-ins are as if booked so many minutes after they came.
        walk_in_ratio: a walk-in after so many booked patients.
        return_ratio: a return with results after so many first visits.
        lock: so many first places are not displaced.
        more: further rooms.
        targets: by level of triage, III to IVb, within how many minutes a physician is due: the place in an emergency
            queue. Levels I and II go before everybody whatever their minutes.
    """

    name: Text = AS_IT_WAS
    stamps: StampSet = {}
    allowance_min: int | None = None
    walk_in_ratio: int | None = None
    return_ratio: int | None = None
    lock: int | None = None
    more: tuple[MoreRoom, ...] = ()
    targets: dict[str, int] = {}

    def named(self, site: Site | None = None) -> Plan:
        """The same, called by what it changes; queues by their names in ``site``, without one by their ids."""
        names = {queue.id: queue.name for queue in site.queues} if site else {}
        words = [_more(room, names.get(room.queue, Text(room.queue, room.queue))) for room in self.more]
        if self.stamps:
            words.insert(0, Text("另一套规则", "other stamps"))
        for level, minutes in self.targets.items():
            words.append(Text(f"{level} 级 {minutes} 分钟", f"level {level} within {minutes} min"))
        for value, name in (
            (self.allowance_min, Text("现场延后 {} 分钟", "walk-ins {} min later")),
            (self.walk_in_ratio, Text("预约比现场 {}:1", "booked to walk-in {}:1")),
            (self.return_ratio, Text("初诊比回诊 {}:1", "first to return {}:1")),
            (self.lock, Text("锁定前 {} 位", "first {} places fixed")),
        ):
            if value is not None:
                words.append(Text(name.zh.format(value), name.en.format(value)))
        joined = Text("，".join(word.zh for word in words), ", ".join(word.en for word in words))
        return replace(self, name=joined if words else AS_IT_WAS)

    def site(self, site: Site) -> Site:
        """The configuration with these changes."""
        queues = [self._queue(queue) for queue in site.queues]
        stations = list(site.stations)
        for n, room in enumerate(self.more):
            stations.append(_station(site, room, _id_of(n)))
        return replace(site, queues=queues, stations=stations)

    def triage(self, given: Triage, now: int) -> Triage:
        """A level as it was given, with the moment that its target has here."""
        minutes = self.targets.get(given.level)
        if minutes is None or given.tier < ROUTINE_TIER:
            return given
        shift = minutes * MINUTE - (given.respond_by - now)
        return replace(given, key=given.key + shift, respond_by=given.respond_by + shift)

    def rooms(self, past: Past) -> tuple[Room, ...]:
        """The day's rooms and the further ones.

        Raises:
            ChangeError: a further room would have nobody to call.
        """
        return (*past.rooms, *(_room(past, room, _id_of(n)) for n, room in enumerate(self.more)))

    def _queue(self, queue: Queue) -> Queue:
        if queue.kind != "clinic":
            return queue
        chosen = self.stamps.get(queue.id, self.stamps.get(EVERY))
        sets = queue.stamp_sets if chosen is None else {}
        stamps = self._stamps(chosen or queue.stamps)
        return replace(queue, stamps=stamps, stamp_sets={name: self._stamps(one) for name, one in sets.items()})

    def _stamps(self, stamps: Stamps) -> Stamps:
        if self.allowance_min is not None:
            walk_in = TimeStamp("check_in", _WALK_IN, allowance_min=self.allowance_min)
            stamps = replace(stamps, walk_in=walk_in)
        if self.walk_in_ratio is not None:
            stamps = replace(stamps, walk_in=PlaceStamp(self.walk_in_ratio, _AFTER_BOOKED, "appointment"))
        if self.return_ratio is not None:
            stamps = replace(stamps, returns=PlaceStamp(self.return_ratio, _AFTER_FIRST, "first_visit"))
        return stamps if self.lock is None else replace(stamps, lock=self.lock)


def _more(room: MoreRoom, queue: Text) -> Text:
    if room.closes is None:
        return Text(f"{queue.zh} {room.opens} 起多一位医生", f"one more doctor for {queue.en} from {room.opens}")
    hours = f"{room.opens}–{room.closes}"
    return Text(f"{queue.zh} {hours} 多一位医生", f"one more doctor for {queue.en} {hours}")


def moment_of(past: Past, clock: str) -> int:
    """UTC microseconds of ``HH:MM`` on the day; hours before the day's opening are of the night that follows.

    Raises:
        ChangeError: ``clock`` is no time of day.
    """
    hours, _, minutes = clock.partition(":")
    if not (hours.isdecimal() and minutes.isdecimal() and int(hours) < 24 and int(minutes) < 60):  # noqa: PLR2004 - a clock's
        raise ChangeError(f"{clock!r} is no time of day such as 09:30")
    day = 24 * 60 * MINUTE
    opens = past.ends_at - day
    midnight = opens - (opens + past.offset_min * MINUTE) % day
    moment = midnight + (int(hours) * 60 + int(minutes)) * MINUTE
    return moment if moment >= opens else moment + day


def _id_of(n: int) -> str:
    # No configured id may have a plus sign.
    return f"+{n + 1}"


def _station(site: Site, more: MoreRoom, name: str) -> Station:
    alike = next((station for station in site.stations if more.queue in station.queues), None)
    if alike is None:
        queues = ", ".join(queue.id for queue in site.queues if queue.kind == "clinic")
        raise ChangeError(f"no room calls a queue {more.queue!r}; the clinics' queues are {queues}")
    return replace(alike, id=name, queues=[more.queue], serves="merge", ratio={})


def _room(past: Past, more: MoreRoom, name: str) -> Room:
    if (more.queue, None) not in past.lanes():
        pools = ", ".join(sorted({queue for queue, doctor in past.lanes() if doctor is None})) or "none"
        raise ChangeError(
            f"nobody waited for any doctor of the queue {more.queue!r} that day, so one more would call nobody; "
            f"queues with such patients: {pools}"
        )
    alike = [room for room in past.rooms if any(more.queue in opening.queues for opening in room.openings)]
    last = max(
        (opening.closes for opening in chain.from_iterable(room.openings for room in alike)), default=past.ends_at
    )
    opens = moment_of(past, more.opens)
    closes = last if more.closes is None else moment_of(past, more.closes)
    if closes <= opens:
        raise ChangeError(
            f"one more room for {more.queue!r} would close no later than it opens at {more.opens}; its rooms were in "
            "use until earlier than that"
            if more.closes is None
            else f"{more.closes} is not after {more.opens}"
        )
    opening = Opening(opens, closes, name, None, (more.queue,), stays=more.closes is None)
    paces = sorted(room.usual for room in alike)
    return Room(name, (opening,), (), (), paces[len(paces) // 2] if paces else 0)
