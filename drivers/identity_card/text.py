"""The 256 bytes of text on an identity card: pure, bytes in and ``IdentityDocument`` out.

UTF-16LE, padded with spaces, in one of four layouts told apart by the letter at byte 248:

* resident identity card, blank (GA/T 490; also wiki.nfc.im "二代居民身份证");
* ``I``: foreigner's permanent residence card of 2017 (afzhan.com/st170652/news_212938.html);
* ``J``: residence permit of Hong Kong, Macau and Taiwan residents of 2018 (layout as in public reader software;
  the letter itself is the one thing here without a public specification);
* ``Y``: foreigner's permanent residence card of 2023 (eastcoms.com/service/pro/840.html).
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from datetime import date
from typing import Final

TEXT_SIZE: Final = 256
"""Bytes of text on a card."""

ADDRESS_SIZE: Final = 70
"""Bytes of an added address."""

_FLAG_AT: Final = 248
_DIGITS = re.compile(r"[0-9]{8}")
_RESIDENT_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_FOREIGNER_2017_NUMBER = re.compile(r"[A-Z]{3}[0-9]{12}")


class DocumentKind(enum.StrEnum):
    """Which document it is."""

    RESIDENT = "resident"
    """居民身份证"""
    FOREIGNER_2017 = "foreigner_2017"
    """外国人永久居留身份证, 2017"""
    HONG_KONG_MACAU_TAIWAN = "hong_kong_macau_taiwan"
    """港澳台居民居住证"""
    FOREIGNER_2023 = "foreigner_2023"
    """外国人永久居留身份证, 2023"""


class Sex(enum.StrEnum):
    """Sex as registered (GB/T 2261.1)."""

    UNKNOWN = "unknown"
    MALE = "male"
    FEMALE = "female"
    UNSPECIFIED = "unspecified"


class DocumentError(ValueError):
    """What is on the card cannot be taken as a document. Says which field and why, never what it holds.

    Attributes:
        field: the field, a name of ``IdentityDocument`` or ``text``.
        reason: ``length``, ``encoding``, ``missing``, ``form``, ``check_digit``, ``date`` or ``mismatch``.
    """

    def __init__(self, field: str, reason: str, sentence: str) -> None:
        super().__init__(f"The card's {field.replace('_', ' ')} cannot be used: {sentence}.")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True, repr=False)
class IdentityDocument:
    """Who a card says its holder is. Its ``repr`` shows no personal data.

    Attributes:
        kind: which document.
        name: the name in Chinese characters, or the Latin name where a foreigner's card has no Chinese one.
        name_latin: the name in Latin letters, on foreigners' cards.
        sex: as registered.
        nation: the ethnic group's two-digit code (GB/T 3304), on resident cards.
        nationality: the three-letter country code (GB/T 2659), on foreigners' cards.
        birth: the day of birth.
        address: as registered; foreigners' cards carry none.
        number: the document's number, upper case.
        issuer: the issuing authority (a code on foreigners' cards), where there is one.
        valid_from: the first day of validity.
        valid_to: the last day of validity; None = 长期, without end.
        pass_number: the number of the travel permit, on Hong Kong, Macau and Taiwan cards.
        issue_count: how often the card was issued, where it says so.
        unchecked: fields that could be read but not checked: ``number`` where its check digit has no public rule,
            ``name`` where it holds characters from Unicode's private areas, which no font need know.
    """

    kind: DocumentKind
    name: str
    name_latin: str | None
    sex: Sex
    nation: str | None
    nationality: str | None
    birth: date
    address: str | None
    number: str
    issuer: str | None
    valid_from: date
    valid_to: date | None
    pass_number: str | None = None
    issue_count: int | None = None
    unchecked: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<IdentityDocument {self.kind.value}: <redacted>>"

    @property
    def nation_name(self) -> str | None:
        """The ethnic group's Chinese name, where the code is one of GB/T 3304's."""
        return NATIONS.get(self.nation) if self.nation is not None else None

    def valid_on(self, day: date) -> bool:
        """Tell whether ``day`` lies within the document's validity."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def check_digit(first17: str) -> str:
    """Compute the last character of an 18-character number: ISO 7064 MOD 11-2, as GB 11643 prescribes."""
    remainder = 0
    for digit in first17:
        remainder = (remainder + int(digit)) * 2 % 11
    return "10X98765432"[remainder]


def parse_address(data: bytes | bytearray) -> str:
    """Read the added address of a card, which is newer than the one in its text: UTF-16LE, padded with spaces.

    Raises:
        DocumentError: it has another size, is no text, or is empty.
    """
    if len(data) != ADDRESS_SIZE:
        raise DocumentError("added_address", "length", f"it has {len(data)} bytes instead of {ADDRESS_SIZE}")
    return _Fields(data).required("added_address", 0, ADDRESS_SIZE)


def parse_document(text: bytes | bytearray) -> IdentityDocument:
    """Read the text of a card.

    Args:
        text: ``TEXT_SIZE`` bytes, as the reader gives them.

    Raises:
        DocumentError: naming the field and the reason.
    """
    if len(text) != TEXT_SIZE:
        raise DocumentError("text", "length", f"it has {len(text)} bytes instead of {TEXT_SIZE}")
    fields = _Fields(text)
    match fields.letter():
        case "I":
            return _foreigner_2017(fields)
        case "J":
            return _hong_kong_macau_taiwan(fields)
        case "Y":
            return _foreigner_2023(fields)
        case "":
            return _resident(fields)
        case _:
            raise DocumentError("kind", "form", "its letter names no layout that is known here")


class _Fields:
    """The text as fields at byte offsets."""

    def __init__(self, text: bytes | bytearray) -> None:
        self._text = text

    def letter(self) -> str:
        return self.text("kind", _FLAG_AT, 2)

    def text(self, field: str, at: int, size: int) -> str:
        try:
            return bytes(self._text[at : at + size]).decode("utf-16-le").strip(" \0\u3000")
        except UnicodeDecodeError:
            # Without its cause, which carries the bytes.
            raise DocumentError(field, "encoding", "it is not UTF-16") from None

    def required(self, field: str, at: int, size: int) -> str:
        value = self.text(field, at, size)
        if not value:
            raise DocumentError(field, "missing", "it is empty")
        return value

    def optional(self, field: str, at: int, size: int) -> str | None:
        return self.text(field, at, size) or None

    def day(self, field: str, at: int) -> date:
        value = self.required(field, at, 16)
        if not _DIGITS.fullmatch(value):
            raise DocumentError(field, "form", "it is not eight digits")
        try:
            return date(int(value[:4]), int(value[4:6]), int(value[6:]))
        except ValueError as failure:
            raise DocumentError(field, "date", "there is no such day") from failure

    def validity(self, first: int, last: int) -> tuple[date, date | None]:
        begins = self.day("valid_from", first)
        if self.text("valid_to", last, 16) == "长期":
            return begins, None
        ends = self.day("valid_to", last)
        if ends < begins:
            raise DocumentError("valid_to", "mismatch", "the validity ends before it begins")
        return begins, ends

    def sex(self, at: int) -> Sex:
        code = self.required("sex", at, 2)
        if code not in _SEXES:
            raise DocumentError("sex", "form", "its code is not one of GB/T 2261.1")
        return _SEXES[code]

    def count(self, at: int) -> int | None:
        value = self.text("issue_count", at, 4)
        if value and not re.fullmatch(r"[0-9]{1,2}", value):
            raise DocumentError("issue_count", "form", "it is not a number")
        return int(value) if value else None

    def number(self, first: str, birth: date) -> str:
        """Read an 18-character number, which begins with one of ``first`` and holds the day of birth."""
        value = self.required("number", 122, 36)
        if not _RESIDENT_NUMBER.fullmatch(value):
            raise DocumentError("number", "form", "it is not 17 digits and a check character")
        if check_digit(value[:17]) != value[17]:
            raise DocumentError("number", "check_digit", "its check character does not fit")
        if value[0] not in first:
            raise DocumentError("number", "form", "it does not begin as this kind of document does")
        if value[6:14] != birth.strftime("%Y%m%d"):
            raise DocumentError("number", "mismatch", "it does not hold the day of birth on the card")
        return value


def _name_unchecked(name: str) -> tuple[str, ...]:
    private = any("\ue000" <= c <= "\uf8ff" or c >= "\U000f0000" for c in name)
    return ("name",) if private else ()


def _resident(fields: _Fields) -> IdentityDocument:
    name, birth = fields.required("name", 0, 30), fields.day("birth", 36)
    valid_from, valid_to = fields.validity(188, 204)
    return IdentityDocument(
        kind=DocumentKind.RESIDENT,
        name=name,
        name_latin=None,
        sex=fields.sex(30),
        nation=fields.required("nation", 32, 4),
        nationality=None,
        birth=birth,
        address=fields.optional("address", 52, 70),
        number=fields.number("123456789", birth),  # 9 is no region: invented patients have it
        issuer=fields.required("issuer", 158, 30),
        valid_from=valid_from,
        valid_to=valid_to,
        unchecked=_name_unchecked(name),
    )


def _hong_kong_macau_taiwan(fields: _Fields) -> IdentityDocument:
    name, birth = fields.required("name", 0, 30), fields.day("birth", 36)
    valid_from, valid_to = fields.validity(188, 204)
    return IdentityDocument(
        kind=DocumentKind.HONG_KONG_MACAU_TAIWAN,
        name=name,
        name_latin=None,
        sex=fields.sex(30),
        nation=None,
        nationality=None,
        birth=birth,
        address=fields.optional("address", 52, 70),
        number=fields.number("8", birth),
        issuer=fields.required("issuer", 158, 30),
        valid_from=valid_from,
        valid_to=valid_to,
        pass_number=fields.optional("pass_number", 220, 18),
        issue_count=fields.count(238),
        unchecked=_name_unchecked(name),
    )


def _foreigner_2017(fields: _Fields) -> IdentityDocument:
    latin = fields.required("name_latin", 0, 120)
    name = fields.optional("name", 158, 30) or latin
    valid_from, valid_to = fields.validity(188, 204)
    number = fields.required("number", 122, 30)
    if not _FOREIGNER_2017_NUMBER.fullmatch(number):
        raise DocumentError("number", "form", "it is not three letters and twelve digits")
    return IdentityDocument(
        kind=DocumentKind.FOREIGNER_2017,
        name=name,
        name_latin=latin,
        sex=fields.sex(120),
        nation=None,
        nationality=fields.required("nationality", 152, 6),
        birth=fields.day("birth", 220),
        address=None,
        number=number,
        issuer=fields.optional("issuer", 240, 8),
        valid_from=valid_from,
        valid_to=valid_to,
        unchecked=("number", *_name_unchecked(name)),
    )


def _foreigner_2023(fields: _Fields) -> IdentityDocument:
    birth = fields.day("birth", 36)
    # A long Latin name runs on in a second field; a space at the seam is padding and is lost.
    latin = fields.required("name_latin", 52, 70) + fields.text("name_latin", 220, 22)
    name = fields.optional("name", 0, 30) or latin
    valid_from, valid_to = fields.validity(188, 204)
    return IdentityDocument(
        kind=DocumentKind.FOREIGNER_2023,
        name=name,
        name_latin=latin,
        sex=fields.sex(30),
        nation=None,
        nationality=fields.required("nationality", 242, 6),
        birth=birth,
        address=None,
        number=fields.number("9", birth),
        issuer=fields.optional("issuer", 158, 30),
        valid_from=valid_from,
        valid_to=valid_to,
        issue_count=fields.count(32),
        unchecked=_name_unchecked(name),
    )


_SEXES = {"0": Sex.UNKNOWN, "1": Sex.MALE, "2": Sex.FEMALE, "9": Sex.UNSPECIFIED}

_NATION_NAMES = (
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 "
    "柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 "
    "塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺"
)
NATIONS: Final = {f"{code:02}": name for code, name in enumerate(_NATION_NAMES.split(), start=1)}
"""The ethnic groups by their code (GB/T 3304)."""
