"""Parts that no journey uses yet, a payment terminal and a document printer: held, looked after and told of.

Whoever stands before the machine then knows of a terminal without paper before the first patient wants to pay, and no
other program takes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from drivers.device import Device, DeviceState
from drivers.registry import DeviceEntry, make_device
from drivers.supervisor import DeviceView, Supervisor
from kiosk.entries import first_entry
from kiosk.ports import HeldPart
from queue_server.contract import PartKind, Trouble

KINDS: Final[tuple[PartKind, ...]] = ("payment_terminal", "document_printer")

_ERRORS: Final[dict[str, Trouble]] = {"paper_out": "paper_out", "cover_open": "cover_open"}
"""By what its last check found; any other is told by the part's own display."""
_STATES: Final[dict[DeviceState, Trouble]] = {
    DeviceState.HARDWARE_ERROR: "failed",
    DeviceState.UNKNOWN: "offline",
    DeviceState.NO_DEVICE: "offline",
    DeviceState.POWER_OFF: "offline",
}


def trouble_of(view: DeviceView) -> Trouble | None:
    """What is wrong with a part, for staff; one that was not looked at yet is in no trouble."""
    if view.loss is not None:
        return "offline"
    if view.healthy is False:
        finding = view.findings[0] if view.findings else ""
        return _STATES.get(view.state) or _ERRORS.get(finding, "attention")
    return "paper_low" if "paper_low" in view.findings else None


class SupervisedParts:
    """The ``HeldParts`` port on supervised devices.

    Args:
        devices: they.
        supervisor: who keeps them open.
    """

    def __init__(self, devices: Sequence[Device], supervisor: Supervisor) -> None:
        self._kinds = {device.info.name: device.info.kind for device in devices}
        self._supervisor = supervisor

    @property
    def parts(self) -> Sequence[HeldPart]:
        """See ``HeldParts``."""
        parts = []
        for kind in KINDS:
            for name in (one for one, its in self._kinds.items() if its == kind):
                view = self._supervisor.view(name)
                parts.append(HeldPart(name, kind, view.state, trouble_of(view)))
        return parts


def make_held_parts(entries: list[DeviceEntry]) -> list[Device]:
    """Make the parts: of each kind the first entry, where there is one.

    Raises:
        drivers.registry.ConfigurationError: a driver refuses its entry.
    """
    firsts = (first_entry(entries, kind) for kind in KINDS)
    return [make_device(entry) for entry in firsts if entry is not None]
