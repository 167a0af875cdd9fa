"""``houzhen-devices check``: open each device, ask how it is, have it do something, and say what was found."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from drivers.device import DeviceError, DeviceInfo, HealthLevel, HealthReport, StatusBit, TellsBits, state_after
from drivers.field.console import yes
from drivers.field.meanings import meaning
from drivers.registry import make_device

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.device import Device
    from drivers.field.console import Console
    from drivers.registry import DeviceEntry

_CLAIM_LIMIT: Final = 2.0
WELL: Final = {True: "well", False: "NOT WELL", None: "cannot tell"}
"""A device that gives no answers is neither: all that is known is that its line is open."""

_PROMPTS: Final = {
    "identity_card": "请把一张居民身份证放在读卡器上。 Lay a resident identity card on the reader.",
    "chip_card": "请插入一张卡。 Insert a card.",
    "magnetic_stripe": "请刷一下院内磁条卡。 Swipe a card of the hospital.",
    "cabinet": "请看各部位的灯，然后打开机柜门。 Watch the lights, then open the cabinet's door.",
    "scanner": "请让扫描器扫一个条码。 Hold a code to the scanner.",
}
_QUESTIONS: Final = {
    "cabinet": (
        "各部位的灯是否都闪过？ Did the light at each part flash?",
        "lights_shone",
        "lights_dark",
    ),
    "receipt_printer": (
        "测试页两侧文字是否完整、线条是否连续？ Are both edges of the page complete, its lines unbroken?",
        "page_complete",
        "page_incomplete",
    ),
    "document_printer": (
        "测试页是否完整？ Is the test page complete?",
        "page_complete",
        "page_incomplete",
    ),
    "call_display": (
        "屏幕是否显示过完整的 8？ Did the board show a complete 8?",
        "board_shows",
        "board_shows_not",
    ),
}


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check found.

    Attributes:
        entry: the device's configuration.
        info: what it said it is.
        report: its health.
        message: the driver's sentence, where it could not be taken into use.
        bits: each bit of its status; empty where its protocol has none, or it did not answer.
        sentences: each finding in Chinese and English.
    """

    entry: DeviceEntry
    info: DeviceInfo
    report: HealthReport
    message: str | None = None
    bits: tuple[StatusBit, ...] = ()
    sentences: tuple[tuple[str, str], ...] = field(default=())


async def examine(
    entry: DeviceEntry,
    level: HealthLevel,
    console: Console | None = None,
    *,
    make: Callable[[DeviceEntry], Device] = make_device,
) -> Examined:
    """Check one device.

    Args:
        entry: which.
        level: how deep.
        console: who is asked to lay a card and to look at a page; needed for ``INTERACTIVE``.
        make: makes the driver.

    Raises:
        ConfigurationError: the driver cannot be made.
    """
    device = make(entry)
    message, bits = None, []
    try:
        await device.open()
        await device.claim(_CLAIM_LIMIT)
        await device.enable()
        if level is HealthLevel.INTERACTIVE and console is not None and entry.kind in _PROMPTS:
            console.say(f"{entry.name}: {_PROMPTS[entry.kind]}")
        report = await device.check_health(level)
        if isinstance(device, TellsBits):
            bits = await device.status_bits()
        if level is HealthLevel.INTERACTIVE and console is not None and report.healthy is not False:
            report = await _looked_at(entry, report, console)
    except DeviceError as failure:
        report = HealthReport(level, healthy=False, findings=(failure.error,), state=state_after(failure))
        message = failure.message
    finally:
        await device.close()
    sentences = tuple(meaning(finding) for finding in report.findings)
    return Examined(entry, device.info, report, message, tuple(bits), sentences)


async def _looked_at(entry: DeviceEntry, report: HealthReport, console: Console) -> HealthReport:
    """Have a person look at what the device did, where only a person can tell."""
    if entry.kind not in _QUESTIONS:
        return report
    question, good, bad = _QUESTIONS[entry.kind]
    seen = await yes(console, f"{entry.name}: {question}")
    finding = {True: good, False: bad, None: "not_looked_at"}[seen]
    healthy = report.healthy if seen is None else seen
    return HealthReport(report.level, healthy, (*report.findings, finding), report.state)


def as_data(examined: Examined) -> dict[str, object]:
    """Return what was found as plain data."""
    report = examined.report
    return {
        "name": examined.entry.name,
        "kind": examined.entry.kind,
        "driver": examined.entry.driver,
        "url": examined.entry.url,
        "model": examined.info.model,
        "serial": examined.info.serial,
        "level": report.level.value,
        "healthy": report.healthy,
        "state": report.state.value if report.state is not None else None,
        "findings": list(report.findings),
        "bits": [
            {"source": bit.source, "mask": bit.mask, "set": bit.is_set, "meaning": bit.en} for bit in examined.bits
        ],
        "message": examined.message,
    }


def tell(examined: Examined, *, as_json: bool) -> None:
    """Print what was found."""
    if as_json:
        print(json.dumps(as_data(examined), ensure_ascii=False), flush=True)
        return
    report = examined.report
    print(f"{examined.entry.name}: {WELL[report.healthy]}: {', '.join(report.findings)}", flush=True)
    for (zh, en), finding in zip(examined.sentences, report.findings, strict=True):
        if zh != finding:
            print(f"  {zh} {en}")
    for bit in examined.bits:
        mark = "!" if bit.is_set and bit.trouble else "*" if bit.is_set else " "
        print(f"  {mark} {bit.source} bit {bit.mask:#04x} = {int(bit.is_set)}: {bit.zh} {bit.en}")
    if examined.message:
        print(f"  {examined.message}")
