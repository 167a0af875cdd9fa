"""What a simulated card answers: bytes in, bytes out. Shares no code with the driver.

Written from ISO/IEC 7816-4 and the public descriptions that docs/cards.md names, not from the driver's codec.
"""

from __future__ import annotations

from typing import Final

from drivers.simulator import ControlError

SOCIAL: Final = "7378312e73682ec9e7bbe1b1a3d5cf"
_ATRS: Final = {
    "social": bytes.fromhex("3B6D00000081544A8681538EC9E7BBE1B1"),
    # PC/SC part 3, 3.1.3.2.3.2: a memory card, here Mifare Classic 1K.
    "mifare": bytes.fromhex("3B8F8001804F0CA000000306030001000000006A"),
    "other": bytes.fromhex("3B6500000102030405"),
}
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_SIZES: Final = {  # of each item, as the card has it
    "identifier": (0x01, 16),
    "card_class": (0x02, 1),
    "version": (0x03, 4),
    "issuer": (0x04, 12),
    "issued": (0x05, 4),
    "valid_to": (0x06, 4),
    "card_number": (0x07, 9),
    "number": (0x08, 18),
    "name": (0x09, 30),
    "sex": (0x0A, 1),
    "nation": (0x0B, 1),
    "birthplace": (0x0C, 3),
    "birth": (0x0D, 4),
}
_FILES: Final = {
    "ef05": ("identifier", "card_class", "version", "issuer", "issued", "valid_to", "card_number"),
    "ef06": ("number", "name", "sex", "nation", "birthplace", "birth"),
}
_IN_DIGITS: Final = frozenset({"identifier", "issuer", "issued", "valid_to", "nation", "birthplace", "birth"})
_USUAL: Final = {
    "identifier": "99999900000000000000000000000000",
    "card_class": "1",
    "version": "2.00",
    "issuer": "999999000000000000000000",
    "issued": "20200101",
    "valid_to": "20400101",
    "card_number": "A00000001",
    "name": "测试一",
    "sex": "1",
    "nation": "01",
    "birthplace": "999999",
    "birth": "19900307",
}


def invent_number(birth: str, sex: str) -> str:
    """Return a number that is nobody's, since no area is 999999, with its right check character."""
    body = f"999999{birth}{'002' if sex == '2' else '001'}"
    if not body.isdecimal() or len(body) != len(_WEIGHTS):
        raise ControlError("birth must be eight digits")
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]


def _t1() -> bytes:
    """The answer to reset on T=1: TD1 is 01, and so a check byte ends it (ISO/IEC 7816-3, 8.2)."""
    history = _ATRS["social"][4:]
    answer = bytes([0x80 | len(history), 0x01]) + history
    check = 0
    for byte in answer:
        check ^= byte
    return b"\x3b" + answer + bytes([check])


class SimulatedCard:
    """A card: powered, then asked.

    Args:
        kind: ``social``, ``mifare`` or ``other``, which knows nothing.
        fields: of a social-security card, as on it; days are ``YYYYMMDD``. Left out = invented.
        manner: ``t1`` speaks T=1 and answers whole; ``t0`` speaks T=0, has answers fetched (``61 xx``) and lengths
            corrected (``6C xx``).
    """

    def __init__(self, kind: str = "social", fields: dict[str, str] | None = None, manner: str = "t1") -> None:
        if kind not in _ATRS:
            raise ControlError(f"kind = {kind!r} is not one of {', '.join(_ATRS)}")
        if manner not in {"t0", "t1"}:
            raise ControlError(f"manner = {manner!r} is not t0 or t1")
        self.kind = kind
        self.atr = _t1() if kind == "social" and manner == "t1" else _ATRS[kind]
        self.blocked = False
        self.shuffled = False
        self.uid = bytes.fromhex("04A1B2C3")
        self.blocks: dict[int, bytes] = {4: b"H0000001".ljust(16, b"\0")}
        self.key = bytes.fromhex("A0A1A2A3A4A5")
        self._manner = manner
        self._items = _write(fields or {})
        self._powered = False
        self._selected = ""
        self._file = ""
        self._waiting = b""
        self._loaded = b""
        self._opened = -1

    def power(self, *, on: bool) -> None:
        """Switch it on or off, or reset it: what was selected or opened is not any more."""
        self._powered = on
        self._selected = self._file = ""
        self._waiting = self._loaded = b""
        self._opened = -1

    def name_of(self, command: bytes) -> str:
        """Say in the simulator's words what a command is, for fault plans."""
        if command[:1] == b"\xff":
            return {0xCA: "uid", 0x82: "load_key", 0x86: "authenticate", 0xB0: "read_block"}.get(command[1], "other")
        return {0xA4: "select", 0xB2: "read_record", 0xC0: "get_response"}.get(command[1], "other")

    def answer(self, command: bytes) -> bytes:
        """Return data and status word."""
        if not self._powered or len(command) < 4:  # noqa: PLR2004 -- a command's head
            return b"\x6f\x00"
        if self.kind == "mifare":
            return self._memory(command)
        known = self.kind == "social" and not command[0] & 0xFC
        if not known:
            return b"\x6e\x00"
        does = {0xA4: self._select, 0xB2: self._record, 0xC0: self._rest}.get(command[1])
        return b"\x6d\x00" if does is None else does(command)

    def _rest(self, command: bytes) -> bytes:
        wanted = (command[4] if len(command) > 4 else 0) or 256  # noqa: PLR2004 -- where the length stands
        out, self._waiting = self._waiting[:wanted], self._waiting[wanted:]
        return out + (b"\x61" + bytes([len(self._waiting) & 0xFF]) if self._waiting else b"\x90\x00")

    def _select(self, command: bytes) -> bytes:
        name = command[5 : 5 + command[4]].hex() if len(command) > 5 else ""  # noqa: PLR2004
        if command[2] == 0x04:  # noqa: PLR2004 -- by name
            if name != SOCIAL:
                return b"\x6a\x82"
            if self.blocked:
                return b"\x62\x83"
            self._selected, self._file = name, ""
            control = bytes.fromhex("6F11840F") + bytes.fromhex(SOCIAL)
            if self._manner == "t0":
                self._waiting = control
                return b"\x61" + bytes([len(control)])
            return control + b"\x90\x00"
        if not self._selected or name not in _FILES:
            return b"\x6a\x82"
        self._file = name
        return b"\x90\x00"

    def _record(self, command: bytes) -> bytes:
        if not self._file or command[3] != 0x04:  # noqa: PLR2004 -- by number in the file that is selected
            return b"\x69\x86" if not self._file else b"\x6a\x86"
        names = _FILES[self._file]
        if self.shuffled:
            names = tuple(reversed(names))
        if not 1 <= command[2] <= len(names):
            return b"\x6a\x83"
        tag, _ = _SIZES[names[command[2] - 1]]
        value = self._items[names[command[2] - 1]]
        record = bytes([tag, len(value)]) + value
        wanted = command[4] if len(command) > 4 else 0  # noqa: PLR2004
        if self._manner == "t0" and wanted != len(record):
            return b"\x6c" + bytes([len(record)])
        return record + b"\x90\x00"

    def _memory(self, command: bytes) -> bytes:
        """Answer as a reader does for a card that is only memory."""
        match command[:2]:
            case b"\xff\xca":
                return self.uid + b"\x90\x00"
            case b"\xff\x82" if command[3] in {0x60, 0x61, 0x00} and command[4] == 6:  # noqa: PLR2004 -- a key's size
                self._loaded = command[5:11]
                return b"\x90\x00"
            case b"\xff\x86" if command[4:6] == b"\x05\x01":
                self._opened = command[7] // 4 if self._loaded == self.key else -1
                return b"\x90\x00" if self._opened >= 0 else b"\x63\x00"
            case b"\xff\xb0":
                if command[3] // 4 != self._opened:
                    return b"\x69\x82"
                return self.blocks.get(command[3], bytes(16)) + b"\x90\x00"
            case _:
                return b"\x6a\x81"


def _write(fields: dict[str, str]) -> dict[str, bytes]:
    values = _USUAL | fields
    if unknown := sorted(set(values) - set(_SIZES)):
        raise ControlError(f"a social-security card has no field {unknown[0]!r}")
    values.setdefault("number", invent_number(values["birth"], values["sex"]))
    items = {}
    for name, value in values.items():
        _, size = _SIZES[name]
        try:
            written = bytes.fromhex(value) if name in _IN_DIGITS else value.encode("gbk")
        except ValueError as failure:
            raise ControlError(f"{name} cannot be written: {failure}") from failure
        if len(written) > size:
            raise ControlError(f"{name} does not fit: it has room for {size} bytes")
        items[name] = written.ljust(size, b"\0" if name in _IN_DIGITS else b" ")
    return items
