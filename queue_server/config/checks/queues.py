"""Queues: their numbers, the emergency ones, and letters that tell them apart."""

from __future__ import annotations

import re

from queue_server.config.checks.stamp_rules import check_stamps
from queue_server.config.checks.values import not_negative, reference
from queue_server.engine.site import Abandon, Queue, TimeStamp
from queue_server.engine.stamps import all_rules
from queue_server.toml_reader import Complaints

_PREFIX = re.compile(r"[A-Z]{0,2}")


def check_queue(complaints: Complaints, queue: Queue, halls: list[str], clinics: list[str]) -> None:
    """What a queue says of itself, of its kind and of its rules."""
    path = f"queues.{queue.id}"
    reference(complaints, f"{path}.hall", queue.hall, "hall", halls)
    if queue.clinic is not None:
        reference(complaints, f"{path}.clinic", queue.clinic, "clinic", clinics)
    if queue.kind == "clinic" and queue.clinic is None:
        complaints.add(f"{path}.clinic", 'is missing; a queue of kind "clinic" belongs to one')
    if queue.kind == "open" and queue.numbers == "hospital":
        complaints.value(f"{path}.numbers", "hospital", "an open queue has no registration that could carry a number")
    if queue.kind == "order" and queue.numbers == "hospital":
        complaints.value(f"{path}.numbers", "hospital", "an order carries no number; its queue numbers by itself")
    if queue.kind != "order" and queue.needs_paid:
        complaints.value(f"{path}.needs_paid", queue.needs_paid, 'is for a queue of kind "order"')
    if queue.kind != "order" and queue.makes_ticket != "at_kiosk":
        complaints.value(f"{path}.makes_ticket", queue.makes_ticket, 'is for a queue of kind "order"')
    if not _PREFIX.fullmatch(queue.prefix):
        complaints.value(f"{path}.prefix", queue.prefix, "must be at most two letters A to Z")
    if queue.mean_service_min < 1:
        complaints.value(f"{path}.mean_service_min", queue.mean_service_min, "must be 1 or more")
    not_negative(complaints, f"{path}.wait_limit_min", queue.wait_limit_min)
    _triage(complaints, path, queue)
    _numbered(complaints, path, queue)
    check_stamps(complaints, f"{path}.stamps", queue.stamps)
    for name, stamps in queue.stamp_sets.items():
        check_stamps(complaints, f"{path}.stamp_sets.{name}", stamps)


def check_prefixes(complaints: Complaints, queues: list[Queue]) -> None:
    """Letters by which the numbers of two queues are told apart."""
    owner: dict[str, str] = {}
    for queue in queues:
        if queue.numbers == "hospital":
            continue
        if queue.prefix in owner:
            complaints.value(f"queues.{queue.id}.prefix", queue.prefix, f'is already that of "{owner[queue.prefix]}"')
        owner.setdefault(queue.prefix, queue.id)


def _numbered(complaints: Complaints, path: str, queue: Queue) -> None:
    """A moment by the number needs the hospital's own: one that the queue gives counts check-ins, of all sessions."""
    if queue.numbers == "hospital":
        return
    for where, stamps in (
        ("stamps", queue.stamps),
        *((f"stamp_sets.{name}", one) for name, one in queue.stamp_sets.items()),
    ):
        if any(isinstance(rule, TimeStamp) and rule.anchor == "number" for rule in all_rules(stamps)):
            complaints.add(f"{path}.{where}", 'has the anchor "number", which needs numbers = "hospital"')


def _triage(complaints: Complaints, path: str, queue: Queue) -> None:
    """An emergency queue asks nobody for anything first, and turns nobody away."""
    if not queue.triage:
        return
    if queue.kind != "open":
        complaints.value(f"{path}.kind", queue.kind, 'must be "open": an emergency is treated before it is registered')
    walk_in = queue.stamps.walk_in
    if not isinstance(walk_in, TimeStamp) or walk_in.anchor != "check_in" or walk_in.allowance_min > 0:
        # Whom nobody has seen yet must not wait behind somebody who was seen and found able to wait.
        complaints.add(
            f"{path}.stamps.walk_in",
            'must be of type "time", anchored at "check_in" without an allowance: who was not triaged yet waits there',
        )
    for index, rule in enumerate(queue.stamps.missed, 1):
        if isinstance(rule, Abandon):
            complaints.add(f"{path}.stamps.missed.{index}", "must not end the ticket of an emergency")
