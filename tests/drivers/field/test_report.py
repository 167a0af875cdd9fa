import re
import sys
import zlib
from datetime import UTC, datetime

import pytest

from drivers.device import DeviceInfo, DeviceState, HealthLevel, HealthReport
from drivers.field.check import Examined
from drivers.field.machine import Concern, MachineFacts, Panel
from drivers.field.meanings import meaning
from drivers.field.report import Acceptance, ReportError, write_sheet
from drivers.receipt_printer.bits import status_bits
from drivers.registry import DeviceEntry


def acceptance(devices=1):
    entry = DeviceEntry("打印机-一楼", "receipt_printer", "escpos", "usb:by-usb/04b8:0202:X7JD", profile="80mm")
    info = DeviceInfo("打印机-一楼", "receipt_printer", "escpos", entry.url, model="80mm", serial="X7JD")
    findings = ("paper_out", "paper out")
    health = HealthReport(HealthLevel.EXTERNAL, healthy=False, findings=findings, state=DeviceState.USER_ERROR)
    bits = tuple(status_bits((0x12, 0x32, 0x12, 0x72)))
    examined = Examined(entry, info, health, None, bits, tuple(meaning(finding) for finding in findings))
    return Acceptance(
        site="测试医院 门诊楼",
        technician="王工",
        when=datetime(2026, 11, 25, 9, 30, tzinfo=UTC),
        machine=MachineFacts("kiosk-1", "Debian GNU/Linux 12", "6.1.0", "0.1.0"),
        panels=[Panel("card0-HDMI-A-1", 398, 708, 1080, 1920)],
        concerns=[Concern("brltty 会占用串口", "brltty takes ports")],
        devices=[examined] * devices,
    )


def characters(path):
    """Return the characters that the sheet holds as text: those in its fonts' maps from glyphs to Unicode."""
    found = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\n?endstream", path.read_bytes(), re.DOTALL):
        try:
            content = zlib.decompress(stream)
        except zlib.error:
            content = stream  # it is not compressed
        if b"beginbfchar" in content:
            found |= {
                bytes.fromhex(code.decode()).decode("utf-16-be") for code in re.findall(rb"> <([0-9A-Fa-f]+)>", content)
            }
    return found


def test_a_sheet_is_text_in_chinese_and_english(tmp_path):
    path = tmp_path / "sheet.pdf"
    write_sheet(path, acceptance(devices=2))
    assert len(re.findall(rb"/Type /Page\b(?!s)", path.read_bytes())) == 2
    for text in (
        "设备验收单 Device acceptance sheet",
        "测试医院门诊楼王工",
        "打印机一楼不合格缺纸需人工处理",
        "04b8:0202:X7JD",
        "brltty",
        "签字",
    ):
        assert set(text) <= characters(path), text
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_missing_is_named_and_the_old_sheet_stays(tmp_path, monkeypatch):
    path = tmp_path / "sheet.pdf"
    path.write_bytes(b"old")
    with pytest.raises(ReportError, match="fonts-noto-cjk"):
        write_sheet(path, acceptance(), font=tmp_path / "none.ttc")
    monkeypatch.setitem(sys.modules, "fpdf", None)
    with pytest.raises(ReportError, match=r"houzhen\[field\]"):
        write_sheet(path, acceptance())
    assert path.read_bytes() == b"old"
