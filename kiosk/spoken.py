"""How a sentence of the screen is said: numbers as on the ticket, character by character, money and times in words."""

from __future__ import annotations

import re
from typing import Final

from kiosk.words import Language

_ZH: Final = "零一二三四五六七八九"
_EN: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_NUMBER: Final = re.compile(r"\b([A-Z]{1,3})(\d{2,4})\b")
_MONEY: Final = re.compile(r"¥(\d+)(?:\.(\d\d))?")
_TIME: Final = re.compile(r"\b(\d\d):(\d\d)\b")
_RANGE: Final = re.compile(r"(?<=\d)\s*–\s*(?=\d)")


def spoken(text: str, language: Language) -> str:
    """Return ``text`` as a voice in ``language`` is to read it."""
    if language == "zh":
        text = _NUMBER.sub(lambda found: f" {' '.join(found[1])} {' '.join(_ZH[int(one)] for one in found[2])} ", text)
        text = _MONEY.sub(lambda found: f" {_amount(found)} 元", text)
        text = _TIME.sub(
            lambda found: f"{int(found[1])} 点 {int(found[2])} 分 " if int(found[2]) else _sharp(found), text
        )
        return _RANGE.sub(" 到 ", text).replace(" · ", "，").strip()
    # The comma keeps a single A from being read as the article.
    text = _NUMBER.sub(lambda found: f"{' '.join(found[1])}, {' '.join(_EN[int(one)] for one in found[2])}", text)
    text = _MONEY.sub(lambda found: f"{_amount(found)} yuan", text)
    return _RANGE.sub(" to ", text).replace(" · ", ", ").strip()


def _amount(found: re.Match[str]) -> str:
    return found[1] if found[2] in {None, "00"} else f"{found[1]}.{found[2]}"


def _sharp(found: re.Match[str]) -> str:
    return f"{int(found[1])} 点 "
