"""The orders of a sample day: exams, blood draws and prescriptions of a few of those who are booked.

They have dice of their own, so that whoever is booked, paid or cancelled does not depend on them.
"""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from queue_server.engine.site import Appointment, Order, Text
from queue_server.hospital.sample_files import Patient

_PEOPLE = 8
_ADULT_YEARS = 18

_FAST = Text("空腹，可少量饮水", "Nothing to eat before; a little water is allowed")
_DRINK = Text("检查前饮水 500 至 800 毫升，憋尿", "Drink 500 to 800 ml and hold it")
_BLOOD: dict[str, Any] = {
    "kind": "blood", "queue": "blood", "fasting": True, "result_min": 30, "preparation": _FAST,
    "name": Text("血常规、血脂", "Blood count and lipids"),
}  # fmt: skip
_ULTRASOUND: dict[str, Any] = {
    "kind": "exam", "queue": "ultrasound", "full_bladder": True, "ready_min": 40, "result_min": 10,
    "preparation": _DRINK, "name": Text("腹部彩超", "Abdominal ultrasound"),
}  # fmt: skip
_CT: dict[str, Any] = {"kind": "exam", "queue": "ct", "result_min": 60, "name": Text("胸部 CT", "Chest CT")}
_MRI: dict[str, Any] = {
    "kind": "exam", "queue": "mri", "result_min": 60, "name": Text("头颅磁共振", "MRI of the head"),
    "preparation": Text("取下身上的金属物品", "Take off everything of metal"),
}  # fmt: skip
_ECG: dict[str, Any] = {"kind": "exam", "queue": "ecg", "result_min": 5, "name": Text("心电图", "ECG")}
_DRUGS: dict[str, Any] = {
    "kind": "prescription", "queue": "pharmacy", "breaks_fast": True, "name": Text("处方药", "Prescription"),
}  # fmt: skip

_SETS: list[list[tuple[dict[str, Any], str]]] = [
    [(_BLOOD, "paid"), (_ULTRASOUND, "paid"), (_ECG, "paid")],
    [(_DRUGS, "open")],
    [(_CT, "paid"), (_BLOOD, "paid")],
    [(_ULTRASOUND, "open")],
    [(_MRI, "paid"), (_ECG, "paid"), (_CT, "withdrawn")],
    [(_DRUGS, "open"), (_ECG, "done")],
]
"""What one patient has, with each order's status; the next patient has the next."""


def sample_orders(seed: int, day: str, appointments: list[Appointment], patients: dict[str, Patient]) -> list[Order]:
    """The orders of ``day`` (``YYYY-MM-DD``), of a few adults who are booked and have a card to lay on a reader."""
    dice = random.Random(f"{seed} {day} orders")  # noqa: S311 - an invented hospital, not a secret
    booked = {one.person for one in appointments if one.status == "booked"}
    adults = sorted(
        key for key in booked if patients[key].id_number and patients[key].age(date.fromisoformat(day)) >= _ADULT_YEARS
    )
    chosen = dice.sample(adults, min(_PEOPLE, len(adults)))
    orders: list[Order] = []
    for number, person in enumerate(chosen):
        for what, status in _SETS[number % len(_SETS)]:
            key = f"OR-{day.replace('-', '')}-{len(orders) + 1:04d}"
            orders.append(Order(id=key, person=person, day=day, status=status, **what))  # type: ignore[arg-type]  # one of its statuses
    return orders
