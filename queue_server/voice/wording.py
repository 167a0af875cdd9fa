"""How a call is worded for the ear: characters, not digits, so that A012 is said 'A 零 一 二' and never 'A 十二'."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from queue_server.engine.site import Text

Language = Literal["zh", "en"]

_ZH = "零一二三四五六七八九"
_EN = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_DIGITS = re.compile(r"[0-9]+")
_UP_TO_99 = 2


def call_sentence(
    sentence: Text, number: str, room: Text, name: str | None, lang: Language, digit_one: Literal["yi", "yao"] = "yi"
) -> str:
    """The sentence of a call.

    Args:
        sentence: with ``{number}``, ``{room}`` and ``{name}``.
        number: as printed on the ticket.
        room: as on the door.
        name: masked, or ``None`` where names are not spoken.
        lang: the language to speak.
        digit_one: how Mandarin says 1 in a row of digits: 一 (``yi``) or 幺 (``yao``).
    """
    if lang == "zh":
        words = {
            "number": f" {number_zh(number, digit_one)} ",
            "room": f" {room_zh(room.zh, digit_one)} ",
            "name": f" {name_zh(name)} " if name else "",
        }
        return _tidy(sentence.zh.format(**words))
    words = {"number": number_en(number), "room": room_en(room.en), "name": name_en(name) if name else ""}
    return _tidy(sentence.en.format(**words))


def number_zh(number: str, digit_one: Literal["yi", "yao"] = "yi") -> str:
    """A ticket number, one character at a time: ``A012`` is ``A 零 一 二``."""
    return " ".join(_digit_zh(one, digit_one) for one in _plain(number))


def room_zh(room: str, digit_one: Literal["yi", "yao"] = "yi") -> str:
    """A room's name: up to two digits are a number (``12号诊室`` is 十二号诊室), more are read one at a time."""

    def read(match: re.Match[str]) -> str:
        digits = match[0]
        if len(digits) <= _UP_TO_99 and not digits.startswith("0"):
            return f" {_cardinal_zh(int(digits))} "
        return f" {number_zh(digits, digit_one)} "

    return _DIGITS.sub(read, unicodedata.normalize("NFKC", room))


def name_zh(masked: str) -> str:
    """A masked name: what is hidden is said 某."""
    return masked.replace("*", "某")


def name_en(masked: str) -> str:
    """A masked name in Latin letters; a Chinese one is left out, for an English voice would spell its code points."""
    return f", {masked}," if masked.isascii() else ""


def number_en(number: str) -> str:
    """A ticket number, one character at a time: ``A012`` is ``A, zero one two``.

    The comma keeps a single A from being read as the article.
    """
    plain = _plain(number)
    letters = [one for one in plain if not one.isdigit()]
    digits = [_EN[int(one)] for one in plain if one.isdigit()]
    return " ".join([*(f"{letter}," for letter in letters), *digits])


def room_en(room: str) -> str:
    """A room's name: more than two digits are read one at a time, ``Room 203`` as ``Room two zero three``."""

    def read(match: re.Match[str]) -> str:
        digits = match[0]
        if len(digits) <= _UP_TO_99 and not digits.startswith("0"):
            return digits
        return " ".join(_EN[int(one)] for one in digits)

    return _DIGITS.sub(read, unicodedata.normalize("NFKC", room))


def _plain(number: str) -> list[str]:
    # ASCII digits and letters, of whatever width they were printed; separators are not spoken.
    return [one for one in unicodedata.normalize("NFKC", number) if one.isalnum() and (one.isascii() or one.isalpha())]


def _digit_zh(one: str, digit_one: Literal["yi", "yao"]) -> str:
    if one == "1" and digit_one == "yao":
        return "幺"
    return _ZH[int(one)] if one.isdigit() else one.upper()


def _cardinal_zh(value: int) -> str:
    tens, ones = divmod(value, 10)
    if tens == 0:
        return _ZH[ones]
    return ("" if tens == 1 else _ZH[tens]) + "十" + (_ZH[ones] if ones else "")


def _tidy(text: str) -> str:
    return re.sub(r"\s+([，。,.])", r"\1", " ".join(text.split())).replace("，,", "，").replace(",,", ",")
