"""Stations: how they serve their queues, the list at their door, the levels they accept."""

from __future__ import annotations

from queue_server.engine.site import Site, Station
from queue_server.engine.triage_table import LEVELS
from queue_server.toml_reader import Complaints, listed


def check_serving(complaints: Complaints, path: str, station: Station) -> None:
    """Turns or an order of queues need several, and turns say how many of each."""
    if len(set(station.queues)) != len(station.queues):
        complaints.add(f"{path}.queues", "names a queue twice")
    if station.serves != "merge" and len(station.queues) < 2:  # noqa: PLR2004 - several
        complaints.value(f"{path}.serves", station.serves, "needs two queues or more")
    if station.serves != "ratio":
        if station.ratio:
            complaints.add(f"{path}.ratio", 'is used with serves = "ratio" only')
        return
    for name, count in station.ratio.items():
        if name not in station.queues:
            complaints.add(f"{path}.ratio.{name}", f"is no queue of this station; they are {listed(station.queues)}")
        if count < 1:
            complaints.value(f"{path}.ratio.{name}", count, "must be 1 or more")
    for name in station.queues:
        if name not in station.ratio:
            complaints.add(f"{path}.ratio.{name}", "is missing; how many of this queue make a turn")


def check_room_list(complaints: Complaints, path: str, station: Station, site: Site) -> None:
    """A room's list goes by rank, and takes from all of its queues or from none."""
    called = [queue for queue in site.queues if queue.id in station.queues]
    listed_ones = [queue.id for queue in called if queue.room_look_ahead > 0]
    if not listed_ones:
        return
    if station.serves != "merge" and len(station.queues) > 1:
        complaints.value(
            f"{path}.serves",
            station.serves,
            f'a room\'s list goes by rank, and room_look_ahead gives {listed(listed_ones)} one; use "merge", or '
            "room_look_ahead = 0 there",
        )
    elif len(listed_ones) < len(called):
        complaints.add(
            f"{path}.queues",
            f"mixes queues with room_look_ahead ({listed(listed_ones)}) and without; a room's list takes from all of "
            "its queues or from none",
        )


def check_levels(complaints: Complaints, site: Site) -> None:
    """Rooms that accept some levels of triage: of an emergency queue, and together all of them."""
    triaged = {queue.id for queue in site.queues if queue.triage}
    for station in site.stations:
        path = f"stations.{station.id}.levels"
        if station.levels and not triaged & set(station.queues):
            complaints.add(path, "is for a station that calls an emergency queue (triage = true)")
        if len(set(station.levels)) != len(station.levels):
            complaints.add(path, "names a level twice")
    for queue in sorted(triaged):
        calling = [station for station in site.stations if queue in station.queues]
        for level in LEVELS:
            if calling and all(station.levels and level not in station.levels for station in calling):
                complaints.add(f"queues.{queue}", f"no station that calls it accepts level {level}")
