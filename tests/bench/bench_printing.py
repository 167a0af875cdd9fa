"""A drawn ticket on the simulated printer: how much longer it takes than its paper does at full speed.

The floor is the paper itself: the rows that the printer reports, at the speed that its profile has.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from statistics import median
from typing import Any

import structlog

from drivers.receipt_printer.document import Document, Pair, QrCode, Rule, Space, Text
from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.profile import DOTS_PER_MM, PROFILES
from tests.bench.bench_hardware import simulated

ROUNDS = 5
MOST = 1.25
TICKET = Document(
    (
        Text("华东第一医院", size="title", align="center", bold=True),
        Rule(),
        Text("A023", size="number", align="center", bold=True),
        Text("心血管内科", size="title", align="center", bold=True),
        Space(1.5),
        Pair("前面还有", "7 人", bold=True),
        Pair("大约等候", "25–40 分钟", bold=True),
        Text("请留意叫号屏和广播。离开时请告诉分诊台：回来后，号码仍然有效。"),
        QrCode("https://hospital.example/t/8fK2mQ7xZp4W", "扫码看排队进度"),
    )
)


def run() -> Iterator[dict[str, Any]]:
    """All rows."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in ("80mm", "58mm"):
        seconds, floor = _printed(name)
        middle = median(seconds)
        yield {
            "bench": "printing",
            "case": f"{name} over TCP",
            "figure": "print() to confirmed and cut",
            "unit": "s",
            "median": round(middle, 3),
            "floor": round(floor, 3),
            "ratio": round(middle / floor, 2),
            "target": f"<= {MOST} x the paper's own time",
            "holds": middle <= MOST * floor,
            "rounds": len(seconds),
        }


def _printed(name: str) -> tuple[list[float], float]:
    profile = PROFILES[name]
    options = ["--width", str(profile.paper_mm), "--speed", str(profile.speed_mm_s), "--tcp", "127.0.0.1:0"]
    with simulated("receipt_printer", *options) as simulator:
        seconds = asyncio.run(_print(EscPosPrinter("printer", simulator.url, profile)))
        rows = simulator.tell("jobs")["jobs"][-1]["height"]
    return seconds, rows / DOTS_PER_MM / profile.speed_mm_s


async def _print(printer: EscPosPrinter) -> list[float]:
    await printer.open()
    await printer.claim(1.0)
    await printer.enable()
    seconds = [(await printer.print(TICKET, job=f"round-{number}")).seconds for number in range(ROUNDS)]
    await printer.close()
    return seconds
