"""What the nurse desk finds and shows."""

from __future__ import annotations

from datetime import timedelta

from queue_server import contract as c
from tests.web.fake_lobby import both


def appointment(lobby, number, zh, *, refusal=None):
    return c.AppointmentView(
        appointment=f"a{number}",
        clinic=both(zh),
        doctor=both("周敏 主任医师"),
        area=both("门诊楼二层 B 区"),
        period=both("上午"),
        slot_start=lobby.now,
        slot_end=lobby.now + timedelta(minutes=30),
        problem=refusal,
    )


def order(number, zh, *, refusal=None):
    area = both("二楼检验科", "the laboratory")
    return c.OrderView(
        f"o{number}",
        "blood",
        both(zh),
        "blood",
        area,
        is_paid=True,
        preparation=None,
        slot_start=None,
        slot_end=None,
        problem=refusal,
    )


def patient(person, hint, *, appointments=(), registrations=(), tickets=(), orders=()):
    return c.PatientView(
        person, "王*芳", hint, hint, list(appointments), list(registrations), list(tickets), list(orders)
    )


def find(page, value):
    page.locator("#value").fill(value)
    page.keyboard.press("Enter")
