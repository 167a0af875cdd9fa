import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.chip_card.pcsc import SOCKET_VARIABLE
from drivers.cli import main
from drivers.registry import KINDS, ConfigurationError, DeviceEntry, read_devices
from drivers.simulation import simulator_command, stands_there
from drivers.stand_ins import no_chip_cards

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def configure(tmp_path):
    path = tmp_path / "devices.toml"

    def configure(url, more=""):
        path.write_text(
            f'[[device]]\nname = "id-card"\nkind = "identity_card"\ndriver = "resident_id"\nurl = "{url}"\n{more}'
        )
        return str(path)

    return configure


def test_list(configure, capsys):
    config = configure("tcp://127.0.0.1:9")
    assert main(["list", "--config", config]) == 0
    assert "identity_card" in capsys.readouterr().out
    assert main(["list", "--json", "--config", config]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": "id-card",
        "kind": "identity_card",
        "driver": "resident_id",
        "url": "tcp://127.0.0.1:9",
        "profile": None,
    }


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
def test_check_of_a_device_that_is_well(configure, capsys, reader):
    config = configure(reader.url)
    assert main(["check", "--config", config]) == 0
    said = capsys.readouterr().out
    assert said == "id-card: well: answers, self_test\n  应答正常 answers\n  自检 self-test\n"
    assert main(["check", "id-card", "--json", "--config", config]) == 0
    assert json.loads(capsys.readouterr().out)["state"] == "online"


def test_check_of_a_device_that_is_not_there(configure, capsys):
    config = configure("serial:///dev/does-not-exist")
    assert main(["check", "--config", config]) == 1
    said = capsys.readouterr().out
    assert "id-card: NOT WELL: no_device" in said
    assert "Check its plug" in said
    assert main(["check", "--json", "--config", config]) == 1
    assert json.loads(capsys.readouterr().out)["healthy"] is False


def test_check_of_a_device_that_refuses(configure, capsys, reader):
    reader.tell("fault", action="refuse", on="status", value=0x60)
    assert main(["check", "--config", configure(reader.url)]) == 1
    assert "self_test" in capsys.readouterr().out


def test_wrong_use_is_told(configure, capsys, tmp_path):
    assert main(["check", "toaster", "--config", configure("tcp://127.0.0.1:9")]) == 2
    assert "there is no device 'toaster'; there are: id-card" in capsys.readouterr().err
    assert main(["list", "--config", str(tmp_path / "none.toml")]) == 2
    assert "none.toml" in capsys.readouterr().err
    assert main(["simulate", "all", "--config", configure("usb:///dev/usb/lp0", "simulator = {x = 1}")]) == 2
    assert "simulator.x = 1 is not understood" in capsys.readouterr().err


def entry(url, **simulator):
    return DeviceEntry("x", "identity_card", "resident_id", url, simulator=simulator)


@pytest.mark.parametrize(
    ("url", "simulator", "options"),
    [
        ("tcp://127.0.0.1:9201?baud=9600", {}, ["--tcp", "127.0.0.1:9201", "--baud", "9600"]),
        ("tcp://192.0.2.7:9100", {}, ["--tcp", "127.0.0.1:0"]),
        ("serial:///dev/ttyUSB0", {}, ["--pty"]),
        ("serial:by-id/usb-*", {"fast": True}, ["--pty", "--fast"]),
        ("usb:///dev/usb/lp0", {"fast": False, "control": "127.0.0.1:0"}, ["--pty", "--control", "127.0.0.1:0"]),
    ],
)
def test_a_simulator_stands_where_the_device_is_configured(url, simulator, options):
    command = simulator_command(entry(url, **simulator))
    assert command[1:] == ["-m", "drivers.identity_card.simulator", "--parent-stdin", *options]


@pytest.mark.parametrize(
    ("profile", "options"),
    [
        (None, []),
        ("80mm", ["--width", "80"]),
        ("58mm", ["--width", "58"]),
        ("80mm-basic", ["--width", "80", "--basic"]),
        ("58mm-basic", ["--width", "58", "--basic"]),
        ("somebody else's", []),
    ],
)
def test_a_simulator_is_of_the_configured_model(profile, options):
    device = DeviceEntry("x", "receipt_printer", "escpos", "serial:///dev/ttyS0?baud=38400", profile=profile)
    command = simulator_command(device)
    assert command[2:] == ["drivers.receipt_printer.simulator", "--parent-stdin", "--pty", "--baud", "38400", *options]


@pytest.mark.parametrize(
    ("driver", "url", "given", "options"),
    [
        ("keyboard_scanner", "input:by-id/usb-*-event-kbd", {}, ["--pty", "--keyboard"]),
        ("serial_scanner", "serial:by-id/usb-*", {}, ["--pty"]),
        (
            "serial_scanner",
            "tcp://127.0.0.1:9301",
            {"suffix": "\r", "prefix": "\x02", "trigger": True},
            ["--tcp", "127.0.0.1:9301", "--suffix", "0d", "--prefix", "02", "--trigger"],
        ),
    ],
)
def test_a_simulated_scanner_is_set_up_as_configured(driver, url, given, options):
    command = simulator_command(DeviceEntry("x", "scanner", driver, url, options=given))
    assert command[2:] == ["drivers.scanner.simulator", "--parent-stdin", *options]


@pytest.mark.parametrize(
    ("url", "given", "options"),
    [
        ("tcp://127.0.0.1:20007", {}, ["--tcp", "127.0.0.1:20007"]),
        ("serial:///dev/ttyS0", {}, ["--pty"]),
        ("tcp://127.0.0.1:4001?baud=9600", {"framing": "serial"}, ["--tcp", "127.0.0.1:4001", "--baud", "9600"]),
    ],
)
def test_a_simulated_terminal_frames_as_configured(url, given, options):
    command = simulator_command(DeviceEntry("x", "payment_terminal", "zvt", url, options=given))
    framing = ["--framing", "serial"] if given else []
    assert command[2:] == ["drivers.payment_terminal.simulator", "--parent-stdin", *options, *framing]


def test_a_simulated_card_brings_a_service_where_the_configuration_says(tmp_path):
    socket = tmp_path / "run" / "pcscd"
    device = DeviceEntry("x", "chip_card", "pcsc", f"pcsc:Virtual*?socket={socket}")
    assert simulator_command(device)[2:] == ["drivers.chip_card.simulator", "--parent-stdin", "--socket", str(socket)]
    assert socket.parent.is_dir()
    device = DeviceEntry("x", "chip_card", "pcsc", "pcsc:Virtual*")
    assert simulator_command(device)[2:] == ["drivers.chip_card.simulator", "--parent-stdin"]


def test_a_rate_that_is_none_is_told():
    with pytest.raises(ConfigurationError, match="baud = 'fast' is not a rate"):
        simulator_command(entry("serial:///dev/ttyS0?baud=fast"))


def test_a_link_outside_dev_is_made_in_its_folder(links):
    command = simulator_command(entry(f"serial://{links}/run/id-card"))
    assert command[-3:] == ["--pty", "--link", f"{links}/run/id-card"]
    assert (links / "run").is_dir()
    assert stands_there("serial:///dev/shm/run/id-card")
    assert not stands_there("serial:///dev/ttyS0")
    with pytest.raises(ConfigurationError, match=r"simulator\.fast = 'yes'"):
        simulator_command(entry("tcp://127.0.0.1:1", fast="yes"))


def test_simulate_stands_in_for_every_kind_until_its_input_closes(configure, capsys, links):
    printer = 'name = "printer"\nkind = "receipt_printer"\ndriver = "escpos"\n'
    scanner = 'name = "scanner"\nkind = "scanner"\ndriver = "serial_scanner"\n'
    terminal = 'name = "terminal"\nkind = "payment_terminal"\ndriver = "zvt"\n'
    wedge = 'name = "wedge"\nkind = "scanner"\ndriver = "keyboard_scanner"\n'
    config = configure(
        f"serial://{links}/id-card",
        "simulator = {fast = true}\n"
        f'[[device]]\n{printer}url = "serial://{links}/printer"\nsimulator = {{fast = true}}\n'
        f'[[device]]\n{scanner}url = "serial://{links}/scanner"\nsimulator = {{fast = true}}\n'
        f'[[device]]\n{terminal}url = "serial://{links}/terminal"\nsimulator = {{fast = true}}\n'
        f'[[device]]\n{wedge}url = "input://{links}/wedge?grab=0"\nsimulator = {{fast = true}}\n',
    )
    with subprocess.Popen(
        [sys.executable, "-m", "drivers.cli", "simulate", "all", "--config", config, "--parent-stdin"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        kinds = {"id-card": "identity_card", "printer": "receipt_printer", "scanner": "scanner"}
        kinds |= {"terminal": "payment_terminal", "wedge": "scanner"}
        for name, kind in kinds.items():
            announced = json.loads(process.stdout.readline())
            assert (announced["name"], announced["kind"]) == (name, kind)
            assert announced["url"].startswith(f"serial://{links}/{name}?baud=")
            assert announced["control"].startswith("tcp://127.0.0.1:")
        assert main(["check", "--config", config]) == 0
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    assert list(links.iterdir()) == []
    said = capsys.readouterr().out
    assert "id-card: well" in said
    assert "printer: well" in said
    assert "scanner: cannot tell: line_open" in said
    assert "wedge: cannot tell: line_open" in said
    assert "terminal: well: answers" in said


PLAN = """
[[fault]]
device = "reader"
action = "refuse"
on = "status"
value = 0x60
times = 0

[[fault]]
device = "cabinet"
action = "mute"
times = 0
"""


def test_one_of_each_is_a_kiosk_without_hardware_and_a_plan_means_a_device_by_its_name(tmp_path):
    (tmp_path / "plan.toml").write_text(PLAN)
    lobby = tmp_path / "lobby"
    command = [sys.executable, "-m", "drivers.cli", "simulate", "all", "--one-of-each", str(lobby), "--parent-stdin"]
    with subprocess.Popen(
        [*command, "--fast", "--faults", str(tmp_path / "plan.toml")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert json.loads(process.stdout.readline())["name"] == "reader"
        config = lobby / "devices.toml"  # written before anything is said
        kinds = {entry.kind for entry in read_devices(config)}
        assert kinds == set(KINDS) - ({"chip_card"} if no_chip_cards() else set())
        # By a program of its own: one program uses one card service, and another test's may be this one's already.
        checked = subprocess.run(
            [sys.executable, "-m", "drivers.cli", "check", "--json", "--config", str(config)],
            env={name: value for name, value in os.environ.items() if name != SOCKET_VARIABLE},
            stdout=subprocess.PIPE,
            cwd=ROOT,
            check=False,
        )
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    assert checked.returncode == 1
    found = [json.loads(line) for line in checked.stdout.splitlines()]
    assert [one["name"] for one in found if one["healthy"] is False] == ["reader", "cabinet"]


def test_an_interrupt_at_the_keyboard_ends_it_in_peace(configure, tmp_path):
    config = configure(f"serial://{tmp_path}/id-card")
    # A terminal interrupts whoever is in its group: this program and whatever it started there.
    with subprocess.Popen(
        simulate("all", config), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert json.loads(process.stdout.readline())["name"] == "id-card"
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            assert [child for child in children if os.getpgid(int(child)) == process.pid] == []
            os.killpg(process.pid, signal.SIGINT)
            assert process.wait(timeout=60) == 0
            assert process.stderr.read() == b""
        finally:
            process.stdin.close()


def test_where_simulators_stand_is_printed_as_a_configuration(tmp_path):
    path = tmp_path / "devices.toml"
    path.write_text(
        '[[device]]\nname = "bay-3"\nkind = "scanner"\ndriver = "keyboard_scanner"\nurl = "input:by-id/usb-*"\n'
        "gap = 0.2\nsimulator = {fast = true}\n"
    )
    with subprocess.Popen(
        [*simulate("all", str(path)), "--write", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as process:
        said = [process.stdout.readline().decode() for _ in range(7)]
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    assert said[0].startswith("# control: tcp://127.0.0.1:")
    path.write_text("".join(said))
    [entry] = read_devices(path)
    assert (entry.name, entry.driver, entry.options, entry.simulator) == (
        "bay-3",
        "keyboard_scanner",
        {"gap": 0.2},
        {},
    )
    assert entry.url.startswith("input:///dev/pts/")


def test_a_simulator_that_cannot_start_is_told(configure):
    config = configure("tcp://127.0.0.1:9201", 'simulator = {faults = "/nowhere.toml"}')
    ended = subprocess.run(
        [sys.executable, "-m", "drivers.cli", "simulate", "id-card", "--config", config],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "its simulator did not start" in ended.stderr


def test_a_fault_plan_is_played_by_command(configure, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\naction = "refuse"\non = "status"\nvalue = 0x60\ntimes = 0\n')
    config = configure(f"serial://{tmp_path}/id-card")
    with subprocess.Popen(
        [*simulate("id-card", config), "--fast", "--faults", str(plan)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    ) as process:
        assert json.loads(process.stdout.readline())["name"] == "id-card"
        assert main(["check", "--config", config]) == 1
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def simulate(name, config):
    return [sys.executable, "-m", "drivers.cli", "simulate", name, "--config", config, "--parent-stdin"]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ('[[fault]]\naction = "mute"\nonce = 1\n', "plan.toml: fault 1: there is no key 'once'"),
        ("[[fault]]\naction = 3\n", "plan.toml: fault 1: action = 3 is not the name of an action"),
        ('[[fault]]\naction = "mute"\ntimes = -1\n', "times = -1 is not a whole number from 0"),
        ('[[fault]]\naction = "mute"\ndevice = 3\n', "fault 1: device = 3 is not a device here; there are id-card"),
        ('[[fault]]\naction = "mute"\ndevice = "x"\n', "device = 'x' is not a device here; there are id-card"),
        ("[fault]\n", "a fault plan holds [[fault]] entries and nothing else"),
        ("fault = ", "plan.toml: "),
    ],
)
def test_a_fault_plan_that_cannot_be_is_refused_before_anything_starts(configure, capsys, tmp_path, plan, words):
    (tmp_path / "plan.toml").write_text(plan)
    command = ["simulate", "all", "--faults", str(tmp_path / "plan.toml"), "--config", configure("tcp://127.0.0.1:9")]
    assert main(command) == 2
    assert words in capsys.readouterr().err
