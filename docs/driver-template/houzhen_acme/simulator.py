"""A simulated Acme reader: ``python -m houzhen_acme.simulator``. It imports nothing from the driver."""

from __future__ import annotations

import sys

from drivers.faults import LINE_ACTIONS, FaultPlan, deliver
from drivers.simulator import ControlError, DeviceLine, run_simulator

_BAUD = 9600
_NAMES = {b"S": "status", b"F": "find", b"R": "read"}


class SimulatedReader:
    """See ``drivers.simulator.SimulatedDevice``. Its own verbs are ``lay`` (``text``: hexadecimal) and ``remove``."""

    def __init__(self) -> None:
        self.faults = FaultPlan(LINE_ACTIONS)
        self._line: DeviceLine | None = None
        self._heard = b""
        self._card: bytes | None = None

    def attached(self, line: DeviceLine) -> None:
        """A host is there."""
        self._line = line
        self._heard = b""

    def detached(self) -> None:
        """It is gone."""
        self._line = None

    async def receive(self, data: bytes) -> None:
        """Answer each whole question."""
        self._heard += data
        while b"\r" in self._heard:
            question, _, self._heard = self._heard.partition(b"\r")
            card = self._card
            answers = {b"S": b"OK", b"F": b"CARD" if card else b"NONE", b"R": card.hex().encode() if card else b"NONE"}
            if self._line is not None and question in answers:
                faults = self.faults.strike(_NAMES[question])
                await self._line.send(deliver(answers[question] + b"\r", faults))

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """Carry out its own verbs."""
        match verb:
            case "lay":
                self._card = bytes.fromhex(str(arguments.get("text", "")))
            case "remove":
                self._card = None
            case "status":
                return {"kind": "identity_card", "card": self._card is not None}
            case _:
                raise ControlError(f"there is no verb {verb!r}")
        return {}


if __name__ == "__main__":
    sys.exit(run_simulator("identity_card", SimulatedReader(), _BAUD))
