"""A payment terminal and a document printer are held and told of, although no journey uses them yet."""

from __future__ import annotations

import asyncio

import pytest

from drivers.device import DeviceInfo, DeviceState, Lifecycle
from drivers.registry import ConfigurationError, DeviceEntry
from drivers.supervisor import DeviceView, Loss, Pace, Supervisor
from kiosk.device_watch import DeviceWatch
from kiosk.held_parts import SupervisedParts, make_held_parts, trouble_of
from tests.drivers.conftest import SimulatorProcess
from tests.kiosk.fakes import DEADLINE

PACE = Pace(check=0.05, first=0.05, longest=0.1)


def view(state, *findings, healthy=True, loss=None):
    info = DeviceInfo("x", "payment_terminal", "zvt", "tcp://h:1")
    return DeviceView(info, Lifecycle.ENABLED, state, 0.0, loss is None, healthy, findings, 0.0, loss, 0, None)


@pytest.mark.parametrize(
    ("seen", "trouble"),
    [
        (view(DeviceState.STARTING, healthy=None), None),
        (view(DeviceState.ONLINE, "answers"), None),
        (view(DeviceState.DEVICE_BUSY, "busy"), None),
        (view(DeviceState.ONLINE, "ready", "paper low", "paper_low"), "paper_low"),
        (view(DeviceState.USER_ERROR, "unsettled", healthy=False), "attention"),
        (view(DeviceState.USER_ERROR, "paper_out", healthy=False), "paper_out"),
        (view(DeviceState.USER_ERROR, "cover_open", "paper_low", healthy=False), "cover_open"),
        (view(DeviceState.USER_ERROR, "paper_jam", healthy=False), "attention"),
        (view(DeviceState.OFFLINE, "paused", healthy=False), "attention"),
        (view(DeviceState.HARDWARE_ERROR, "fuser", healthy=False), "failed"),
        (view(DeviceState.UNKNOWN, "timeout", healthy=False), "offline"),
        (view(DeviceState.NO_DEVICE, loss=Loss("gone", DeviceState.NO_DEVICE), healthy=None), "offline"),
        (view(DeviceState.DEVICE_BUSY, loss=Loss("claimed", DeviceState.DEVICE_BUSY), healthy=None), "offline"),
    ],
)
def test_every_state_of_a_held_part_has_its_trouble(seen, trouble):
    assert trouble_of(seen) == trouble


def test_a_kiosk_holds_the_first_of_each_kind_and_needs_none():
    entries = [
        DeviceEntry("reader", "identity_card", "resident_id", "tcp://h:1"),
        DeviceEntry("t1", "payment_terminal", "zvt", "tcp://h:2"),
        DeviceEntry("t2", "payment_terminal", "zvt", "tcp://h:3"),
        DeviceEntry("a4", "document_printer", "ipp", "ipp://h/ipp/print"),
    ]
    assert [device.info.name for device in make_held_parts(entries)] == ["t1", "a4"]
    assert make_held_parts(entries[:1]) == []
    with pytest.raises(ConfigurationError, match="password"):
        make_held_parts([DeviceEntry("t", "payment_terminal", "zvt", "tcp://h:2", options={"password": "x"})])


@pytest.fixture
def simulated():
    kinds = ("payment_terminal", "document_printer")
    both = [SimulatorProcess(f"drivers.{kind}.simulator", "--tcp", "127.0.0.1:0", "--fast") for kind in kinds]
    yield both
    assert [one.end() for one in both] == [0, 0]


async def test_staff_read_of_them_and_what_is_gone_is_found_again(room, simulated):
    terminal, printer = simulated
    held = make_held_parts(
        [
            DeviceEntry("terminal", "payment_terminal", "zvt", terminal.url),
            DeviceEntry("a4", "document_printer", "ipp", printer.url),
        ]
    )
    looked = asyncio.Event()

    async def sleep(seconds):
        looked.set()
        await asyncio.sleep(seconds)

    async with Supervisor(held, pace=PACE, sleep=sleep) as supervisor:
        watch = DeviceWatch(room.devices, room.lobby, room.clock, held=SupervisedParts(held, supervisor))

        async def until(kind, trouble):
            async with asyncio.timeout(DEADLINE):
                while True:
                    looked.clear()
                    await watch.look()
                    told = {one.kind: one for one in room.lobby.devices[-1]}
                    if told[kind].trouble == trouble and told[kind].state != "starting":
                        return told[kind]
                    await looked.wait()

        for kind, name, simulator in (("payment_terminal", "terminal", terminal), ("document_printer", "a4", printer)):
            report = await until(kind, None)
            assert (report.name, report.state) == (name, "online")
            await asyncio.to_thread(simulator.tell, "unplug")
            assert (await until(kind, "offline")).state == "no_device"
            await asyncio.to_thread(simulator.tell, "plug")
            await until(kind, None)
        await asyncio.to_thread(terminal.tell, "paper", state="out")
        assert (await until("payment_terminal", "paper_out")).state == "user_error"
        await asyncio.to_thread(printer.tell, "trouble", reason="media-empty-error")
        assert (await until("document_printer", "paper_out")).state == "user_error"
