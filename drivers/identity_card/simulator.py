"""A simulated resident-card reader: ``python -m drivers.identity_card.simulator``.

It shares no code with the driver's codec and layouts, so that one mistake cannot pass on both sides. Beside the verbs
of ``drivers.simulator`` its control channel knows:

* ``lay``: put a card on the reader. Either ``text``, the card's 256 bytes in hexadecimal, or ``document``, an object
  with ``kind`` (``resident``, ``foreigner_2017``, ``hong_kong_macau_taiwan``, ``foreigner_2023``) and any of that
  kind's fields, as they stand on the card: dates are ``YYYYMMDD``, sex is 1 or 2. Fields left out are invented, the
  number with its right check character. ``added_address`` gives the card an added address.
* ``remove``: take it away.
* ``status``: ``card`` is ``none``, ``laid``, ``found``, ``selected`` or ``read``; ``asked`` counts the commands.

Beside the faults of every line it knows ``pulled`` (the card leaves while the answer is under way), ``false_length``
(the answer's length says ``value``, 65,535 by default) and ``refuse`` (the status byte is ``value``, 0x24 by default).
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.faults import LINE_ACTIONS, Fault, FaultPlan, deliver
from drivers.simulator import ControlError, run_simulator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.simulator import DeviceLine

BAUD: Final = 115200
_START = b"\xaa\xaa\xaa\x96\x69"
_TEXT = 256
_NAMES = {
    b"\x10\xff": "reset",
    b"\x11\xff": "status",
    b"\x12\xff": "reader_id",
    b"\x20\x01": "find",
    b"\x20\x02": "select",
    b"\x30\x01": "read",
    b"\x30\x03": "read_added_address",
}
_READER_ID = bytes.fromhex("05000100") + (20240101).to_bytes(4, "little") + (4711).to_bytes(8, "little")

# Where each field lies on a card: offset and size in bytes, and what is written where nothing is given.
_LAYOUTS: dict[str, dict[str, tuple[int, int, str]]] = {
    "resident": {
        "name": (0, 30, "测试一"),
        "sex": (30, 2, "1"),
        "nation": (32, 4, "01"),
        "birth": (36, 16, "19900307"),
        "address": (52, 70, "样本市样本区样本街1号"),
        "number": (122, 36, ""),
        "issuer": (158, 30, "样本市公安局样本分局"),
        "valid_from": (188, 16, "20200101"),
        "valid_to": (204, 16, "20400101"),
        "spare": (220, 36, ""),
    },
    "foreigner_2017": {
        "name_latin": (0, 120, "SAMPLE, ANN"),
        "sex": (120, 2, "2"),
        "number": (122, 30, "CAN000080000001"),
        "nationality": (152, 6, "CAN"),
        "name": (158, 30, "样本安"),
        "valid_from": (188, 16, "20200101"),
        "valid_to": (204, 16, "20300101"),
        "birth": (220, 16, "19900307"),
        "version": (236, 4, "01"),
        "issuer": (240, 8, "0000"),
        "letter": (248, 2, "I"),
    },
    "hong_kong_macau_taiwan": {
        "name": (0, 30, "测试二"),
        "sex": (30, 2, "2"),
        "birth": (36, 16, "19900307"),
        "address": (52, 70, "样本市样本路2号"),
        "number": (122, 36, ""),
        "issuer": (158, 30, "样本市公安局"),
        "valid_from": (188, 16, "20200101"),
        "valid_to": (204, 16, "20250101"),
        "pass_number": (220, 18, "H00000000"),
        "issue_count": (238, 4, "01"),
        "letter": (248, 2, "J"),
    },
    "foreigner_2023": {
        "name": (0, 30, "样本安"),
        "sex": (30, 2, "2"),
        "issue_count": (32, 4, "01"),
        "birth": (36, 16, "19900307"),
        "name_latin": (52, 70, "SAMPLE, ANN"),
        "number": (122, 36, ""),
        "issuer": (158, 30, "0000"),
        "valid_from": (188, 16, "20240101"),
        "valid_to": (204, 16, "20340101"),
        "name_latin_more": (220, 22, ""),
        "nationality": (242, 6, "CAN"),
        "letter": (248, 2, "Y"),
    },
}
# No such areas exist (GB/T 2260), so an invented number is nobody's: 99 and 89 are no regions, 00 is no province.
_AREAS = {"resident": "999999", "hong_kong_macau_taiwan": "899999", "foreigner_2023": "900124"}
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def write_card(document: dict[str, object]) -> bytes:
    """Write a document's fields as the 256 bytes of a card.

    Raises:
        ControlError: an unknown kind or field, or a value that does not fit.
    """
    kind = document.get("kind", "resident")
    if kind not in _LAYOUTS:
        raise ControlError(f"kind = {kind!r} is not one of {', '.join(_LAYOUTS)}")
    layout = _LAYOUTS[str(kind)]
    given = {key: value for key, value in document.items() if key != "kind"}
    for key, value in given.items():
        if key not in layout:
            raise ControlError(f"a card of kind {kind!r} has no field {key!r}")
        if not isinstance(value, str):
            raise ControlError(f"{key} must be a text")
    values = {key: str(given.get(key, usual)) for key, (_, _, usual) in layout.items()}
    if not values["number"]:
        values["number"] = _invent_number(_AREAS[str(kind)], values["birth"], values["sex"])
    card = bytearray(" ".encode("utf-16-le") * (_TEXT // 2))
    for key, (at, size, _) in layout.items():
        written = values[key].encode("utf-16-le")
        if len(written) > size:
            raise ControlError(f"{key} does not fit: it has room for {size // 2} characters")
        card[at : at + len(written)] = written
    return bytes(card)


def _invent_number(area: str, birth: str, sex: str) -> str:
    number = f"{area}{birth:0>8.8}{'002' if sex == '2' else '001'}"
    if not number.isdecimal():
        raise ControlError("birth must be eight digits")
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=True))
    return number + "10X98765432"[total % 11]


# Command: the states of a card it works on, the refusal otherwise, the state after it, and the answer.
_STEPS: dict[str, tuple[frozenset[str], bytes, str | None, bytes]] = {
    "find": (frozenset({"laid", "found", "selected"}), b"\x80", "found", b"\x9f" + bytes(4)),
    "select": (frozenset({"found", "selected"}), b"\x81", "selected", b"\x90" + bytes(8)),
    "read": (frozenset({"selected", "read"}), b"\x41", "read", b"\x90"),
    "read_added_address": (frozenset({"selected", "read"}), b"\x41", None, b"\x91"),
}


@dataclass(slots=True)
class _Card:
    text: bytes
    added_address: bytes | None
    state: str = "laid"


class SimulatedReader:
    """The reader's behaviour (``drivers.simulator.SimulatedDevice``)."""

    def __init__(self) -> None:
        self.faults = FaultPlan(LINE_ACTIONS | {"pulled", "false_length", "refuse"})
        self._card: _Card | None = None
        self._line: DeviceLine | None = None
        self._heard = b""
        self._asked: Counter[str] = Counter()

    def attached(self, line: DeviceLine) -> None:
        """See ``SimulatedDevice``."""
        self._line = line
        self._heard = b""

    def detached(self) -> None:
        """See ``SimulatedDevice``."""
        self._line = None

    async def receive(self, data: bytes) -> None:
        """Answer every whole command in what was heard so far."""
        self._heard += data
        while (command := self._take_command()) is not None:
            name, body = command
            self._asked[name] += 1
            faults = self.faults.strike(name)
            answer = self._shape(self._answer(name, body), faults)
            if self._line is not None:
                await self._line.send(deliver(answer, faults))

    def _take_command(self) -> tuple[str, bytes] | None:
        """Cut the first command off what was heard: its name and its status if it is damaged."""
        at = self._heard.find(_START)
        if at < 0:
            self._heard = self._heard[-len(_START) + 1 :]
            return None
        frame = self._heard[at:]
        if len(frame) < 7:  # noqa: PLR2004 -- start and length
            return None
        size = frame[5] << 8 | frame[6]
        if not 3 <= size <= 64:  # noqa: PLR2004 -- CMD PARA check at least; no command carries more
            self._heard = frame[len(_START) :]
            return "damaged", b"\x11"
        if len(frame) < 7 + size:
            return None
        self._heard = frame[7 + size :]
        check = 0
        for byte in frame[5 : 6 + size]:
            check ^= byte
        if check != frame[6 + size]:
            return "damaged", b"\x10"
        return _NAMES.get(frame[7:9], "unknown"), b""

    def _answer(self, name: str, damage: bytes) -> bytes:
        """Do what a command says; return SW1 SW2 SW3 and data."""
        match name:
            case "damaged":
                return b"\x00\x00" + damage
            case "reset" | "status":
                return b"\x00\x00\x90"
            case "reader_id":
                return b"\x00\x00\x90" + _READER_ID
            case "find" | "select" | "read" | "read_added_address":
                return b"\x00\x00" + self._move(name)
            case _:
                return b"\x00\x00\x21"

    def _move(self, name: str) -> bytes:
        """Take the card one step on: it is found, then selected, then read, and then not found again."""
        before, refused, after, status = _STEPS[name]
        card = self._card
        if card is None or card.state not in before:
            return refused
        card.state = after or card.state
        if name == "read":
            return status + b"\x01\x00\x04\x00" + card.text + bytes(range(256)) * 4
        if name == "read_added_address" and card.added_address is not None:
            return b"\x90" + card.added_address
        return status

    def _shape(self, body: bytes, faults: Iterable[Fault]) -> bytes:
        """Frame an answer, with the faults that are the reader's own."""
        said: int | None = None
        cut = False
        for fault in faults:
            if fault.action == "refuse":
                body = b"\x00\x00" + bytes([0x24 if fault.value is None else int(fault.value) & 0xFF])
            elif fault.action == "false_length":
                said = 0xFFFF if fault.value is None else int(fault.value) & 0xFFFF
            elif fault.action == "pulled":
                self._card = None
                cut = True
        size = len(body) + 1
        counted = (size if said is None else said).to_bytes(2, "big") + body
        check = 0
        for byte in counted:
            check ^= byte
        frame = _START + counted + bytes([check])
        return frame[: len(frame) // 2] if cut else frame

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """See ``SimulatedDevice``; the verbs are at the module's head."""
        match verb:
            case "lay":
                self._card = self._new_card(arguments)
            case "remove":
                self._card = None
            case "status":
                state = self._card.state if self._card is not None else "none"
                return {"kind": "identity_card", "card": state, "asked": dict(self._asked)}
            case _:
                raise ControlError(f"there is no verb {verb!r}")
        return {}

    @staticmethod
    def _new_card(arguments: dict[str, object]) -> _Card:
        unknown = sorted(set(arguments) - {"text", "document", "added_address"})
        if unknown:
            raise ControlError(f"lay has no argument {unknown[0]!r}")
        text, document = arguments.get("text"), arguments.get("document", {})
        if isinstance(text, str):
            card = bytes.fromhex(text)
        elif isinstance(document, dict):
            card = write_card(document)
        else:
            raise ControlError("document must be an object")
        if len(card) != _TEXT:
            raise ControlError(f"text has {len(card)} bytes instead of {_TEXT}")
        added = arguments.get("added_address")
        address = str(added).ljust(35)[:35].encode("utf-16-le") if added is not None else None
        return _Card(card, address)


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator as a program."""
    return run_simulator("identity_card", SimulatedReader(), BAUD, arguments)


if __name__ == "__main__":
    sys.exit(main())
