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


def patient(person, hint, *, appointments=(), registrations=(), tickets=()):
    return c.PatientView(person, "王*芳", hint, hint, list(appointments), list(registrations), list(tickets))


def find(page, value):
    page.locator("#value").fill(value)
    page.keyboard.press("Enter")
