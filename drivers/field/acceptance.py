"""``houzhen-devices check``, all of it: every device, the machine around them, and the sheet where one is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from drivers.device import HealthLevel
from drivers.field.check import examine, tell
from drivers.field.machine import facts, missing_groups, own_groups, panels, port_thieves
from drivers.field.report import Acceptance, ReportError, write_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from drivers.field.console import Console
    from drivers.registry import DeviceEntry


async def check_devices(
    entries: list[DeviceEntry],
    level: HealthLevel,
    console: Console,
    *,
    as_json: bool = False,
    report: Path | None = None,
) -> int:
    """Check devices one after the other, and say what was found.

    Args:
        entries: which.
        level: how deep.
        console: who is asked, for ``INTERACTIVE``.
        as_json: one object a line.
        report: where to write the acceptance sheet; None = nowhere.

    Returns:
        1 where a device is not well, or the sheet could not be written; else 0.

    Raises:
        ConfigurationError: a driver cannot be made.
    """
    site = technician = ""
    if report is not None and level is HealthLevel.INTERACTIVE:
        site = await console.ask("地点（医院、院区、位置） Place (hospital, hall, spot):")
        technician = await console.ask("检验人 Checked by:")
    found = []
    for entry in entries:
        examined = await examine(entry, level, console)
        tell(examined, as_json=as_json)
        found.append(examined)
    failed = any(examined.report.healthy is False for examined in found)
    if report is None:
        return 1 if failed else 0
    schemes = [urlsplit(entry.url).scheme for entry in entries]
    acceptance = Acceptance(
        site=site,
        technician=technician,
        when=datetime.now().astimezone(),
        machine=facts(),
        panels=panels(),
        concerns=[*missing_groups(schemes, own_groups()), *port_thieves()],
        devices=found,
    )
    try:
        write_sheet(report, acceptance)
    except ReportError as failure:
        console.say(str(failure))
        return 1
    if not as_json:
        console.say(f"{report}")
    return 1 if failed else 0
