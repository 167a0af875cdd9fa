"""Where in the building something is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queue_server.engine.entries import SiteIndex
    from queue_server.engine.site import Queue, Text


def area_of(index: SiteIndex, queue: Queue) -> Text:
    """Where the patients of a queue wait, as on the signs: its clinic's area, its first station's room's, its hall."""
    clinic = index.clinics.get(queue.clinic or "")
    if clinic is not None:
        return clinic.area
    for station in index.site.stations:
        if queue.id in station.queues and station.room in index.rooms:
            return index.rooms[station.room].area
    return next((hall.name for hall in index.site.halls if hall.id == queue.hall), queue.name)
