"""Which tests one worker runs, one after the other, and what begins first.

A file's tests stay together: what they share (a browser, a Qt engine, simulators) is then made once, not once in each
worker. Some files that wait for much the same processes are kept together too.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    "demo": ("lobby/test_demo.py",),
    "document printer": ("drivers/document_printer/",),
    "pages": (
        "web/test_board",
        "web/test_pages.py",
        "web/test_real_server.py",
        "web/test_station.py",
        "web/test_waits.py",
        "web/test_why.py",
    ),
    "kills": (
        "lobby/kill/",
        "queue_server/test_app.py",
        "queue_server/test_service_kill.py",
        "queue_server/test_service_power_cut.py",
    ),
    "more pages": ("web/",),
    "kiosk devices": (
        "kiosk/test_real_devices.py",
        "kiosk/test_scan_with_server.py",
        "kiosk/test_scanner.py",
        "kiosk/test_wire_faults.py",
        "kiosk/test_wire_with_server.py",
    ),
    "hour": ("lobby/hour/",),
    "receipt printer": ("drivers/receipt_printer/",),
    "cards": ("drivers/chip_card/", "drivers/identity_card/", "drivers/magnetic_stripe/"),
    "conformance": ("drivers/cabinet/", "drivers/conformance/"),
    "call displays": ("drivers/call_display/",),
    "payment terminal": ("drivers/payment_terminal/",),
    "field": ("drivers/field/",),
    "drivers": ("drivers/",),
    "screens": ("kiosk/test_house_rules.py",),
}
"""In the order in which they begin: how the names of their files begin. A file belongs to the first that has it."""


def unit_of(file: str) -> str:
    """The name of what a file's tests are run together with: its group's, or its own."""
    inside = file.removeprefix("tests/")
    return next((name for name, places in GROUPS.items() if inside.startswith(places)), file)


def place_of(file: str) -> int:
    """The group's place among those that begin, or behind them all."""
    return list(GROUPS).index(unit) if (unit := unit_of(file)) in GROUPS else len(GROUPS)


class Units(LoadScopeScheduling):
    """Gives a worker the next unit that is not begun.

    The plugin's own groups go by a suffix that it writes into a test's name, which pytest 9.2 no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid.split("::", 1)[0])
