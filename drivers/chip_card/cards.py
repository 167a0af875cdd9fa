"""What is on a card: pure, records and blocks in, ``SocialCard`` and ``HospitalCard`` out.

The two files of a social-security card that are read without a key hold one data item a record: EF05 is about the card
and its issuer, EF06 about its holder. Tags and sizes are those of public reader software (see docs/cards.md); the
records are taken by their tags, in whatever order a generation of cards has them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Final

from drivers.identity_card.text import Sex, check_digit

if TYPE_CHECKING:
    from collections.abc import Mapping

SOCIAL_NAME: Final = bytes.fromhex("7378312E73682EC9E7BBE1B1A3D5CF")
"""``sx1.sh.社会保障``, in GBK: the application's name."""
ISSUER_FILE: Final = 0xEF05
HOLDER_FILE: Final = 0xEF06

_IDENTIFIER, _VERSION, _VALID_TO, _CARD_NUMBER = 0x01, 0x03, 0x06, 0x07
_NUMBER, _NAME, _SEX, _BIRTH, _NAME_MORE = 0x08, 0x09, 0x0A, 0x0D, 0x4E

_CITIZEN = re.compile(r"[1-9][0-9]{16}[0-9X]")
_OTHER_NUMBER = re.compile(r"[0-9A-Z]{6,18}")
_CARD = re.compile(r"[0-9A-Z]{1,32}")
_REGION_BYTES: Final = 3
_SEXES: Final = {"0": Sex.UNKNOWN, "1": Sex.MALE, "2": Sex.FEMALE, "9": Sex.UNSPECIFIED}


class CardContentError(ValueError):
    """What is on a card cannot be used. Names the item and the reason, never what it holds.

    Attributes:
        item: the item, a name of ``SocialCard`` or ``HospitalCard``.
        reason: ``missing``, ``encoding``, ``form``, ``check_digit``, ``date`` or ``mismatch``.
    """

    def __init__(self, item: str, reason: str, sentence: str) -> None:
        super().__init__(f"The card's {item.replace('_', ' ')} cannot be used: {sentence}.")
        self.item = item
        self.reason = reason


@dataclass(frozen=True, slots=True, repr=False)
class SocialCard:
    """Whose social-security card it is. Its ``repr`` shows no personal data.

    Attributes:
        number: 社会保障号码, which is the identity number for citizens.
        name: the holder's name.
        sex: as registered; None = the card does not say.
        birth: the day of birth; None = the card does not say.
        card_number: the number printed on the card; None = the card does not say.
        region: the six digits of the issuing area (GB/T 2260); None = the card does not say.
        valid_to: the last day of validity; None = the card does not say, or there is no end.
        unchecked: ``("number",)`` where the number is none of a citizen's, whose check character could be checked.
    """

    number: str
    name: str
    sex: Sex | None = None
    birth: date | None = None
    card_number: str | None = None
    region: str | None = None
    valid_to: date | None = None
    unchecked: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "<SocialCard <redacted>>"

    def valid_on(self, day: date) -> bool:
        """Tell whether ``day`` is not after the card's validity."""
        return self.valid_to is None or day <= self.valid_to


@dataclass(frozen=True, slots=True)
class HospitalCard:
    """A hospital's own contactless card. Its ``repr`` does not show the number.

    Attributes:
        number: by which the hospital knows its card.
    """

    number: str = field(repr=False)


def social_card(issuer: Mapping[int, bytes], holder: Mapping[int, bytes]) -> SocialCard:
    """Read a social-security card.

    Args:
        issuer: the items of EF05 by their tags.
        holder: the items of EF06 by their tags.

    Raises:
        CardContentError: naming the item and the reason.
    """
    number = _text("number", holder.get(_NUMBER, b"")).upper()
    name = _text("name", holder.get(_NAME, b"") + holder.get(_NAME_MORE, b""))
    if not number or not name:
        raise CardContentError("name" if number else "number", "missing", "it is empty")
    birth = _day("birth", holder.get(_BIRTH, b""))
    unchecked = _check_number(number, birth)
    sex = _text("sex", holder.get(_SEX, b""))
    if sex and sex not in _SEXES:
        raise CardContentError("sex", "form", "its code is not one of GB/T 2261.1")
    card_number = _text("card_number", issuer.get(_CARD_NUMBER, b""))
    if card_number and not _CARD.fullmatch(card_number):
        raise CardContentError("card_number", "form", "it is not letters and digits")
    return SocialCard(
        number=number,
        name=name,
        sex=_SEXES.get(sex),
        birth=birth,
        card_number=card_number or None,
        region=_digits(issuer.get(_IDENTIFIER, b"")[:_REGION_BYTES]),
        valid_to=_day("valid_to", issuer.get(_VALID_TO, b"")),
        unchecked=unchecked,
    )


def _check_number(number: str, birth: date | None) -> tuple[str, ...]:
    if not _CITIZEN.fullmatch(number):
        if not _OTHER_NUMBER.fullmatch(number):
            raise CardContentError("number", "form", "it is not letters and digits")
        return ("number",)
    if check_digit(number[:17]) != number[17]:
        raise CardContentError("number", "check_digit", "its check character does not fit")
    if birth is not None and number[6:14] != birth.strftime("%Y%m%d"):
        raise CardContentError("number", "mismatch", "it does not hold the day of birth on the card")
    return ()


def _text(item: str, value: bytes) -> str:
    """Decode a text: GBK, of which GB 18030 is the whole, padded behind."""
    try:
        text = value.rstrip(b"\0\xff ").decode("gb18030").strip(" \0\u3000")
    except UnicodeDecodeError:
        raise CardContentError(item, "encoding", "it is no Chinese text") from None  # the cause carries the bytes
    if any(character < " " for character in text):
        raise CardContentError(item, "encoding", "it holds control characters")
    return text


def _digits(value: bytes) -> str | None:
    digits = value.hex()
    return digits if digits.isdecimal() and len(value) == _REGION_BYTES else None


def _day(item: str, value: bytes) -> date | None:
    """Read a day of four bytes, two digits each; None where it is blank."""
    digits = value.hex()
    if not digits.strip("0") or not digits.strip("f"):
        return None
    if len(digits) != 8 or not digits.isdecimal():  # noqa: PLR2004 -- YYYYMMDD
        raise CardContentError(item, "form", "it is not eight digits")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise CardContentError(item, "date", "there is no such day") from None


def hospital_card(content: bytes, pattern: re.Pattern[str]) -> HospitalCard:
    """Read a hospital's number from what a block holds.

    Args:
        content: the block's bytes: ASCII, padded with 00, FF or spaces.
        pattern: what the number looks like; its group ``number``, or else the whole match, is the number.

    Raises:
        CardContentError: the block is no text, or holds no such number.
    """
    try:
        text = content.strip(b"\0\xff ").decode("ascii")
    except UnicodeDecodeError:
        raise CardContentError("number", "encoding", "it is no text") from None
    found = pattern.fullmatch(text)
    number = "" if found is None else found.groupdict().get("number", found.group()) or ""
    if not number:
        raise CardContentError("number", "form", "it is not as a number of this hospital's cards")
    return HospitalCard(number)
