import pytest

from drivers.cli import main
from drivers.device import DeviceState, HealthLevel
from drivers.field.acceptance import check_devices
from drivers.field.check import as_data, examine
from drivers.field.report import ReportError
from drivers.registry import DeviceEntry


def entry(simulator, kind="receipt_printer", driver="escpos"):
    return DeviceEntry("device", kind, driver, simulator.url)


async def test_each_bit_is_told_with_its_meaning(printer):
    printer.tell("paper", state="out")
    examined = await examine(entry(printer), HealthLevel.INTERNAL)
    assert (examined.report.healthy, examined.report.state) == (False, DeviceState.USER_ERROR)
    set_bits = {(bit.source, bit.mask, bit.en) for bit in examined.bits if bit.is_set and bit.trouble}
    assert ("DLE EOT 4", 0x60, "no paper") in set_bits
    assert len(examined.bits) == 11
    assert ("缺纸", "no paper") in examined.sentences
    assert {"source": "DLE EOT 4", "mask": 0x60, "set": True, "meaning": "no paper"} in as_data(examined)["bits"]


@pytest.mark.parametrize(
    ("answer", "finding", "healthy"),
    [("y", "page_complete", True), ("否", "page_incomplete", False), ("?", "not_looked_at", True)],
)
async def test_a_person_looks_at_the_test_page(printer, script, answer, finding, healthy):
    console = script(answer)
    examined = await examine(entry(printer), HealthLevel.INTERACTIVE, console)
    assert "test page done" in examined.report.findings
    assert (examined.report.findings[-1], examined.report.healthy) == (finding, healthy)
    assert printer.tell("jobs")["jobs"][-1]["complete"]


async def test_an_answer_that_is_none_is_asked_for_again(printer, script):
    console = script("maybe", "y")
    examined = await examine(entry(printer), HealthLevel.INTERACTIVE, console)
    assert examined.report.healthy
    assert len(console.asked) == 2


async def test_a_card_is_asked_for_and_read(start_simulator, script):
    reader = start_simulator("drivers.identity_card.simulator", "--tcp", "127.0.0.1:0", "--fast")
    reader.tell("lay")
    console = script()
    examined = await examine(entry(reader, "identity_card", "resident_id"), HealthLevel.INTERACTIVE, console)
    assert examined.report.findings[-1] == "card_read"
    assert "Lay a resident identity card" in console.said[0]
    assert examined.info.serial is not None


async def test_a_device_that_is_not_there_is_told_and_nobody_is_asked(script):
    console = script()
    nowhere = DeviceEntry("device", "receipt_printer", "escpos", "serial:///dev/does-not-exist")
    examined = await examine(nowhere, HealthLevel.INTERACTIVE, console)
    assert (examined.report.healthy, examined.report.findings) == (False, ("no_device",))
    assert examined.sentences == (("未找到设备", "not there"),)
    assert "Check its plug" in examined.message
    assert (console.said, console.asked, examined.bits) == ([], [], ())


async def test_the_exit_status_says_whether_all_are_well(printer, script, capsys):
    assert await check_devices([entry(printer)], HealthLevel.EXTERNAL, script()) == 0
    printer.tell("paper", state="out")
    assert await check_devices([entry(printer)], HealthLevel.INTERNAL, script()) == 1
    said = capsys.readouterr().out
    assert "device: well: ready, paper full, test page done" in said
    assert "  ! DLE EOT 4 bit 0x60 = 1: 缺纸 no paper" in said


def test_check_writes_a_sheet_by_command(printer, tmp_path, capsys, monkeypatch):
    """What the sheet then looks like is test_report's."""
    sheets = []
    monkeypatch.setattr("drivers.field.acceptance.write_sheet", lambda path, sheet: sheets.append((path, sheet)))
    config = tmp_path / "devices.toml"
    config.write_text(
        f'[[device]]\nname = "printer"\nkind = "receipt_printer"\ndriver = "escpos"\nurl = "{printer.url}"\n', "utf-8"
    )
    sheet = tmp_path / "sheet.pdf"
    assert main(["check", "--config", str(config), "--report", str(sheet)]) == 0
    [(path, told)] = sheets
    assert (path, [examined.entry.name for examined in told.devices]) == (sheet, ["printer"])
    assert told.machine.host
    assert str(sheet) in capsys.readouterr().out

    def fails(_path, _sheet):
        raise ReportError("No sheet was written: the disk is full.")

    monkeypatch.setattr("drivers.field.acceptance.write_sheet", fails)
    assert main(["check", "--config", str(config), "--report", str(sheet)]) == 1
    assert "No sheet was written" in capsys.readouterr().out


async def test_place_and_name_are_asked_for_where_a_person_checks(printer, script, tmp_path, monkeypatch):
    sheets = []
    monkeypatch.setattr("drivers.field.acceptance.write_sheet", lambda _path, sheet: sheets.append(sheet))
    console = script("门诊楼一楼", "王工", "y")
    assert await check_devices([entry(printer)], HealthLevel.INTERACTIVE, console, report=tmp_path / "x.pdf") == 0
    assert (sheets[0].site, sheets[0].technician) == ("门诊楼一楼", "王工")
