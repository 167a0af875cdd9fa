"""The fault plan of a simulator: when a fault strikes, what it does, and how it is over.

A plan is a list of faults, read from TOML or set while the simulator runs::

    [[fault]]
    action = "half_frame"   # what: one of LINE_ACTIONS, or an action of the simulator's own
    on = "read"             # when: the command being answered, in the simulator's words; "any" by default
    after = 2               # when: this many matching commands pass first; 0 by default
    wait = 30.0             # when: not before so many seconds have passed since it was set; 0 by default
    chance = 0.1            # when: how likely it hits a matching command; 1 by default
    times = 1               # recovery: how many commands it hits; 1 by default, 0 = until it is cleared or over
    lasts = 20.0            # recovery: it is over so many seconds after it first hit; then times is 0 by default
    value = 0.5             # the action's own figure: seconds, bits per second, a status code
    device = "reader"       # whose: in a plan for several devices, the one of this name; every device's by default

(The three parts, trigger, action and recovery, are those of field emulators such as OctoPrint's virtual
printer.) Simulators ask ``strike`` before each answer, turn the answer into a ``Delivery`` with ``deliver``,
and hand that to their line.
"""

from __future__ import annotations

import random
import time
import tomllib
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

LINE_ACTIONS = frozenset(
    {
        "mute",  # no answer at all
        "garbage_prefix",  # noise before the answer
        "bad_checksum",  # the answer's last byte is wrong
        "half_frame",  # the first half of the answer, then silence
        "byte_by_byte",  # every byte by itself
        "late",  # the whole answer, value seconds late (1.5)
        "slow",  # the answer at value bits per second (9600)
        "close_line",  # unplugged instead of answering; plugged in again after value seconds (0 = by hand)
        "stop_reading",  # takes nothing from the line until cleared
    }
)
"""What can happen on any line, whatever the protocol."""

GARBAGE = bytes.fromhex("FF00AAAA13AA0096")
"""Noise that holds parts of preambles and status bytes, so that resynchronising is not for free."""

_SLOW_STEP = 16


class FaultPlanError(ValueError):
    """A fault plan cannot be understood. The message names where, which key and which value."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: trigger (``on`` to ``chance``), action (``action``, ``value``) and recovery (``times``, ``lasts``).

    Attributes:
        action: what happens.
        on: the command it waits for, or ``any``.
        after: matching commands that pass before the first strike.
        times: strikes until it is over; 0 = until cleared.
        value: the action's own figure, or None for the action's default.
        wait: seconds since it was set before which it does not strike.
        chance: how likely it strikes a matching command, above 0 and at most 1.
        lasts: seconds from its first strike to its end; None = ``times`` alone ends it.
    """

    action: str
    on: str = "any"
    after: int = 0
    times: int = 1
    value: float | None = None
    wait: float = 0.0
    chance: float = 1.0
    lasts: float | None = None


def parse_fault(data: Mapping[str, object], actions: frozenset[str] | None, where: str = "fault") -> Fault:
    """Make a fault from plain data.

    Args:
        data: the keys of ``Fault``.
        actions: the actions the simulator knows; None = any name will do.
        where: how an error names the place.

    Raises:
        FaultPlanError: an unknown key or action, or a value of the wrong kind.
    """
    unknown = sorted(set(data) - {one.name for one in fields(Fault)})
    if unknown:
        raise FaultPlanError(f"{where}: there is no key {unknown[0]!r}")
    action = data.get("action")
    if not isinstance(action, str) or (actions is not None and action not in actions):
        known = f"one of {', '.join(sorted(actions))}" if actions is not None else "the name of an action"
        raise FaultPlanError(f"{where}: action = {action!r} is not {known}")
    on = data.get("on", "any")
    if not isinstance(on, str):
        raise FaultPlanError(f"{where}: on = {on!r} is not the name of a command")
    counts = {}
    for key, usual in (("after", 0), ("times", 1 if data.get("lasts") is None else 0)):
        count = data.get(key, usual)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise FaultPlanError(f"{where}: {key} = {count!r} is not a whole number from 0")
        counts[key] = count
    value, lasts = _number(data, "value", where), _number(data, "lasts", where)
    wait, chance = _number(data, "wait", where) or 0.0, _number(data, "chance", where)
    if wait < 0:
        raise FaultPlanError(f"{where}: wait = {wait!r} is less than 0")
    if lasts is not None and lasts <= 0:
        raise FaultPlanError(f"{where}: lasts = {lasts!r} is not more than 0")
    if chance is not None and not 0 < chance <= 1:
        raise FaultPlanError(f"{where}: chance = {chance!r} is not above 0 and at most 1")
    return Fault(
        action=action, on=on, value=value, wait=wait, chance=1.0 if chance is None else chance, lasts=lasts, **counts
    )


def _number(data: Mapping[str, object], key: str, where: str) -> float | None:
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise FaultPlanError(f"{where}: {key} = {value!r} is not a number")
    return value


def read_plan(
    path: Path, actions: frozenset[str] | None = None, *, names: frozenset[str] | None = None, of: str | None = None
) -> list[Fault]:
    """Read the faults of a TOML file.

    Args:
        path: the file.
        actions: the actions the simulator knows; None = any name will do.
        names: the devices that a fault may name; None = any name will do.
        of: the device whose faults are wanted, with those that name none; None = all.

    Raises:
        FaultPlanError: naming the file, the entry, the key and the value.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as failure:
        raise FaultPlanError(f"{path}: {failure}") from failure
    entries = content.get("fault", [])
    if set(content) - {"fault"} or not isinstance(entries, list):
        raise FaultPlanError(f"{path}: a fault plan holds [[fault]] entries and nothing else")
    faults = []
    for number, entry in enumerate(entries, start=1):
        where = f"{path}: fault {number}"
        device = entry.get("device")
        if device is not None and (not isinstance(device, str) or (names is not None and device not in names)):
            known = "the name of a device" if names is None else f"a device here; there are {', '.join(sorted(names))}"
            raise FaultPlanError(f"{where}: device = {device!r} is not {known}")
        if of is None or device in {None, of}:
            data = {key: value for key, value in entry.items() if key != "device"}
            faults.append(parse_fault(data, actions, where))
    return faults


@dataclass(slots=True)
class _Standing:
    fault: Fault
    set_at: float
    passed: int = 0
    struck: int = 0
    began: float | None = None

    def may_strike(self, now: float) -> bool:
        """Whether its moment has come; where nothing is asked of it (``stop_reading``) it begins by itself."""
        due = now >= self.set_at + self.fault.wait
        if due and self.fault.action == "stop_reading" and self.began is None:
            self.began = self.set_at + self.fault.wait
        return due

    def ends_at(self) -> float | None:
        """When its time is over; None = it has not begun, or time does not end it."""
        return None if self.began is None or self.fault.lasts is None else self.began + self.fault.lasts


@dataclass(slots=True)
class FaultPlan:
    """The faults a simulator still has before it.

    Attributes:
        actions: the actions this simulator knows: ``LINE_ACTIONS`` and its own.
        clock: seconds.
        dice: for ``chance``; the same faults strike the same commands in each run.
    """

    actions: frozenset[str] = LINE_ACTIONS
    clock: Callable[[], float] = time.monotonic
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 -- nothing secret
    _standing: list[_Standing] = field(default_factory=list)

    def load(self, path: Path, name: str = "") -> None:
        """Add the faults of a TOML file.

        Args:
            path: the file.
            name: the simulated device's: faults that name another one are not for it.

        Raises:
            FaultPlanError: naming the file, the entry, the key and the value.
        """
        for fault in read_plan(path, self.actions, of=name):
            self.set(fault)

    def set(self, fault: Fault) -> None:
        """Add a fault."""
        self._standing.append(_Standing(fault, self.clock()))

    def clear(self, action: str | None = None) -> None:
        """Take back the faults with this action, or all of them."""
        self._standing = [s for s in self._standing if action is not None and s.fault.action != action]

    def strike(self, command: str) -> tuple[Fault, ...]:
        """Tell which faults strike the answer to ``command``, and count them as struck."""
        striking = []
        now = self.clock()
        self._end_those_over(now)
        for standing in list(self._standing):
            fault = standing.fault
            if fault.on not in {"any", command} or fault.action == "stop_reading" or not standing.may_strike(now):
                continue
            if standing.passed < fault.after:
                standing.passed += 1
                continue
            if fault.chance < 1 and self.dice.random() >= fault.chance:
                continue
            standing.struck += 1
            standing.began = now if standing.began is None else standing.began
            striking.append(fault)
            if fault.times and standing.struck >= fault.times:
                self._standing.remove(standing)
        return tuple(striking)

    def holds(self, action: str) -> bool:
        """Tell whether a fault with this action stands, without counting it as struck."""
        now = self.clock()
        self._end_those_over(now)
        return any(one.fault.action == action and one.may_strike(now) for one in self._standing)

    def left(self, action: str) -> float | None:
        """Return the seconds until the last fault with this action is over; None = time does not end it."""
        ends = [one.ends_at() for one in self._standing if one.fault.action == action]
        known = [end for end in ends if end is not None]
        return max(known) - self.clock() if known and len(known) == len(ends) else None

    def _end_those_over(self, now: float) -> None:
        for standing in self._standing:
            standing.may_strike(now)  # what begins by itself has begun, also where nobody looked
        self._standing = [one for one in self._standing if (end := one.ends_at()) is None or now < end]

    def as_data(self) -> list[dict[str, object]]:
        """Return the standing faults as plain data."""
        return [asdict(standing.fault) for standing in self._standing]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer goes onto the wire.

    Attributes:
        pieces: (seconds to wait before, bytes) in order.
        unplug: whether the line is closed instead of, or after, the pieces.
        replug_after: seconds until it is plugged in again by itself; None = by hand.
    """

    pieces: tuple[tuple[float, bytes], ...]
    unplug: bool = False
    replug_after: float | None = None


def deliver(answer: bytes, faults: Iterable[Fault]) -> Delivery:
    """Apply the line's own faults to an answer. Faults with other actions are the simulator's to apply."""
    striking = {fault.action: fault.value for fault in faults}
    if "close_line" in striking:
        return Delivery((), unplug=True, replug_after=striking["close_line"] or None)
    if "mute" in striking or not answer:
        return Delivery(())
    if "bad_checksum" in striking:
        answer = answer[:-1] + bytes([answer[-1] ^ 0x01])
    if "half_frame" in striking:
        answer = answer[: (len(answer) + 1) // 2]
    if "garbage_prefix" in striking:
        answer = GARBAGE + answer
    wait = (1.5 if striking["late"] is None else striking["late"]) if "late" in striking else 0.0
    if "slow" in striking:
        step = _SLOW_STEP * 10 / (striking["slow"] or 9600)
        cut = [answer[i : i + _SLOW_STEP] for i in range(0, len(answer), _SLOW_STEP)]
        return Delivery(tuple((wait + step if i == 0 else step, piece) for i, piece in enumerate(cut)))
    if "byte_by_byte" in striking:
        return Delivery(tuple((wait if i == 0 else 0.0, bytes([byte])) for i, byte in enumerate(answer)))
    return Delivery(((wait, answer),))
