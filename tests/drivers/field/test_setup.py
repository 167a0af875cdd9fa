import pytest

from drivers.cli import main
from drivers.device import DeviceState, HealthLevel, HealthReport
from drivers.device_file import write_entries
from drivers.field.machine import Concern, Panel
from drivers.field.models import MODELS
from drivers.field.setup import Setup, Surroundings, try_device
from drivers.ports import Port, UsbFacts
from drivers.registry import ConfigurationError, DeviceEntry, make_device, read_devices

READER = Port(
    "serial",
    "/dev/ttyUSB0",
    ("by-path/pci-0000:00:14.0-usb-0:2:1.0-port0",),
    UsbFacts("1a86", "7523", None, "1-2", "."),
)
PRINTER = Port("printer", "/dev/usb/lp0", (), UsbFacts("04b8", "0202", "X7JD", "1-4", "."))


def number(words):
    return str(next(at for at, model in enumerate(MODELS, start=1) if words in model.words))


class Bench:
    """What is plugged in, and how devices answer, as the test says."""

    def __init__(self, *, answers=None):
        self.there = []
        self.answers = answers or {}
        self.tried = []

    def plug(self, *ports):
        def plug():
            self.coming = list(ports)
            return ""

        return plug

    coming = ()

    async def sleep(self, _seconds):
        self.there += [port for port in self.coming if port not in self.there]
        self.coming = ()

    async def probe(self, entry, level):
        self.tried.append((entry.url, level))
        for part, report in self.answers.items():
            if part in entry.url:
                return report if not callable(report) else report(level)
        return HealthReport(level, healthy=False, findings=("timeout",), state=DeviceState.UNKNOWN)

    def around(self, **more):
        usual = {
            "groups": lambda: frozenset({"dialout", "lp", "input"}),
            "thieves": list,
            "panels": list,
            "screens": list,
        }
        return Surroundings(
            ports=lambda: list(self.there), uid=65534, probe=self.probe, sleep=self.sleep, **{**usual, **more}
        )


WELL = HealthReport(HealthLevel.INTERNAL, healthy=True, findings=("answers",), state=DeviceState.ONLINE)


async def test_a_reader_is_found_by_plugging_it_in_and_its_rate_by_its_answer(tmp_path, script):
    bench = Bench(answers={"baud=57600": WELL})
    console = script(number("resident-card reader"), "", bench.plug(READER), "")
    path = tmp_path / "devices.toml"
    assert await Setup(path, console, bench.around()).run() == 0
    [entry] = read_devices(path)
    assert (entry.name, entry.kind, entry.driver) == ("identity-card", "identity_card", "resident_id")
    assert entry.url == "serial:by-path/pci-0000:00:14.0-usb-0:2:1.0-port0?baud=57600"
    assert [url.rpartition("=")[2] for url, _ in bench.tried] == ["115200", "57600"]
    assert any("houzhen-devices check" in line for line in console.said)


async def test_what_is_plugged_in_already_is_not_taken_for_it(tmp_path, script):
    bench = Bench(answers={"usb:": WELL})
    bench.there = [READER]
    console = script(number("printer, USB"), "ticket-printer", bench.plug(PRINTER), "")
    path = tmp_path / "devices.toml"
    assert await Setup(path, console, bench.around()).run() == 0
    [entry] = read_devices(path)
    assert (entry.name, entry.url, entry.profile) == ("ticket-printer", "usb:by-usb/04b8:0202:X7JD", "80mm")


async def test_a_printer_without_paper_has_answered(tmp_path, script):
    empty = HealthReport(HealthLevel.INTERNAL, healthy=False, findings=("paper_out",), state=DeviceState.USER_ERROR)
    bench = Bench(answers={"tcp://192.0.2.7:9100": empty})
    console = script(number("receipt printer, network"), "", "192.0.2.7", "")
    path = tmp_path / "devices.toml"
    assert await Setup(path, console, bench.around()).run() == 0
    assert read_devices(path)[0].url == "tcp://192.0.2.7:9100"
    assert len(console.asked) == 4


async def test_a_scanner_works_at_the_rate_at_which_a_code_comes(tmp_path, script):
    def scanned(level):
        healthy = True if level is HealthLevel.INTERACTIVE else None
        return HealthReport(level, healthy=healthy, findings=("scanned" if healthy else "line_open",))

    mute = HealthReport(HealthLevel.INTERNAL, healthy=None, findings=("line_open",))
    bench = Bench(answers={"baud=9600": mute, "baud=115200": scanned})
    console = script(number("scanner, serial"), "", bench.plug(READER), "")
    path = tmp_path / "devices.toml"
    assert await Setup(path, console, bench.around()).run() == 0
    assert read_devices(path)[0].url.endswith("?baud=115200")
    assert any("Hold a code to it" in line for line in console.said)


async def test_nothing_new_and_no_answer_are_told_and_given_up(tmp_path, script):
    bench = Bench()
    console = script(number("resident-card reader"), "", "", "y", bench.plug(READER), "n", bench.plug(PRINTER), "n", "")
    path = tmp_path / "devices.toml"
    assert await Setup(path, console, bench.around()).run() == 1
    assert not path.exists()
    assert any("No new port was seen" in line for line in console.said)
    assert any("at none of the usual rates" in line for line in console.said)


async def test_what_is_in_the_way_on_the_machine_is_told(tmp_path, script):
    (tmp_path / "kiosk.toml").write_text("[panel]\nwidth_mm = 300\nheight_mm = 500\n")
    bench = Bench(answers={"baud": WELL})
    console = script("y", number("resident-card reader"), "", bench.plug(READER), "")
    touches = iter([(0.95, 0.95), (0.05, 0.95), (0.95, 0.05)])

    async def touch(_node, _timeout):
        return next(touches)

    around = bench.around(
        groups=frozenset,
        thieves=lambda: [Concern("brltty 会占用", "brltty takes ports")],
        panels=lambda: [Panel("HDMI-A-1", 708, 398, 1920, 1080)],
        screens=lambda: [tmp_path / "event3"],
        touch=touch,
    )
    assert await Setup(tmp_path / "devices.toml", console, around).run() == 0
    said = "\n".join(console.said)
    for words in ("brltty takes ports", "not in the group dialout", "width_mm = 708", "turned by 180°", "LIBINPUT"):
        assert words in said, words


async def test_a_panel_of_the_size_that_is_told_is_not_complained_of(tmp_path, script):
    (tmp_path / "kiosk.toml").write_text("[panel]\nwidth_mm = 397\nheight_mm = 708\n")
    console = script("")
    around = Bench().around(panels=lambda: [Panel("HDMI-A-1", 708, 398, 1920, 1080)])
    assert await Setup(tmp_path / "devices.toml", console, around).run() == 1
    assert not any(line.startswith("! kiosk.toml") for line in console.said)


async def test_touches_that_do_not_come_are_told(tmp_path, script):
    async def touch(_node, _timeout):
        return None

    console = script("y", "")
    around = Bench().around(screens=lambda: [tmp_path / "event3"], touch=touch)
    await Setup(tmp_path / "devices.toml", console, around).run()
    assert any("corners were not touched" in line for line in console.said)


async def test_what_stands_in_the_file_stays_and_its_names_are_taken(tmp_path, script):
    path = tmp_path / "devices.toml"
    before = (
        '# ours\n[[device]]\nname = "receipt-printer"\nkind = "receipt_printer"\ndriver = "escpos"\nurl = "tcp://a:1"\n'
    )
    path.write_text(before)
    bench = Bench(answers={"tcp:": WELL})
    console = script(number("receipt printer, network"), "receipt-printer", "", "192.0.2.8:9101", "")
    assert await Setup(path, console, bench.around()).run() == 0
    assert path.read_text().startswith(before.rstrip())
    assert [entry.name for entry in read_devices(path)] == ["receipt-printer", "receipt-printer-2"]


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_who_may_read_a_configuration_stays_so(tmp_path, mode):
    path = tmp_path / "devices.toml"
    path.write_text("")
    path.chmod(mode)
    write_entries(path, [DeviceEntry("x", "receipt_printer", "escpos", "tcp://a:1")])
    assert len(read_devices(path)) == 1
    assert path.stat().st_mode & 0o777 == mode


def test_a_configuration_that_could_not_be_read_is_never_written(tmp_path):
    path = tmp_path / "devices.toml"
    path.write_text("")
    with pytest.raises(ConfigurationError):
        write_entries(path, [DeviceEntry("x", "toaster", "escpos", "tcp://a:1")])
    assert path.read_text() == ""
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.words)
def test_every_model_makes_a_driver(model):
    url = (
        f"{model.scheme}://127.0.0.1:{model.port}{model.path}"
        if model.way == "network"
        else f"serial:///x?baud={model.rates[0]}{model.settings}"
    )
    url = {"usb": "usb:///x", "input": "input:///x", "service": f"{model.scheme}:*"}.get(model.way, url)
    entry = DeviceEntry("x", model.kind, model.driver, url, profile=model.profile, options=dict(model.options))
    assert make_device(entry).info.kind == model.kind


async def test_a_real_driver_is_tried(reader):
    entry = DeviceEntry("x", "identity_card", "resident_id", reader.url)
    assert (await try_device(entry, HealthLevel.INTERNAL)).healthy
    gone = DeviceEntry("x", "identity_card", "resident_id", "serial:///nowhere")
    assert (await try_device(gone, HealthLevel.INTERNAL)).findings == ("no_device",)


def test_setup_by_command_ends_with_the_end_of_input(tmp_path, monkeypatch, capsys):
    def ended(_question):
        raise EOFError

    monkeypatch.setattr("builtins.input", ended)
    monkeypatch.setattr("drivers.field.setup.touch_screens", list)
    assert main(["setup", "--config", str(tmp_path / "devices.toml")]) == 1
    assert "Nothing was written" in capsys.readouterr().out


async def test_a_reader_at_a_service_is_given_by_its_name(tmp_path, script):
    bench = Bench(answers={"pcsc:ACS*": WELL})
    console = script(number("chip-card reader"), "", "HID*", "n", "ACS*", "")
    path = tmp_path / "devices.toml"
    assert await Setup(path, console, bench.around()).run() == 0
    assert [(entry.kind, entry.url) for entry in read_devices(path)] == [("chip_card", "pcsc:ACS*")]
    console = script(number("chip-card reader"), "", "-", "")
    assert await Setup(tmp_path / "other.toml", console, bench.around()).run() == 1
