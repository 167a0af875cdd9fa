"""The printer's own font: what is sent as characters, what is drawn, and that it comes out right."""

import pytest

from drivers.device import PrintOutcome
from drivers.receipt_printer.document import Document, Pair, QrCode, Rule, Space, Text
from drivers.receipt_printer.profile import PROFILES
from drivers.receipt_printer.text_mode import encodable, text_units
from tests.drivers.receipt_printer.conftest import full_ticket, opened, ticket

WIDE, NARROW = PROFILES["80mm"], PROFILES["58mm-basic"]


def stream(*blocks, profile=WIDE):
    return b"".join(unit.data for unit in text_units(Document(blocks), profile))


def test_full_width_punctuation_is_double_byte_in_chinese_mode():
    data = stream(Text("：，。"))
    assert b"\x1c\x26" + bytes.fromhex("A3BA A3AC A1A3") + b"\n" in data
    assert b"?" not in data


@pytest.mark.parametrize("rare", ["㐂", "𠮷", "\u00a5"])
def test_a_line_with_a_character_beyond_the_claimed_area_is_drawn(rare):
    data = stream(Text(f"王{rare}"))
    assert b"\x1dv0\x00" in data
    assert "王".encode("gb18030") not in data


def test_only_the_line_that_needs_it_is_drawn():
    blocks = (Text("心血管内科"), Pair("姓名", "欧*𠮷"), Text("请候诊"))
    data = stream(*blocks)
    assert "心血管内科".encode("gb18030") in data
    assert "请候诊".encode("gb18030") in data
    assert "姓名".encode("gb18030") not in data


def test_the_claim_is_the_profiles():
    assert encodable("镕", WIDE)
    assert not encodable("镕", NARROW)  # GBK, not GB2312
    assert encodable("国", NARROW)
    assert not encodable("\ue000", WIDE)
    assert not encodable("€", WIDE)  # two bytes, and a cell that GBK's fonts leave empty
    assert not encodable("\u0251", NARROW)
    assert encodable("·", NARROW)
    assert encodable("—", NARROW)


@pytest.mark.parametrize("profile", [WIDE, NARROW], ids=lambda profile: profile.name)
def test_full_width_forms_and_chinese_punctuation_are_all_in_the_font(profile):
    full_width = "".join(chr(0xFF01 + number) for number in range(94) if chr(0xFF01 + number) not in "＇＂－～")
    for character in full_width + "　、。·ˉˇ¨〃々—～‖…‘’“”〔〕〈〉《》「」『』〖〗【】±×÷∶℃№":
        assert encodable(character, profile), f"U+{ord(character):04X} {character}"


@pytest.mark.slow
@pytest.mark.parametrize("profile", [WIDE, NARROW], ids=lambda profile: profile.name)
def test_every_character_there_is_goes_out_as_two_bytes_of_its_own_or_is_drawn(profile):
    for number in [*range(0xA0, 0xD800), *range(0xE000, 0x11_0000)]:
        if encodable(chr(number), profile):
            code = chr(number).encode("gb18030")
            assert len(code) == 2
            assert code.decode("gb18030") == chr(number)
            assert not 0xE000 <= number < 0xF900


def test_golden_qr_code():
    data = stream(QrCode("https://h.example/t/ab"))
    for part in (
        "1D286B04003141 3200",
        "1D286B03003143 06",
        "1D286B03003145 31",
        "1D286B190031503068747470733A2F2F682E6578616D706C652F742F6162",
        "1D286B0300315130",
    ):
        assert bytes.fromhex(part) in data


def test_a_pair_stands_at_both_edges_or_on_two_lines():
    assert ("姓名" + " " * (WIDE.columns - 4 - 6) + "欧**明").encode("gb18030")[:-1] in stream(Pair("姓名", "欧**明"))
    long = stream(Pair("请在这里候诊", "二楼 B 区 206 诊室门口外"), profile=NARROW)
    assert long.count(b"\n") == 2


def test_a_ticket_in_text_is_a_tenth_of_the_picture():
    assert sum(len(unit.data) for unit in text_units(full_ticket(), WIDE)) < 2500


async def test_what_comes_out_is_what_was_meant(tcp):
    document = Document(
        (
            Text("心血管内科", size="title", align="center"),
            Rule(),
            Text("A023", size="number", align="center"),
            Text("请留意：叫号屏，和广播。"),
            Space(2),
            Pair("姓名", "欧*𠮷"),
            QrCode("https://h.example/t/ab", "扫码看进度"),
        )
    )
    async with opened(tcp, mode="text") as printer:
        assert (await printer.print(document, job="text")).outcome is PrintOutcome.DONE
    (job,) = await tcp.jobs()
    assert job["complete"]
    assert job["texts"] == ["心血管内科", "─" * 24, "A023", "请留意：叫号屏，和广播。", "扫码看进度"]
    assert job["codes"] == ["https://h.example/t/ab"]
    assert (await tcp.do("status"))["rejected"] == []


async def test_a_slow_line_gets_text_by_itself(far_end):
    slow = far_end.url.split("?")[0] + "?baud=9600"
    async with opened(far_end, mode="auto", url=slow) as printer:
        assert (await printer.print(ticket(), job="slow")).outcome is PrintOutcome.DONE
    (job,) = await far_end.jobs()
    assert "A023" in job["texts"]
