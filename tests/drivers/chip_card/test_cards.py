"""What is on a card, at the public layout's tags and sizes."""

import random
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.chip_card.cards import CardContentError, HospitalCard, SocialCard, hospital_card, social_card
from drivers.chip_card.codec import read_item
from drivers.identity_card.text import Sex

# Written by hand, item by item: tag, length, value.
ISSUER = (
    "0110 99999900000000000000000000000000",
    "0201 31",
    "0304 322E3030",
    "040C 999999000000000000000000",
    "0504 20200101",
    "0604 20400101",
    "0709 413030303030303031",
)
HOLDER = (
    "0812 393939393939313939303033303730303230",
    "091E CDF5B7BC" + "20" * 26,
    "0A01 32",
    "0B01 01",
    "0C03 999999",
    "0D04 19900307",
)


def items(records, **changed):
    found = dict(read_item(bytes.fromhex(record)) for record in records)
    return found | {int(tag[1:], 16): value for tag, value in changed.items()}


def test_a_card_written_by_hand():
    card = social_card(items(ISSUER), items(HOLDER))
    assert card == SocialCard(
        number="999999199003070020",
        name="王芳",
        sex=Sex.FEMALE,
        birth=date(1990, 3, 7),
        card_number="A00000001",
        region="999999",
        valid_to=date(2040, 1, 1),
    )
    assert card.valid_on(date(2040, 1, 1))
    assert not card.valid_on(date(2040, 1, 2))
    assert "王芳" not in repr(card)
    assert "9999" not in repr(card)


def test_what_else_a_card_may_hold():
    longer = items(HOLDER, x09="阿卜杜拉·买买提·".encode("gb18030"), x4E="艾合买提".encode("gb18030"))
    assert social_card(items(ISSUER), longer).name == "阿卜杜拉·买买提·艾合买提"
    rare = items(HOLDER, x09="𠮷田".encode("gb18030"))
    assert social_card(items(ISSUER), rare).name == "𠮷田"
    foreigner = social_card(items(ISSUER), items(HOLDER, x08=b"CAN000080000001   ", x0D=b"\0\0\0\0"))
    assert (foreigner.number, foreigner.birth, foreigner.unchecked) == ("CAN000080000001", None, ("number",))
    sparse = social_card({}, {0x08: b"99999919900307002X", 0x09: "王芳".encode("gbk")} | {0x08: items(HOLDER)[0x08]})
    assert (sparse.card_number, sparse.region, sparse.valid_to, sparse.sex) == (None, None, None, None)
    assert sparse.valid_on(date(2099, 1, 1))


@pytest.mark.parametrize(
    ("changed", "item", "reason"),
    [
        ({"x08": b""}, "number", "missing"),
        ({"x08": b"999999199003070021"}, "number", "check_digit"),
        ({"x08": b"99-99"}, "number", "form"),
        ({"x09": b"  "}, "name", "missing"),
        ({"x09": b"\xff\x31\xfe"}, "name", "encoding"),
        ({"x09": b"a\x07b"}, "name", "encoding"),
        ({"x0A": b"7"}, "sex", "form"),
        ({"x0D": bytes.fromhex("19900308")}, "number", "mismatch"),
        ({"x0D": bytes.fromhex("19901308")}, "birth", "date"),
        ({"x0D": bytes.fromhex("1990AB08")}, "birth", "form"),
    ],
)
def test_what_cannot_be_names_the_item_and_never_the_value(changed, item, reason):
    with pytest.raises(CardContentError) as caught:
        social_card(items(ISSUER), items(HOLDER, **changed))
    assert (caught.value.item, caught.value.reason) == (item, reason)
    assert "9999" not in str(caught.value)
    assert "王" not in str(caught.value)


def test_a_hospitals_number_is_taken_by_its_pattern():
    whole = re.compile(r"H[0-9]{7}")
    assert hospital_card(b"H0000001" + bytes(8), whole) == HospitalCard("H0000001")
    assert hospital_card(b"\xff" * 8 + b"H0000001", whole) == HospitalCard("H0000001")
    part = re.compile(r"HZ-(?P<number>[0-9]+)")
    assert hospital_card(b"HZ-00042        ", part) == HospitalCard("00042")
    assert "00042" not in repr(HospitalCard("00042"))
    for wrong in (b"", bytes(16), b"X1", "王".encode("gbk")):
        with pytest.raises(CardContentError) as caught:
            hospital_card(wrong, whole)
        assert caught.value.item == "number"


def take(issuer, holder):
    try:
        card = social_card(issuer, holder)
    except CardContentError:
        return
    assert card.name
    assert card.number


contents = st.dictionaries(st.sampled_from([1, 3, 6, 7, 8, 9, 10, 13, 0x4E]), st.binary(max_size=32))


@given(contents, contents)
def test_anything_is_a_card_or_refused(issuer, holder):
    take(issuer, holder)


@given(st.sampled_from(sorted(items(HOLDER))), st.binary(max_size=30))
def test_one_item_spoilt_is_a_card_or_refused(tag, value):
    take(items(ISSUER), items(HOLDER) | {tag: value})


@pytest.mark.slow
def test_a_hundred_thousand_cards():
    chance = random.Random(2012)
    good = items(ISSUER) | items(HOLDER)
    for _ in range(100_000):
        spoilt = dict(good)
        tag = chance.choice(sorted(good))
        value = bytearray(spoilt[tag])
        value[chance.randrange(len(value))] = chance.randrange(256)
        spoilt[tag] = bytes(value[: chance.randrange(len(value) + 1)]) if chance.random() < 0.2 else bytes(value)
        take(spoilt, spoilt)
