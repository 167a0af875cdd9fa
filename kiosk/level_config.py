"""The keys of ``[volume]`` and ``[brightness]`` in ``kiosk.toml``, and what they mean."""

from __future__ import annotations

from typing import Literal

import msgspec

from kiosk.levels import DARKEST, Schedule, Step, Through


class StepKeys(msgspec.Struct, forbid_unknown_fields=True):
    """One level: from ``at`` (``HH:MM``) on."""

    at: str
    percent: int


class VolumeKeys(msgspec.Struct, forbid_unknown_fields=True):
    """``[volume]``."""

    levels: list[StepKeys]
    through: Literal["wpctl", "amixer"]
    device: str | None = None
    quiet: int = 15


class BrightnessKeys(msgspec.Struct, forbid_unknown_fields=True):
    """``[brightness]``."""

    levels: list[StepKeys]
    through: Literal["backlight", "ddcutil"]
    device: str


class LevelPlan(msgspec.Struct, frozen=True):
    """How a level is set, and to what.

    Attributes:
        through: which tool.
        device: which sink, control, backlight or display.
        schedule: which level when.
    """

    through: Through
    device: str
    schedule: Schedule


_USUAL = {"wpctl": "@DEFAULT_AUDIO_SINK@", "amixer": "Master"}


def volume_plan(keys: VolumeKeys) -> LevelPlan:
    """Check ``keys``.

    Raises:
        ValueError: names the key and the value.
    """
    device = keys.device or _USUAL[keys.through]
    if not 0 <= keys.quiet <= 100:  # noqa: PLR2004 -- percent
        raise ValueError(f"volume.quiet is {keys.quiet}; it must be 0 to 100 percent.")
    return LevelPlan(keys.through, _device("volume", device), _schedule("volume", keys.levels, 0, keys.quiet))


def brightness_plan(keys: BrightnessKeys) -> LevelPlan:
    """Check ``keys``.

    Raises:
        ValueError: names the key and the value.
    """
    device = _device("brightness", keys.device)
    if keys.through == "ddcutil" and not device.isdecimal():
        raise ValueError(f"brightness.device is {device!r}; for ddcutil it is a display's number, such as 1.")
    if keys.through == "backlight" and "/" in device:
        raise ValueError(f"brightness.device is {device!r}; it is a name in /sys/class/backlight, without a path.")
    return LevelPlan(keys.through, device, _schedule("brightness", keys.levels, DARKEST, None))


def _device(section: str, device: str) -> str:
    if not device or device.startswith(("-", ".")):
        raise ValueError(f"{section}.device is {device!r}, which is no name of one.")
    return device


def _schedule(section: str, levels: list[StepKeys], least: int, quiet: int | None) -> Schedule:
    if not levels:
        raise ValueError(f"{section}.levels is empty; give at least one level.")
    steps = []
    for one in levels:
        if not least <= one.percent <= 100:  # noqa: PLR2004 -- percent
            raise ValueError(f"{section}.levels: percent is {one.percent}; it must be {least} to 100.")
        steps.append(Step(_minute(section, one.at), one.percent))
    steps.sort(key=lambda step: step.minute)
    minutes = [step.minute for step in steps]
    if len(set(minutes)) < len(minutes):
        raise ValueError(f"{section}.levels gives two levels for one time.")
    return Schedule(tuple(steps), quiet)


def _minute(section: str, at: str) -> int:
    hour, _, minute = at.partition(":")
    right = len(at) == len("HH:MM") and hour.isascii() and hour.isdecimal() and minute.isascii() and minute.isdecimal()
    if not right or int(hour) > 23 or int(minute) > 59:  # noqa: PLR2004 -- a day
        raise ValueError(f"{section}.levels: at is {at!r}; it must be a time of day such as 06:30.")
    return int(hour) * 60 + int(minute)
