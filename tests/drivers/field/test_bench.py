import json

import pytest

from drivers.cli import main
from drivers.field.bench import BenchError, bench, line_ms, measure, rate_of
from drivers.registry import DeviceEntry


@pytest.mark.parametrize(
    ("url", "rate"),
    [
        ("serial:///dev/ttyS0", 115200),
        ("serial:by-id/x?baud=9600", 9600),
        ("tcp://a:1", None),
        ("tcp://a:1?baud=4800", 4800),
        ("usb:///dev/usb/lp0", None),
    ],
)
def test_the_rate_that_an_address_says(url, rate):
    assert rate_of(url) == rate


@pytest.mark.slow
async def test_a_printers_ticket_stands_beside_line_and_paper(printer, script):
    entry = DeviceEntry("printer", "receipt_printer", "escpos", f"{printer.url}?baud=115200", profile="80mm")
    figures = {figure.figure: figure async for figure in measure(entry, script(), rounds=1)}
    size = figures["bytes of a ticket"].median
    ticket = figures["ticket printed and confirmed"]
    assert ticket.limit >= size * 10_000 / 115_200
    assert ticket.values[0] > 0
    assert figures["bytes of a ticket"].limit < size, "this line is slower than the paper"
    assert len(figures["fence on an idle printer"].values) == 10
    assert {"opened, claimed and enabled", "asked how it is", "ticket drawn"} <= set(figures)
    assert printer.tell("jobs")["jobs"][-1]["complete"]


async def test_a_card_is_measured_beside_its_1295_bytes(reader, script):
    def lay():
        reader.tell("lay")
        return ""

    def remove():
        reader.tell("remove")
        return ""

    entry = DeviceEntry("id-card", "identity_card", "resident_id", reader.url)
    figures = {figure.figure: figure async for figure in measure(entry, script(lay, remove), rounds=1)}
    on_a_line = "baud=" in reader.url  # a fast one on TCP has no rate
    assert figures["card found and read"].limit == (pytest.approx(1295 * 10_000 / 115_200) if on_a_line else None)


async def test_a_device_that_is_not_well_is_not_measured(printer, script):
    printer.tell("paper", state="out")
    entry = DeviceEntry("printer", "receipt_printer", "escpos", printer.url)
    with pytest.raises(BenchError, match="paper_out"):
        [figure async for figure in measure(entry, script(), rounds=1)]
    assert await bench(entry, script(), rounds=1, as_json=True) == 1


def test_bench_by_command(printer, tmp_path, capsys):
    config = tmp_path / "devices.toml"
    head = '[[device]]\nname = "printer"\nkind = "receipt_printer"\ndriver = "escpos"\n'
    config.write_text(f'{head}url = "{printer.url}"\nprofile = "58mm"\n')
    assert main(["bench", "printer", "--rounds", "1", "--json", "--config", str(config)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    assert {row["figure"] for row in rows} >= {"ticket drawn", "bytes of a ticket", "ticket printed and confirmed"}
    config.write_text(f'{head}url = "serial:///nowhere"\n')
    assert main(["bench", "printer", "--config", str(config)]) == 1
    assert "Check its plug" in capsys.readouterr().err


async def test_a_printer_without_process_ids_is_measured_by_what_it_answers_instead(start_simulator, script):
    simulator = start_simulator("drivers.receipt_printer.simulator", "--tcp", "127.0.0.1:0", "--fast", "--basic")
    entry = DeviceEntry("printer", "receipt_printer", "escpos", f"{simulator.url}?baud=115200", profile="80mm-basic")
    figures = {figure.figure: figure async for figure in measure(entry, script(), rounds=1)}
    assert "fence on an idle printer" not in figures
    sensor = figures["sensor answer on an idle printer"]
    assert len(sensor.values) == 10
    assert sensor.limit == pytest.approx(4 * 10_000 / 115_200)  # GS r 1, and a byte


def test_a_byte_has_as_many_bits_on_the_line_as_its_address_says():
    assert line_ms("serial:///dev/ttyS0?baud=9600", 96) == pytest.approx(100)
    assert line_ms("serial:///dev/ttyS0?baud=9600&parity=E&stopbits=2", 96) == pytest.approx(120)
    assert line_ms("tcp://a:1", 96) is None
