"""A machine's ports, in a /dev and a /sys of the test's own."""

import asyncio
import json

import pytest

from drivers.cli import main
from drivers.device import DeviceError, DeviceState
from drivers.identity_card.driver import ResidentIdReader
from drivers.ports import Port, Roots, find_port, list_ports
from drivers.supervisor import Pace, Supervisor

BY_PATH = "pci-0000:00:14.0-usb-0:{place}:1.0-port0"


class Machine:
    """The part of /dev and /sys that tells of ports."""

    def __init__(self, folder):
        self.roots = Roots(folder / "dev", folder / "sys")
        for path in ("dev/serial/by-id", "dev/serial/by-path", "dev/usb", "dev/input/by-id", "sys/class/tty"):
            (folder / path).mkdir(parents=True)

    def _usb(self, socket, vendor, product, serial=None, model=None):
        device = self.roots.sys / "devices" / "usb1" / socket
        part = device / f"{socket}:1.0"
        part.mkdir(parents=True)
        facts = {"idVendor": vendor, "idProduct": product, "serial": serial, "product": model, "manufacturer": "Acme"}
        for name, value in facts.items():
            if value is not None:
                (device / name).write_text(f"{value}\n")
        (part / "bInterfaceNumber").write_text("00\n")
        return part

    def plug_serial(self, node, socket, vendor, product, serial=None, *, by_id=None, target=None):
        part = self._usb(socket, vendor, product, serial, model="Adapter")
        device = self.roots.dev / node
        device.symlink_to(target) if target else device.touch()
        (self.roots.sys / "class" / "tty" / node).mkdir()
        (self.roots.sys / "class" / "tty" / node / "device").symlink_to(part)
        by_path = BY_PATH.format(place=socket.partition("-")[2])
        links = [f"by-path/{by_path}", f"by-path/{by_path.replace('usb-', 'usbv2-')}"]
        for link in [*links, *([f"by-id/{by_id}"] if by_id else [])]:
            at = self.roots.dev / "serial" / link
            at.unlink(missing_ok=True)
            at.symlink_to(device)

    def plug_printer(self, node, socket, vendor, product, serial=None):
        part = self._usb(socket, vendor, product, serial, model="Printer")
        (self.roots.dev / "usb" / node).touch()
        entry = self.roots.sys / "class" / "usbmisc" / node
        entry.mkdir(parents=True)
        (entry / "device").symlink_to(part)

    def uart(self, node, kind):
        (self.roots.dev / node).touch()
        entry = self.roots.sys / "class" / "tty" / node
        entry.mkdir()
        (entry / "device").mkdir()
        (entry / "type").write_text(f"{kind}\n")


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def refusal(machine, name, kind="serial"):
    with pytest.raises(DeviceError) as caught:
        find_port(kind, f"{kind}:{name}", name, machine.roots)
    return caught.value


def test_ports_are_listed_with_the_address_that_stays(machine):
    machine.uart("ttyS0", 4)
    machine.uart("ttyS1", 0)  # the kernel keeps the node, but there is no chip
    machine.plug_serial("ttyUSB0", "1-2", "0403", "6001", "A50285BI", by_id="usb-FTDI_A50285BI-if00-port0")
    machine.plug_serial("ttyUSB1", "1-3.1", "1a86", "7523", by_id="usb-1a86_USB_Serial-if00-port0")
    machine.plug_printer("lp0", "1-4", "04b8", "0202", "X7JD")
    machine.plug_printer("lp1", "1-5", "0416", "5011")
    keyboard = machine.roots.dev / "input" / "event4"
    keyboard.touch()
    (machine.roots.dev / "input" / "by-id" / "usb-Scanner-event-kbd").symlink_to(keyboard)
    assert [port.url for port in list_ports(machine.roots)] == [
        f"serial://{machine.roots.dev}/ttyS0",
        "serial:by-id/usb-FTDI_A50285BI-if00-port0",
        "serial:by-path/pci-0000:00:14.0-usb-0:3.1:1.0-port0",
        "usb:by-usb/04b8:0202:X7JD",
        "usb:by-usb/0416:5011@1-5",
        "input:by-id/usb-Scanner-event-kbd",
    ]
    assert str(list_ports(machine.roots)[1]).endswith("ttyUSB0 (Acme Adapter, 0403:6001, socket 1-2)")


def test_every_address_that_is_listed_means_its_port(machine):
    machine.plug_serial("ttyUSB0", "1-2", "0403", "6001", "A50285BI", by_id="usb-FTDI_A50285BI-if00-port0")
    machine.plug_serial("ttyUSB1", "1-3", "1a86", "7523", by_id="usb-1a86_USB_Serial-if00-port0")
    machine.plug_printer("lp0", "1-4", "04b8", "0202", "X7JD")
    for port in list_ports(machine.roots):
        assert find_port(port.kind, port.url, port.stable, machine.roots).resolve() == port.node.resolve()


def test_two_alike_with_one_serial_number_are_listed_by_their_sockets(machine):
    for at in range(2):
        machine.plug_serial(f"ttyUSB{at}", f"1-{at + 2}", "10c4", "ea60", "K7", by_id="usb-Silicon_Labs_CP2102_K7")
        machine.plug_printer(f"lp{at}", f"1-{at + 4}", "04b8", "0202", "J03")
    ports = list_ports(machine.roots)
    assert [port.stable for port in ports] == [
        *(f"by-path/{BY_PATH.format(place=place)}" for place in (2, 3)),
        *(f"by-usb/04b8:0202@1-{place}" for place in (4, 5)),
    ]
    for port in ports:
        assert find_port(port.kind, port.url, port.stable, machine.roots).resolve() == port.node.resolve()
    assert refusal(machine, "by-usb/10c4:ea60:K7").error == "ambiguous"


def test_a_number_that_a_whole_make_has_is_not_taken_for_a_name(machine):
    machine.plug_serial("ttyUSB0", "1-2", "10c4", "ea60", "0001", by_id="usb-Silicon_Labs_CP2102_0001")
    machine.plug_printer("lp0", "1-4", "04b8", "0202", "00000000")
    assert [port.stable for port in list_ports(machine.roots)] == [
        f"by-path/{BY_PATH.format(place=2)}",
        "by-usb/04b8:0202@1-4",
    ]


def test_usb_numbers_mean_a_port(machine):
    machine.plug_serial("ttyUSB0", "1-2", "0403", "6001", "A50285BI")
    machine.plug_serial("ttyUSB1", "1-3", "0403", "6001", "B")
    dev = machine.roots.dev
    assert find_port("serial", "", "by-usb/0403:6001:B", machine.roots) == dev / "ttyUSB1"
    assert find_port("serial", "", "by-usb/0403:6001@1-2", machine.roots) == dev / "ttyUSB0"
    assert refusal(machine, "by-usb/0403:6001:C").error == "no_device"
    both = refusal(machine, "by-usb/0403:6001")
    assert both.error == "ambiguous"
    assert "usb-0:2:1.0" in both.message
    assert "usb-0:3:1.0" in both.message
    assert refusal(machine, "by-usb/FTDI").error == "bad_url"
    assert refusal(machine, "by-id/x", "printer").error == "bad_url"


def test_two_alike_without_a_serial_number_are_refused_by_both_names(machine):
    """udev gives both the same name by-id; the second plugged in takes it from the first."""
    machine.plug_serial("ttyUSB0", "1-2", "1a86", "7523", by_id="usb-1a86_USB_Serial-if00-port0")
    name = "by-id/usb-1a86_USB_Serial-if00-port0"
    assert find_port("serial", "", name, machine.roots).resolve() == machine.roots.dev / "ttyUSB0"
    machine.plug_serial("ttyUSB1", "1-3", "1a86", "7523", by_id="usb-1a86_USB_Serial-if00-port0")
    both = refusal(machine, name)
    assert both.error == "ambiguous"
    assert BY_PATH.format(place="2") in both.message
    assert BY_PATH.format(place="3") in both.message
    one = find_port("serial", "", f"by-path/{BY_PATH.format(place='2')}", machine.roots)
    assert one.resolve() == machine.roots.dev / "ttyUSB0"


def test_a_pattern_for_two_names_is_refused_and_two_names_of_one_port_are_not(machine):
    machine.plug_serial("ttyUSB0", "1-2", "0403", "6001", "A", by_id="usb-FTDI_A")
    assert find_port("serial", "", "by-path/pci-*:2:1.0-port0", machine.roots).resolve().name == "ttyUSB0"
    machine.plug_serial("ttyUSB1", "1-3", "0403", "6001", "B", by_id="usb-FTDI_B")
    assert "usb-FTDI_A, usb-FTDI_B" in refusal(machine, "by-id/usb-FTDI*").message


def test_a_machine_without_ports_has_none(tmp_path):
    assert list_ports(Roots(tmp_path, tmp_path)) == []


def test_a_port_off_the_bus_is_named_by_its_node(tmp_path):
    assert Port("serial", tmp_path / "ttyS0").url == f"serial://{tmp_path}/ttyS0"


async def test_a_device_comes_back_at_another_node_by_the_name_that_moved(machine, start_simulator, monkeypatch):
    """Two readers' ptys are one adapter before and after it was plugged in again: only its name by-id moves."""
    monkeypatch.setattr("drivers.ports.ROOTS", machine.roots)
    first, second = (start_simulator("drivers.identity_card.simulator", "--pty", "--fast") for _ in range(2))
    link = machine.roots.dev / "serial" / "by-id" / "usb-Acme_Reader_0001-if00"
    link.symlink_to(first.url.removeprefix("serial://").partition("?")[0])
    device = ResidentIdReader("id-card", "serial:by-id/usb-Acme_Reader_*")
    async with Supervisor([device], pace=Pace(check=0.05, first=0.02, longest=0.05)) as supervisor:
        await supervisor.device("id-card")
        before = supervisor.view("id-card").info.serial
        events = supervisor.events()
        link.unlink()
        first.end()
        async with asyncio.timeout(60):
            async for event in events:
                if event.kind == "gone":
                    break
        view = supervisor.view("id-card")
        assert (view.ready, view.losses, view.state) == (False, 1, DeviceState.NO_DEVICE)
        link.symlink_to(second.url.removeprefix("serial://").partition("?")[0])
        async with asyncio.timeout(60):
            assert await supervisor.device("id-card") is device
        second.tell("lay")
        assert (await device.read(30)).kind == "resident"
        assert before == supervisor.view("id-card").info.serial
        await events.aclose()


def test_what_is_plugged_in_is_listed_by_command(machine, monkeypatch, capsys):
    monkeypatch.setattr("drivers.ports.ROOTS", machine.roots)
    machine.plug_printer("lp0", "1-4", "04b8", "0202", "X7JD")
    machine.uart("ttyS0", 4)
    assert main(["ports"]) == 0
    assert "usb:by-usb/04b8:0202:X7JD" in capsys.readouterr().out
    assert main(["ports", "--json"]) == 0
    uart, printer = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (uart["kind"], uart["usb"]) == ("serial", None)
    assert (printer["url"], printer["usb"]["serial"]) == ("usb:by-usb/04b8:0202:X7JD", "X7JD")
