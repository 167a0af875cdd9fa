"""What holds for every test, and which of them a worker runs one after the other.

Half of the everyday tests' time is spent waiting: for lines that are silent, for a whole lobby to start, for a browser.
The other half computes. Kept together, those that wait take one worker each while the others compute; and what takes
longest in one piece begins first, so that nothing long is left at the end.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# How long an example takes is the machine's business: a test that fails on a busy one says nothing.
settings.register_profile("houzhen", deadline=None)
settings.load_profile("houzhen")

HERE = Path(__file__).parent

GROUPS = {
    "demo": ("lobby/test_demo.py",),
    "more drivers": (
        "drivers/cabinet",
        "drivers/chip_card",
        "drivers/conformance",
        "drivers/document_printer",
        "drivers/field",
        "drivers/magnetic_stripe",
    ),
    "drivers": ("drivers",),
    "pages": ("web",),
    "kills": (
        "lobby/kill",
        "queue_server/test_app.py",
        "queue_server/test_service_kill.py",
        "queue_server/test_service_power_cut.py",
    ),
    "kiosk devices": (
        "kiosk/test_hour.py",
        "kiosk/test_real_devices.py",
        "kiosk/test_scan_with_server.py",
        "kiosk/test_scanner.py",
        "kiosk/test_wire_faults.py",
        "kiosk/test_wire_with_server.py",
    ),
}
"""In the order in which they begin; a file belongs to the first group that has it."""
PARTS = {"pages": 2}
"""Groups that are too long for one worker: every other test goes to another part."""


def group_of(path: Path) -> str | None:
    """The group of the tests in a file; ``None``: each goes to whoever is free."""
    inside = path.relative_to(HERE)
    return next((name for name, places in GROUPS.items() if any(inside.is_relative_to(one) for one in places)), None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Group and sort for several workers. The slow tests are too few and too long for it; alone the order stays."""
    if not hasattr(config, "workerinput"):
        return
    seen = dict.fromkeys(GROUPS, 0)
    names = list(GROUPS)
    places = {}
    for item in items:
        name = group_of(item.path) if item.get_closest_marker("slow") is None else None
        places[item] = len(names)
        if name is not None:
            parts = PARTS.get(name, 1)
            item.add_marker(pytest.mark.xdist_group(f"{name} {seen[name] % parts + 1}" if parts > 1 else name))
            seen[name] += 1
            places[item] = names.index(name)
    items.sort(key=places.__getitem__)
