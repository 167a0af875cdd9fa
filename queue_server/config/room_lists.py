"""Two-stage calling as a hospital writes it: for all of it, for a clinic, for a queue, the nearest counting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from queue_server.engine.site import Queue
    from queue_server.toml_reader import Complaints, Table

KEYS = ("room_look_ahead", "room_assignment")


def without(clinic: Table) -> Table:
    """The clinic without what is the queues'."""
    return {key: value for key, value in clinic.items() if key not in KEYS}


def completed(complaints: Complaints, table: Table, name: str, queue: Table) -> Table:
    """The queue with what its clinic and the hospital say of the rooms; a mistake is told where it is written."""
    clinic = queue.get("clinic")
    clinics = table.get("clinics")
    of_clinic = clinics.get(clinic) if isinstance(clinics, dict) and isinstance(clinic, str) else None
    found: dict[str, Any] = {}
    for layer, path in ((table, ""), (of_clinic, f"clinics.{clinic}.")):
        if isinstance(layer, dict):
            for key in KEYS:
                if key in layer and key not in queue:
                    found[key] = layer[key]
                    complaints.written_at[f"queues.{name}.{key}"] = (None, f"{path}{key}")
    return {**queue, **found}


def check(complaints: Complaints, queues: list[Queue]) -> None:
    """Rooms that are filled by hand have lists: of the queues for which it is written, one at least."""
    for_whom: dict[tuple[str | None, str], list[Queue]] = {}
    for queue in queues:
        if queue.room_assignment == "by_hand":
            key = f"queues.{queue.id}.room_assignment"
            for_whom.setdefault(complaints.written_at.get(key, (None, key)), []).append(queue)
    for together in for_whom.values():
        if not any(queue.room_look_ahead for queue in together):
            key = f"queues.{together[0].id}.room_assignment"
            complaints.value(key, "by_hand", "has no effect without room_look_ahead")
