"""Described days and policies that come with the package, as TOML files beside this one."""

from __future__ import annotations

from pathlib import Path

from queue_server.simulation.day import Day, read
from queue_server.simulation.policy import Policy, read_policies

_FOLDER = Path(__file__).parent


def half_day_clinic() -> Day:
    """A morning of three rooms with 92 bookings."""
    return read(_FOLDER / "half_day_clinic.toml")


def hospital_day() -> Day:
    """A day of about 8,000 visits in 40 clinics."""
    return read(_FOLDER / "hospital_day.toml")


def policies() -> dict[str, Policy]:
    """First come first served, strict priority and stamped due times, by name: ``fcfs``, ``strict``, ``stamped``."""
    return {policy.name: policy for policy in read_policies(_FOLDER / "policies.toml")}
