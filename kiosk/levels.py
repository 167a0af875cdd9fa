"""The loudspeaker's volume and the screen's brightness, by the time of day, through the machine's own tools.

Neither is worth a patient's wait: a tool that is missing or fails is told of once, in a sentence, and all else goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import structlog

from kiosk.ports import Clock

_log = structlog.get_logger(__name__)

LOOK = 20.0
"""Seconds between two looks at the time of day."""
TOOL_LIMIT = 10.0
"""Seconds until a tool that does not end is ended; a screen's own bus (DDC/CI) is slow, not that slow."""
BACKLIGHTS = Path("/sys/class/backlight")
DARKEST = 10
"""Percent of brightness below which a screen counts as off."""

Through: TypeAlias = Literal["wpctl", "amixer", "backlight", "ddcutil"]


class LevelError(Exception):
    """A level could not be set. The sentence says why and what to do; the level stays as it was."""


@dataclass(frozen=True)
class Step:
    """From ``minute`` of the day on, ``percent``."""

    minute: int
    percent: int


@dataclass(frozen=True)
class Schedule:
    """Levels by the time of day; each holds until the next, the last one over midnight. Sorted, never empty.

    Attributes:
        steps: the levels.
        quiet: percent at most while the kiosk is to be quiet; ``None``: quiet mode changes nothing.
    """

    steps: tuple[Step, ...]
    quiet: int | None = None

    def level(self, now: datetime, *, is_quiet: bool) -> int:
        """Return the percent that are to be at ``now``, in the hospital's time."""
        minute = now.hour * 60 + now.minute
        passed = [step.percent for step in self.steps if step.minute <= minute]
        percent = passed[-1] if passed else self.steps[-1].percent
        return min(percent, self.quiet) if is_quiet and self.quiet is not None else percent


class Adjuster(Protocol):
    """What has a level."""

    async def set(self, percent: int) -> None:
        """Set it.

        Raises:
            LevelError: it stays as it was.
        """
        ...


@dataclass(frozen=True)
class Tool:
    """A level that is set by a program.

    Attributes:
        program: its name, looked for where programs are.
        package: the Debian package it is in.
        commands: the words of each call for so many percent.
    """

    program: str
    package: str
    commands: Callable[[int], Sequence[Sequence[str]]]

    async def set(self, percent: int) -> None:
        """See ``Adjuster``."""
        for words in self.commands(percent):
            await self._call(words)

    async def _call(self, words: Sequence[str]) -> None:
        try:
            process = await asyncio.create_subprocess_exec(
                self.program, *words, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
        except FileNotFoundError as error:
            raise LevelError(
                f"{self.program} is not installed. Install the Debian package {self.package}, or take the section "
                "out of kiosk.toml."
            ) from error
        except OSError as error:
            raise LevelError(f"{self.program} cannot be started: {error.strerror}.") from error
        try:
            async with asyncio.timeout(TOOL_LIMIT):
                _, said = await process.communicate()
        except TimeoutError as late:
            raise LevelError(f"{self.program} did not end within {TOOL_LIMIT:.0f} s and was stopped.") from late
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode:
            why = said.decode(errors="replace").strip().partition("\n")[0][:200] or "it gave no reason"
            raise LevelError(f"{self.program} {' '.join(words)} ended with {process.returncode}: {why}.")


def wpctl(sink: str) -> Tool:
    """The volume of a PipeWire sink."""
    return Tool(
        "wpctl",
        "wireplumber",
        lambda percent: (("set-mute", sink, "0"), ("set-volume", sink, f"{percent / 100:.2f}")),
    )


def amixer(control: str) -> Tool:
    """The volume of an ALSA mixer control, on the scale that ears have."""
    return Tool("amixer", "alsa-utils", lambda percent: (("-q", "-M", "sset", control, f"{percent}%", "unmute"),))


def ddcutil(display: str) -> Tool:
    """The brightness of a screen over its cable (DDC/CI, VCP feature 10 of the MCCS standard)."""
    return Tool("ddcutil", "ddcutil", lambda percent: (("--display", display, "setvcp", "10", str(percent)),))


@dataclass(frozen=True)
class Backlight:
    """The brightness of a panel by the kernel's backlight class (Documentation/ABI/stable/sysfs-class-backlight)."""

    name: str
    root: Path = BACKLIGHTS

    async def set(self, percent: int) -> None:
        """See ``Adjuster``."""
        folder = self.root / self.name
        try:
            most = int((folder / "max_brightness").read_text(encoding="ascii"))
            (folder / "brightness").write_text(f"{max(1, round(most * percent / 100))}\n", encoding="ascii")
        except FileNotFoundError as error:
            there = ", ".join(sorted(one.name for one in self.root.glob("*"))) or "none"
            raise LevelError(f"There is no backlight {self.name!r} in {self.root}; there are: {there}.") from error
        except PermissionError as error:
            raise LevelError(
                f"This account may not write {error.filename}. Give it the group that owns the file (a udev rule for "
                "the subsystem backlight)."
            ) from error
        except (OSError, ValueError) as error:
            raise LevelError(f"The backlight {self.name!r} cannot be set ({error}).") from error


def make_adjuster(through: Through, device: str) -> Adjuster:
    """Make what sets a level."""
    match through:
        case "wpctl":
            return wpctl(device)
        case "amixer":
            return amixer(device)
        case "ddcutil":
            return ddcutil(device)
        case "backlight":
            return Backlight(device)


class LevelKeeper:
    """Sets a level whenever the time of day, or quiet mode, asks for another.

    Args:
        name: what it is, for the log: ``volume`` or ``brightness``.
        adjuster: what has the level.
        schedule: which level when.
        now: the hospital's time.
        is_quiet: whether the kiosk is to be quiet.
        clock: for the pauses.
    """

    def __init__(
        self,
        name: str,
        adjuster: Adjuster,
        schedule: Schedule,
        now: Callable[[], datetime],
        is_quiet: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._name = name
        self._adjuster = adjuster
        self._schedule = schedule
        self._now = now
        self._is_quiet = is_quiet
        self._clock = clock
        self._set: int | None = None
        self._told: str | None = None

    async def run(self) -> None:
        """Keep the level until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(LOOK)

    async def look(self) -> None:
        """Set the level if it is to be another than was set last; what fails is told once and tried again."""
        wanted = self._schedule.level(self._now(), is_quiet=self._is_quiet())
        if wanted == self._set:
            return
        try:
            await self._adjuster.set(wanted)
        except LevelError as error:
            if str(error) != self._told:
                _log.warning("level_not_set", device=self._name, error=str(error))
                self._told = str(error)
            return
        self._set, self._told = wanted, None
        _log.info("level_set", device=self._name, percent=wanted)
