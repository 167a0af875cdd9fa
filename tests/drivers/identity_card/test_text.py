import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.identity_card.simulator import write_card
from drivers.identity_card.text import (
    NATIONS,
    DocumentError,
    DocumentKind,
    IdentityDocument,
    Sex,
    check_digit,
    parse_address,
    parse_document,
)


def card(kind="resident", **fields):
    return write_card({"kind": kind, **fields})


def place(text, at, value):
    written = value if isinstance(value, bytes) else value.encode("utf-16-le")
    return text[:at] + written + text[at + len(written) :]


def test_a_resident_card_written_by_hand():
    # Field by field after GA/T 490, without the simulator's help.
    text = "张三".ljust(15) + "1" + "56" + "19491231" + "北京市东城区甲1号".ljust(35)
    text += "11010519491231002X" + "北京市公安局".ljust(15) + "20200101" + "长期".ljust(8) + " " * 18
    document = parse_document(text.encode("utf-16-le"))
    assert document == IdentityDocument(
        kind=DocumentKind.RESIDENT,
        name="张三",
        name_latin=None,
        sex=Sex.MALE,
        nation="56",
        nationality=None,
        birth=date(1949, 12, 31),
        address="北京市东城区甲1号",
        number="11010519491231002X",
        issuer="北京市公安局",
        valid_from=date(2020, 1, 1),
        valid_to=None,
    )
    assert document.nation_name == "基诺"


def by_hand(*fields):
    """Write 256 bytes field by field: where each begins, and what it holds."""
    text = bytearray(" ".encode("utf-16-le") * 128)
    for at, value in fields:
        written = value.encode("utf-16-le")
        text[at : at + len(written)] = written
    return bytes(text)


def test_a_foreigners_card_of_2017_written_by_hand():
    # Offsets of afzhan.com/st170652/news_212938.html, which gives each with its size.
    text = by_hand(
        (0, "SMITH, JOHN"),
        (120, "1"),
        (122, "USA110078081501"),
        (152, "USA"),
        (158, "史密斯"),
        (188, "20190601"),
        (204, "20290531"),
        (220, "19780815"),
        (236, "01"),
        (240, "1500"),
        (248, "I"),
    )
    assert parse_document(text) == IdentityDocument(
        kind=DocumentKind.FOREIGNER_2017,
        name="史密斯",
        name_latin="SMITH, JOHN",
        sex=Sex.MALE,
        nation=None,
        nationality="USA",
        birth=date(1978, 8, 15),
        address=None,
        number="USA110078081501",
        issuer="1500",
        valid_from=date(2019, 6, 1),
        valid_to=date(2029, 5, 31),
        unchecked=("number",),
    )


def test_a_permit_of_hong_kong_macau_or_taiwan_written_by_hand():
    # As a resident's card, with the travel permit's number at 220/18 and the issue count at 238/4.
    text = by_hand(
        (0, "陈小明"),
        (30, "2"),
        (36, "19851231"),
        (52, "样本市样本路9号"),
        (122, "810000198512310022"),
        (158, "样本市公安局"),
        (188, "20220101"),
        (204, "20261231"),
        (220, "H12345678"),
        (238, "02"),
        (248, "J"),
    )
    document = parse_document(place(text, 122, "81000019851231002" + check_digit("81000019851231002")))
    assert (document.kind, document.name, document.sex) == (DocumentKind.HONG_KONG_MACAU_TAIWAN, "陈小明", Sex.FEMALE)
    assert (document.address, document.issuer) == ("样本市样本路9号", "样本市公安局")
    assert (document.birth, document.pass_number, document.issue_count) == (date(1985, 12, 31), "H12345678", 2)
    assert (document.valid_from, document.valid_to) == (date(2022, 1, 1), date(2026, 12, 31))


def test_a_foreigners_card_of_2023_written_by_hand():
    # Offsets of eastcoms.com/service/pro/840.html, which gives each with its size.
    number = "91111119900307002"
    text = by_hand(
        (0, "样本安"),
        (30, "2"),
        (32, "03"),
        (36, "19900307"),
        (52, "ANNABELLE MARGUERITE OF THE LONG NAM"[:35]),
        (122, number + check_digit(number)),
        (158, "1500"),
        (188, "20240101"),
        (204, "20340101"),
        (220, "ME"),
        (242, "CAN"),
        (248, "Y"),
    )
    document = parse_document(text)
    assert document.kind is DocumentKind.FOREIGNER_2023
    assert document.name_latin == "ANNABELLE MARGUERITE OF THE LONG NAM"[:35] + "ME"
    assert (document.name, document.sex, document.nationality) == ("样本安", Sex.FEMALE, "CAN")
    assert (document.issue_count, document.issuer, document.birth) == (3, "1500", date(1990, 3, 7))
    assert (document.number, document.address, document.unchecked) == (number + check_digit(number), None, ())


def test_the_added_address():
    assert parse_address("样本市新路3号".ljust(35).encode("utf-16-le")) == "样本市新路3号"
    for data, reason in ((b"", "length"), (" ".encode("utf-16-le") * 35, "missing"), (b"\x00\xd8" * 35, "encoding")):
        with pytest.raises(DocumentError) as caught:
            parse_address(data)
        assert (caught.value.field, caught.value.reason) == ("added_address", reason)


def test_foreigner_2017():
    document = parse_document(card("foreigner_2017"))
    assert document.kind is DocumentKind.FOREIGNER_2017
    assert (document.name, document.name_latin) == ("样本安", "SAMPLE, ANN")
    assert (document.number, document.nationality) == ("CAN000080000001", "CAN")
    assert (document.birth, document.valid_to) == (date(1990, 3, 7), date(2030, 1, 1))
    assert document.unchecked == ("number",)
    assert (document.nation, document.address, document.nation_name) == (None, None, None)


def test_a_foreigner_without_a_chinese_name_is_called_by_the_latin_one():
    assert parse_document(card("foreigner_2017", name="")).name == "SAMPLE, ANN"
    assert parse_document(card("foreigner_2023", name="")).name == "SAMPLE, ANN"


def test_hong_kong_macau_taiwan():
    document = parse_document(card("hong_kong_macau_taiwan"))
    assert document.kind is DocumentKind.HONG_KONG_MACAU_TAIWAN
    assert (document.pass_number, document.issue_count) == ("H00000000", 1)
    assert document.number.startswith("899999")
    assert (document.nation, document.nationality, document.unchecked) == (None, None, ())


def test_foreigner_2023_with_a_name_that_runs_on():
    document = parse_document(card("foreigner_2023", name_latin="A" * 35, name_latin_more="BCD", issue_count=""))
    assert document.kind is DocumentKind.FOREIGNER_2023
    assert document.name_latin == "A" * 35 + "BCD"
    assert (document.nationality, document.issue_count) == ("CAN", None)
    assert document.number.startswith("9")
    assert document.unchecked == ()


@pytest.mark.parametrize(
    ("kind", "at", "value", "field", "reason"),
    [
        ("resident", 122, "999999199003070018", "number", "check_digit"),
        ("resident", 122, "99999919900307001A", "number", "form"),
        ("resident", 122, "99999919900307001 ", "number", "form"),
        ("resident", 36, "19900230", "birth", "date"),
        ("resident", 36, "1990030 ", "birth", "form"),
        ("resident", 36, "１９９００３０７", "birth", "form"),
        ("resident", 36, "19900308", "number", "mismatch"),
        ("resident", 204, "20190101", "valid_to", "mismatch"),
        ("resident", 204, "永久    ", "valid_to", "form"),
        ("resident", 188, "        ", "valid_from", "missing"),
        ("resident", 0, " " * 15, "name", "missing"),
        ("resident", 0, b"\x00\xd8", "name", "encoding"),
        ("resident", 30, "7", "sex", "form"),
        ("resident", 248, "Q", "kind", "form"),
        ("foreigner_2017", 122, "1AN000080000001", "number", "form"),
        ("foreigner_2017", 0, " " * 60, "name_latin", "missing"),
        ("hong_kong_macau_taiwan", 238, "x1", "issue_count", "form"),
        ("foreigner_2023", 242, "   ", "nationality", "missing"),
    ],
)
def test_bad_data_names_the_field_and_the_reason(kind, at, value, field, reason):
    with pytest.raises(DocumentError) as caught:
        parse_document(place(card(kind), at, value))
    assert (caught.value.field, caught.value.reason) == (field, reason)


def test_a_number_of_another_kind_of_document_is_refused():
    with pytest.raises(DocumentError) as caught:
        parse_document(place(card(), 248, "Y"))
    assert caught.value.field in {"number", "name_latin", "issue_count", "nationality"}


@pytest.mark.parametrize("size", [0, 255, 257])
def test_another_size_is_refused(size):
    with pytest.raises(DocumentError, match=f"{size} bytes instead of 256"):
        parse_document(bytes(size))


def test_padding_with_zeros_is_padding_too():
    assert parse_document(place(card(name=""), 0, "李四".ljust(15, "\0"))).name == "李四"


def test_a_character_of_a_private_area_is_told():
    assert parse_document(card(name="王\ue123")).unchecked == ("name",)


def test_nothing_personal_is_shown():
    document = parse_document(card("foreigner_2017"))
    for shown in (repr(document), str(document), f"{document}"):
        assert shown == "<IdentityDocument foreigner_2017: <redacted>>"
    broken = place(card(), 122, "999999199003070018")
    with pytest.raises(DocumentError) as caught:
        parse_document(broken)
    assert "9999" not in str(caught.value)


def test_validity_includes_both_ends():
    document = parse_document(card(valid_from="20200101", valid_to="20300101"))
    assert document.valid_on(date(2020, 1, 1))
    assert document.valid_on(date(2030, 1, 1))
    assert not document.valid_on(date(2030, 1, 2))
    assert not document.valid_on(date(2019, 12, 31))
    assert parse_document(card(valid_to="长期")).valid_on(date(2999, 1, 1))


def test_the_check_digit_of_the_standard_examples():
    # GB 11643-1999, annex: 11010519491231002X and 440524188001010014.
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


def test_all_56_nations():
    assert len(NATIONS) == 56
    assert (NATIONS["01"], NATIONS["15"], NATIONS["56"]) == ("汉", "土家", "基诺")


@given(st.binary(min_size=256, max_size=256))
def test_noise_is_refused_and_never_crashes(text):
    with pytest.raises(DocumentError):
        parse_document(text)


@given(st.sampled_from(["resident", "foreigner_2017", "hong_kong_macau_taiwan", "foreigner_2023"]), st.data())
def test_a_card_with_one_byte_changed_parses_or_is_refused(kind, data):
    text = bytearray(card(kind))
    at = data.draw(st.integers(0, 255))
    text[at] = data.draw(st.integers(0, 255))
    try:
        document = parse_document(bytes(text))
    except DocumentError:
        return
    assert document.name


@pytest.mark.slow
def test_a_hundred_thousand_cards_with_some_bytes_changed():
    dice = random.Random(490)
    cards = [card(kind) for kind in ("resident", "foreigner_2017", "hong_kong_macau_taiwan", "foreigner_2023")]
    read = 0
    for _ in range(100_000):
        text = bytearray(dice.choice(cards))
        for _ in range(dice.choice([1, 1, 2, 8])):
            text[dice.randrange(256)] = dice.randrange(256)
        try:
            document = parse_document(bytes(text))
        except DocumentError:
            continue
        assert document.name
        assert document.number
        read += 1
    assert 0 < read < 100_000
