"""The far ends of all that is plugged in, each a process of its own, and what can go wrong with each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from drivers.device_file import write_entries
from drivers.registry import DeviceEntry
from drivers.simulation import scripted, simulator_command
from drivers.stand_ins import no_chip_cards, one_of_each, standing
from tests.drivers.conftest import SimulatorProcess


class FarEnds:
    """A simulator of every kind of device; each can be ended and started anew where it was.

    Args:
        folder: for their lines, and the printer's paper.
        devices: the configuration that leads to them, which is written here, once, for kiosk and server.

    Attributes:
        lack: why there is no chip card on this machine; None = there is.
        kinds: of the devices, by their names.
    """

    def __init__(self, folder: Path, devices: Path) -> None:
        folder.mkdir()
        self.lack = no_chip_cards()
        self._rolls = folder / "rolls"
        self._lives = 0
        self._papers: list[Path] = []
        entries = [scripted(entry, fast=True) for entry in one_of_each(folder)]
        with ThreadPoolExecutor() as pool:
            ends = list(pool.map(self._started, entries))
        self._entries = {entry.name: standing(entry, end.url) for entry, end in zip(entries, ends, strict=True)}
        self.ends = dict(zip(self._entries, ends, strict=True))
        self.kinds = {name: entry.kind for name, entry in self._entries.items()}
        write_entries(devices, self._entries.values(), anew=True)

    def _started(self, entry: DeviceEntry) -> SimulatorProcess:
        command = simulator_command(entry)[2:]
        if entry.name == "printer":
            self._lives += 1
            roll = self._rolls / f"{self._lives}"
            roll.mkdir(parents=True)
            command += ["--paper-dir", str(roll)]
        return SimulatorProcess(*command)

    @property
    def boards(self) -> list[str]:
        """The call displays."""
        return [name for name, kind in self.kinds.items() if kind == "call_display"]

    def tell(self, device: str, verb: str, **arguments: object) -> dict[str, object]:
        return self.ends[device].tell(verb, **arguments)

    def restart(self, device: str) -> None:
        """End the process and start another: what it held is lost, as with a device that lost its power."""
        if device == "printer":
            self._papers += self._whole()
        self.ends[device].end()
        self.ends[device] = self._started(self._entries[device])

    def papers(self) -> list[Path]:
        """The pictures of all whole papers that came out, in their order."""
        return self._papers + self._whole()

    def _whole(self) -> list[Path]:
        return [Path(job["png"]) for job in self.tell("printer", "jobs")["jobs"] if job["complete"]]

    def mend(self) -> None:
        """Do what staff do: all is plugged in, loaded, closed and free, no card lies about, and no fault stands."""
        for name in self.ends:
            self.tell(name, "clear_fault")
            self.tell(name, "plug")
        for verb, state in (("paper", "load"), ("cover", "closed"), ("cutter", "free"), ("head", "cool")):
            self.tell("printer", verb, state=state)
        for number in (0, 1):
            self.tell("cabinet", "contact", number=number, state="closed")
        self.tell("reader", "remove")
        self.tell("terminal", "paper", state="in")
        self.tell("documents", "mend")
        for name in self.boards:
            self.tell(name, "power", on=True)
        if "chip_card" in self.ends:
            self.tell("chip_card", "speak")
            self.tell("chip_card", "remove")

    def end(self) -> None:
        for end in self.ends.values():
            end.end()
        shutil.rmtree(self._rolls)


@dataclass(frozen=True)
class Mishap:
    """Something that goes wrong.

    Attributes:
        name: with a failure.
        act: makes it so; it is given the lobby.
        at: the screen that stands when it does.
        way: how whoever meets it must have come, where that matters.
        late: only once the screen was answered.
    """

    name: str
    act: Callable[[object], object]
    at: str = "Start"
    way: str = ""
    late: bool = False


WAYS = {"reader": "card", "chip_card": "chip", "stripe": "stripe", "scanner": "code"}
"""How somebody comes whom a fault of this device meets."""


def fault(device: str, action: str, at: str = "Start", **values: object) -> Mishap:
    name = f"{device} {action} {values.get('on', '')}".strip()
    return Mishap(
        name, lambda lobby: lobby.ends.tell(device, "fault", action=action, **values), at, WAYS.get(device, "")
    )


def hand(device: str, verb: str, at: str = "Start", **values: object) -> Mishap:
    name = f"{device} {verb} {values.get('state', values.get('reason', ''))}".strip()
    return Mishap(name, lambda lobby: lobby.ends.tell(device, verb, **values), at, WAYS.get(device, ""))


def restart(device: str, at: str = "Start") -> Mishap:
    return Mishap(f"{device} restarted", lambda lobby: lobby.ends.restart(device), at, WAYS.get(device, ""))


def _spew(lobby: object) -> None:
    """A scanner that has gone mad: four kilobytes without an end, and noise."""
    for action in ("overlong", "garbage_prefix", "no_suffix"):
        lobby.ends.tell("scanner", "fault", action=action, on="scan")
        lobby.ends.tell("scanner", "scan", text="HZ:0000000000000000000000")


def _kill(lobby: object) -> None:
    lobby.server.kill()


MISHAPS = [
    hand("reader", "unplug", "Prompt"),
    restart("reader"),
    fault("reader", "mute", "Prompt", times=0),
    fault("reader", "garbage_prefix", times=0),
    fault("reader", "half_frame", on="read"),
    fault("reader", "false_length", on="read"),
    fault("reader", "pulled", on="read"),
    fault("reader", "close_line", on="read"),
    hand("printer", "unplug", "Choose"),
    restart("printer"),
    fault("printer", "near_end", on="row", after=40),
    fault("printer", "paper_out", on="row", after=80),
    fault("printer", "cover_open", on="row", after=80),
    fault("printer", "cutter_jam", on="cut"),
    fault("printer", "late", on="process_id", times=2, value=8),
    fault("printer", "mute", on="process_id", times=2),
    fault("printer", "lose_job", on="job"),
    fault("printer", "close_line", on="process_id", times=2),
    fault("printer", "garbage_prefix", on="status", times=0),
    fault("printer", "mute", "Choose", times=0),
    fault("printer", "stop_reading", "Choose"),
    hand("printer", "paper", state="out"),
    hand("printer", "cover", "Choose", state="open"),
    hand("printer", "cutter", state="jam"),
    hand("scanner", "unplug"),
    restart("scanner"),
    fault("scanner", "garbage_prefix", on="scan"),
    fault("scanner", "split", on="scan", value=0.05),
    fault("scanner", "half_frame", on="scan"),
    Mishap("scanner spews", _spew),
    hand("cabinet", "unplug"),
    hand("cabinet", "power_cycle"),
    hand("cabinet", "contact", number=1, state="open"),
    restart("cabinet"),
    fault("cabinet", "mute", times=0),
    fault("cabinet", "garbage_prefix", times=0),
    hand("stripe", "unplug", "Prompt"),
    restart("stripe"),
    fault("stripe", "garbage_prefix", on="scan"),
    fault("stripe", "half_frame", on="scan"),
    hand("terminal", "unplug"),
    restart("terminal"),
    fault("terminal", "mute", on="health", times=0),
    fault("terminal", "refuse", on="health", times=0),
    fault("terminal", "half_frame", on="health_done", times=0),
    hand("terminal", "paper", state="out"),
    hand("documents", "unplug"),
    restart("documents"),
    fault("documents", "mute", on="printer", times=0),
    fault("documents", "garbage", on="printer", times=0),
    fault("documents", "http", on="printer", times=0),
    hand("documents", "trouble", reason="media-jam"),
    hand("board", "unplug"),
    hand("board", "power", on=False),
    restart("board"),
    fault("board", "mute", times=0),
    fault("board", "bad_checksum", times=0),
    hand("board_numeric", "unplug"),
    restart("board_xunpeng"),
    fault("board_xunpeng", "other_value", times=0),
    fault("board_alpha", "lose_request", times=2),
    Mishap("server killed", _kill),
    Mishap("server killed at the card", _kill, "Prompt", "card"),
    Mishap("server killed at a choice", _kill, "Choose", "walk_in"),
    Mishap("server killed while it is asked", _kill, "Choose", "walk_in", late=True),
    Mishap("server killed with the number", _kill, "Ticket", "walk_in"),
]
CHIP_MISHAPS = [
    hand("chip_card", "unplug", "Prompt"),
    restart("chip_card"),
    fault("chip_card", "pulled", on="read_record"),
    fault("chip_card", "mute", on="select"),
    fault("chip_card", "late", on="select", value=2),
    fault("chip_card", "short", on="read_record"),
    fault("chip_card", "refuse", on="select"),
    fault("chip_card", "false_length", on="read_record"),
]
"""Where the machine can have a chip card."""
