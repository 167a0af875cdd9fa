"""``houzhen-devices bench``: how long a device takes, beside what its line and its paper allow.

The limit is physics: bytes by the line's rate, millimetres by the paper's speed. What is above it is the device's
thought and ours.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from drivers.device import HealthLevel, PrintOutcome
from drivers.identity_card.driver import ResidentIdReader
from drivers.line import LineSettings, parse_line_settings
from drivers.receipt_printer.commands import READ_UP_TO_HERE, cut, initialise, printed_up_to_here, raster_units
from drivers.receipt_printer.document import Document, Pair, QrCode, Rule, Text
from drivers.receipt_printer.driver import RASTER_FROM_BAUD, EscPosPrinter
from drivers.receipt_printer.profile import DOTS_PER_MM, Profile
from drivers.receipt_printer.raster import render, rows_of_ink
from drivers.receipt_printer.text_mode import text_units
from drivers.registry import make_device

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from drivers.device import Device
    from drivers.field.console import Console
    from drivers.receipt_printer.commands import Unit
    from drivers.registry import DeviceEntry

READ_BYTES: Final = 1295
"""A resident card's text and photo, as one answer."""
_CLAIM: Final = 2.0
_CARD: Final = 30.0


class BenchError(RuntimeError):
    """A measurement could not be made. The message says why."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement.

    Attributes:
        case: of what.
        figure: what was measured.
        unit: in which unit: ``ms`` or ``bytes``.
        values: each round's.
        limit: what the line and the paper allow, in the same unit; None where there is none.
    """

    case: str
    figure: str
    unit: str
    values: tuple[float, ...]
    limit: float | None = None

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.values)


def sample_ticket() -> Document:
    """Return a ticket as a lobby prints it: some ten centimetres, with a code."""
    return Document(
        (
            Text("示例医院 门诊候诊票", size="title", align="center", bold=True),
            Rule(),
            Text("A023", size="number", align="center"),
            Pair("科室 Clinic", "心血管内科"),
            Pair("前面等候 Ahead", "7 人"),
            Pair("预计等待 Expected", "20-35 分钟"),
            Text("过号后请到分诊台报到，按规则插入候诊队列。Missed your call? Go to the nurse desk."),
            QrCode("https://example.org/t/0123456789abcdef", caption="扫码看排队进度 Scan to follow your place"),
            Rule(),
        )
    )


async def measure(entry: DeviceEntry, console: Console, *, rounds: int = 3) -> AsyncIterator[Figure]:
    """Measure a device.

    Args:
        entry: which.
        console: is asked to lay a card.
        rounds: how many of each, for what moves paper or needs a person; ten times as many of what does not.

    Raises:
        DeviceError: it cannot be taken into use.
        BenchError: it did not do what was measured.
    """
    device = make_device(entry)
    try:
        ready = []
        for _ in range(rounds):
            begun = perf_counter()
            await device.open()
            await device.claim(_CLAIM)
            await device.enable()
            ready.append(_ms(begun))
            await device.close()
        yield Figure(entry.name, "opened, claimed and enabled", "ms", tuple(ready))
        await device.open()
        await device.claim(_CLAIM)
        await device.enable()
        asked = []
        for _ in range(10 * rounds):
            begun = perf_counter()
            report = await device.check_health(HealthLevel.INTERNAL)
            asked.append(_ms(begun))
            if report.healthy is False:
                raise BenchError(f"{entry.name} is not well: {', '.join(report.findings)}.")
        yield Figure(entry.name, "asked how it is", "ms", tuple(asked))
        async for figure in _of_its_kind(device, entry.name, console, rounds):
            yield figure
    finally:
        await device.close()


async def _of_its_kind(device: Device, name: str, console: Console, rounds: int) -> AsyncIterator[Figure]:
    if isinstance(device, EscPosPrinter):
        async for figure in _printer(device, name, rounds):
            yield figure
    elif isinstance(device, ResidentIdReader):
        yield await card_read(device, name, console, rounds)


async def _printer(device: EscPosPrinter, name: str, rounds: int) -> AsyncIterator[Figure]:
    url = device.info.url
    rate = rate_of(url)
    slow = rate is not None and rate < RASTER_FROM_BAUD
    drawn = []
    units: list[Unit] = []
    for _ in range(rounds):
        begun = perf_counter()
        units = await asyncio.to_thread(_units, device.profile, text=slow)
        drawn.append(_ms(begun))
    yield Figure(name, "ticket laid out" if slow else "ticket drawn", "ms", tuple(drawn))
    whole = [initialise(device.profile), *units, cut(device.profile)]
    size = sum(len(unit.data) for unit in whole)
    paper, a_second = _paper_ms(device.profile, whole), line_ms(url, 1000)
    # Beside it, what the line carries while its paper moves: what is more, the paper waits for.
    yield Figure(name, "bytes of a ticket", "bytes", (float(size),), 1000 * paper / a_second if a_second else None)
    printed = []
    for number in range(rounds):
        result = await device.print(sample_ticket(), job=f"bench-{number}")
        if result.outcome is not PrintOutcome.DONE:
            raise BenchError(f"{name}: {result.message}")
        printed.append(result.seconds * 1000)
    # No printer can beat the slower of the line and the paper.
    limit = max(line_ms(url, size) or 0.0, paper)
    yield Figure(name, "ticket printed and confirmed", "ms", tuple(printed), limit)
    marks = [await device.fence_seconds() * 1000 for _ in range(10 * rounds)]
    if device.profile.process_id:
        figure, asked_and_answered = "fence on an idle printer", len(printed_up_to_here(b"0000") + b"7\x220000\x00")
    else:
        figure, asked_and_answered = "sensor answer on an idle printer", len(READ_UP_TO_HERE) + 1
    yield Figure(name, figure, "ms", tuple(marks), line_ms(url, asked_and_answered))


def rate_of(url: str) -> int | None:
    """Return the rate of the line at an address, in baud; None where it has none that matters."""
    settings = _settings(url)
    return settings.baud if settings is not None else None


def line_ms(url: str, nbytes: int) -> float | None:
    """Return the milliseconds that bytes take on the line at an address; None where it has no rate that matters."""
    settings = _settings(url)
    return 1000 * nbytes * settings.bits_per_byte / settings.baud if settings is not None else None


def _settings(url: str) -> LineSettings | None:
    parts = urlsplit(url)
    if parts.scheme not in {"serial", "rfc2217"} and "baud=" not in parts.query:
        return None
    return parse_line_settings(url, parts.query)


def _units(profile: Profile, *, text: bool) -> list[Unit]:
    if text:
        return text_units(sample_ticket(), profile, None)
    return raster_units(rows_of_ink(render(sample_ticket(), profile.dots)))


def _paper_ms(profile: Profile, units: list[Unit]) -> float:
    """Return the milliseconds that the paper of ``units`` takes at the profile's speed."""
    return 1000 * sum(unit.rows for unit in units) / DOTS_PER_MM / profile.speed_mm_s


async def card_read(device: ResidentIdReader, name: str, console: Console, rounds: int) -> Figure:
    """Measure from a card found to a document read, once for each card that is laid.

    Raises:
        BenchError: no card was laid.
    """
    values = []
    for _ in range(rounds):
        await console.ask(f"{name}: 请放上身份证，然后回车。 Lay a card on the reader, then press Enter.")
        begun = perf_counter()
        await device.read(_CARD)
        values.append(_ms(begun))
        await console.ask(f"{name}: 请取走卡片，然后回车。 Take it away, then press Enter.")
        if not await device.wait_removed(_CARD):
            raise BenchError(f"{name}: the card still lies there.")
    return Figure(name, "card found and read", "ms", tuple(values), line_ms(device.info.url, READ_BYTES))


def _ms(begun: float) -> float:
    return (perf_counter() - begun) * 1000


async def bench(entry: DeviceEntry, console: Console, *, rounds: int, as_json: bool) -> int:
    """Print a device's figures as they come; return 0, or 1 where one could not be measured."""
    try:
        async for figure in measure(entry, console, rounds=rounds):
            if as_json:
                facts = {"device": figure.case, "figure": figure.figure, "unit": figure.unit}
                numbers = {"median": round(figure.median, 3), "limit": figure.limit, "rounds": len(figure.values)}
                print(json.dumps({**facts, **numbers}, ensure_ascii=False), flush=True)
                continue
            beside = f", limit {figure.limit:.0f} {figure.unit}" if figure.limit is not None else ""
            print(f"{figure.figure:<30} {figure.median:10.1f} {figure.unit}{beside}", flush=True)
    except BenchError as failure:
        console.say(str(failure))
        return 1
    return 0
