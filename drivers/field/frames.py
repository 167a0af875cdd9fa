"""The frames of card readers, boards and cabinets in words, for ``sniff``; one whose check is wrong is told as such."""

from __future__ import annotations

from typing import Final

from drivers.cabinet import codec as cabinet
from drivers.call_display import alpha, modbus
from drivers.call_display.codec import XunpengShape, encode_numeric, parse_xunpeng
from drivers.field.pieces import Framed, Piece
from drivers.identity_card.codec import OVERHEAD, PREAMBLE, Command
from drivers.relay import Direction

_WRONG: Final = "wrong check"

# -- the resident-card reader

_ANSWER_HEAD: Final = OVERHEAD + 3
_LONGEST: Final = 2314
_SHOWN_SIZES: Final = frozenset({0, 4, 8, 16})
"""Of data in answers that are about no person: what a find, a select and the reader's number are answered with."""
_SIZES_OF_A_CARD: Final = bytes.fromhex("0100")
_QUESTIONS: Final = {command.value: command.name.lower().replace("_", " ") for command in Command}
_STATUS: Final = {0x90: "done", 0x9F: "card found", 0x80: "no card", 0x81: "not selected", 0x91: "not on the card"}


def resident_card(direction: Direction) -> Framed:
    """Cut one way of a resident-card reader's line."""
    say = _card_question if direction is Direction.TO_DEVICE else _card_answer
    return Framed(_measure_card, say, personal=True)


def _measure_card(held: bytes) -> int | None:
    if not held.startswith(PREAMBLE[: len(held)]):
        return 0
    if len(held) < OVERHEAD:
        return None
    length = int.from_bytes(held[len(PREAMBLE) : OVERHEAD], "big")
    return OVERHEAD + length if 3 <= length <= _LONGEST else 0  # noqa: PLR2004 -- command, parameter and check


def _is_even(frame: bytes) -> bool:
    check = 0
    for byte in frame[len(PREAMBLE) :]:
        check ^= byte
    return check == 0


def _card_question(frame: bytes) -> Piece:
    words = _QUESTIONS.get(frame[OVERHEAD : OVERHEAD + 2], "unknown command")
    return Piece(frame, words if _is_even(frame) else f"{words}, {_WRONG}")


def _card_answer(frame: bytes) -> Piece:
    if not _is_even(frame):
        return Piece(frame, _WRONG, personal=True, head=_ANSWER_HEAD)
    status = frame[OVERHEAD:-1]
    if len(status) < 3:  # noqa: PLR2004 -- SW1 SW2 SW3
        return Piece(frame, "too short", personal=True, head=OVERHEAD)
    words = _STATUS.get(status[2], f"refused, {status[2]:02X}")
    # A card's content begins with the sizes of text and photo: even where a false length makes it look short.
    personal = len(status) - 3 not in _SHOWN_SIZES or status[3:].startswith(_SIZES_OF_A_CARD)
    return Piece(frame, words, personal=personal, head=_ANSWER_HEAD)


# -- boards: what stands on them is no person's


def numeric_board(_direction: Direction) -> Framed:
    """Cut what a numeric board is sent; it never answers."""
    return Framed(lambda _: 4, _say_numeric)


def _say_numeric(frame: bytes) -> Piece:
    value = int.from_bytes(frame[1:3], "big")
    right = encode_numeric(frame[0], value) == frame
    return Piece(frame, f"board {frame[0]} shows {value}" if right else _WRONG)


def xunpeng_board(direction: Direction) -> Framed:
    """Cut one way of a Xunpeng board's line."""
    if direction is Direction.FROM_DEVICE:
        shape = XunpengShape()
        return Framed(lambda held: shape.measure(bytearray(held)), _say_xunpeng_answer)
    return Framed(lambda held: 7 if held[0] == 0x3A else 0, _say_xunpeng)  # noqa: PLR2004 -- its first byte, its length


def _say_xunpeng(frame: bytes) -> Piece:
    value = int.from_bytes(frame[2:4], "little")
    right = frame[-2] == sum(frame[:-2]) & 0xFF and frame[-1] == 0x0A  # noqa: PLR2004 -- its last byte
    return Piece(frame, f"shows {value}, colour {frame[1]}" if right else _WRONG)


def _say_xunpeng_answer(frame: bytes) -> Piece:
    if not XunpengShape().holds(frame):
        return Piece(frame, _WRONG)
    answer = parse_xunpeng(frame)
    return Piece(frame, "taken" if answer.value is None else f"taken: {answer.value}, colour {answer.colour}")


_READ_REQUEST: Final = 8
_WRITE_REQUEST: Final = 9
"""Bytes of a request to write, beside what is written."""


def modbus_board(direction: Direction) -> Framed:
    """Cut one way of a Modbus board's line."""
    if direction is Direction.FROM_DEVICE:
        shape = modbus.ModbusShape()
        return Framed(lambda held: shape.measure(bytearray(held)), _say_modbus_answer)
    return Framed(_measure_modbus_request, _say_modbus_request)


def _measure_modbus_request(held: bytes) -> int | None:
    if len(held) < 2:  # noqa: PLR2004 -- unit and function
        return None
    if held[1] == modbus.READ:
        return _READ_REQUEST
    if held[1] != modbus.WRITE:
        return 0
    return _WRITE_REQUEST + held[6] if len(held) > 6 else None  # noqa: PLR2004 -- where the size stands


def _say_modbus_request(frame: bytes) -> Piece:
    if modbus.crc(frame[:-2]) != frame[-2:]:
        return Piece(frame, _WRONG)
    address, count = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
    if frame[1] == modbus.READ:
        return Piece(frame, f"board {frame[0]}: reads {count} registers from {address}")
    return Piece(frame, f"board {frame[0]}: writes {count} registers from {address}: {_letters(frame[7:-2])}")


def _say_modbus_answer(frame: bytes) -> Piece:
    if not modbus.ModbusShape().holds(frame):
        return Piece(frame, _WRONG)
    match modbus.parse(frame):
        case modbus.Written(unit, address, count):
            return Piece(frame, f"board {unit}: {count} registers from {address} written")
        case modbus.Refused(unit, function, code):
            return Piece(frame, f"board {unit}: refuses {function:02X} hex, exception {code}")
        case modbus.Held(unit, values):
            return Piece(frame, f"board {unit}: {len(values)} registers: {_letters(frame[3:-2])}")


def _letters(data: bytes) -> str:
    text = data.decode("gbk", errors="replace")
    return "".join(one if one.isprintable() else "." for one in text).rstrip()


def alpha_board(_direction: Direction) -> Framed:
    """Cut one way of a sign's line: what is sent, and what it answers, look the same."""
    return Framed(_measure_alpha, _say_alpha)


def _measure_alpha(held: bytes) -> int | None:
    # Zeros come first, from which a sign finds the rate.
    return len(held) - len(held.lstrip(b"\0")) or alpha.AlphaShape().measure(bytearray(held))


def _say_alpha(frame: bytes) -> Piece:
    if frame[:1] == b"\0":
        return Piece(frame, "begins")
    if not alpha.AlphaShape().holds(frame):
        return Piece(frame, _WRONG)
    file = alpha.parse_text(frame)
    if file is None:
        return Piece(frame, "asks for a text" if frame[5:6] == b"B" else "another command")
    return Piece(frame, f"writes text {file.label}: {file.text.decode('latin-1')}")


# -- the cabinet


def cabinet_board(direction: Direction) -> Framed:
    """Cut one way of a cabinet board's line."""
    return Framed(_measure_cabinet, _say_cabinet if direction is Direction.FROM_DEVICE else _say_cabinet_question)


def _measure_cabinet(held: bytes) -> int | None:
    if held[0] == 0:
        return 1
    end = held.find(0)
    if end < 0:
        return None if len(held) <= cabinet.LONGEST else 0
    return end + 1


def _cabinet_body(frame: bytes) -> bytes | None:
    body = cabinet.unstuff(frame[:-1])
    whole = body is not None and len(body) > 3 and cabinet.check_of(body[:-2]) == body[-2:]  # noqa: PLR2004
    return body if whole else None


def _say_cabinet_question(frame: bytes) -> Piece:
    if frame == b"\0":
        return Piece(frame, "begins")
    body = _cabinet_body(frame)
    return Piece(frame, _WRONG if body is None else f"{body[1]}: {_asked(body[0])}")


def _say_cabinet(frame: bytes) -> Piece:
    if frame == b"\0":
        return Piece(frame, "begins")
    for found in cabinet.Deframer().feed(frame):
        if isinstance(found, cabinet.Reply):
            known = found.result in set(cabinet.Result)
            result = cabinet.Result(found.result).name.lower().replace("_", " ") if known else str(found.result)
            return Piece(frame, f"{found.sequence}: {_asked(found.asked)}: {result}")
        closed = ", ".join(str(number) for number, one in enumerate(found.closed) if one) or "none"
        return Piece(frame, f"state: closed contacts {closed}")
    return Piece(frame, _WRONG)


def _asked(code: int) -> str:
    return cabinet.Asked(code).name.lower() if code in set(cabinet.Asked) else f"{code:02X}"
