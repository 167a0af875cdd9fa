"""The board's own program, driven by the real driver over a pty, and its behaviour alone, byte by byte."""

import ast
import asyncio
import contextlib
import json
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cabinet.codec import Asked, BoardState, Cause, Deframer, Pattern, Reply, question
from drivers.cabinet.driver import CabinetBoard, Contact, ContactChange, Plan
from drivers.cabinet.simulator import SimulatedCabinet
from tests.drivers.cabinet.conftest import PATIENT
from tests.drivers.conftest import in_use

PROGRAM = Path(__file__).with_name("board_machine.py")
CORE = runpy.run_path(str(PROGRAM.parents[3] / "packaging" / "cabinet_board" / "board.py"))
Board = CORE["Board"]
PLAN = Plan(("identity_card", "receipt_printer"), ("door", "tamper", "service_key"), frozenset({"service_key"}), 5)
LIGHT_PIN, DOOR_PIN, TAMPER_PIN, RESET_PIN = 2, 10, 11, 15
LIMIT = 30


class Machine:
    """The program's process: its address, its pins."""

    def __init__(self, folder, speed):
        self.url = f"serial://{folder / 'board'}?baud=115200"
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, str(PROGRAM), str(folder / "board"), str(theirs.fileno()), str(speed)]
            self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        self._link = ours
        self._lines = ours.makefile("rwb")
        self.ask()  # it has begun

    def ask(self, **question):
        self._lines.write(json.dumps(question).encode() + b"\n")
        self._lines.flush()
        return json.loads(self._lines.readline())

    async def until(self, holds):
        """Ask until the pins are so; each question is put while the driver goes on."""
        async with asyncio.timeout(LIMIT):
            while not holds(pins := await asyncio.to_thread(self.ask)):
                pass
        return pins

    def end(self):
        self._lines.close()
        self._link.close()
        assert self.process.wait(timeout=LIMIT) == 0


@contextlib.contextmanager
def running(folder, speed=1.0):
    machine = Machine(folder, speed)
    yield machine
    machine.end()


@pytest.fixture(scope="module")
def _machine(tmp_path_factory):
    with running(tmp_path_factory.mktemp("board")) as machine:
        yield machine


@pytest.fixture
def machine(_machine):
    for pin in range(10, 14):
        _machine.ask(pin=pin, value=0)
    return _machine


def opened(machine, plan=PLAN):
    return in_use(CabinetBoard("cabinet", machine.url, plan, timing=PATIENT))


# -- by the real driver


async def test_the_driver_takes_the_board_into_use_and_lights_it(machine):
    async with opened(machine) as device:
        assert (device.info.model, device.info.serial) == ("firmware 1.0", "8300C0DE")
        assert (device.identity.lights, device.identity.contacts, device.identity.has_watchdog) == (4, 4, True)
        await device.light("identity_card", Pattern.CONTINUOUS, 50)
        pins = await machine.until(lambda pins: pins["duties"][str(LIGHT_PIN)] == 50 * 65535 // 100)
        assert pins["duties"][str(LIGHT_PIN + 1)] == 0
        await device.light("identity_card", Pattern.QUICK)
        await machine.until(lambda pins: pins["duties"][str(LIGHT_PIN)] == 65535)
        await machine.until(lambda pins: pins["duties"][str(LIGHT_PIN)] == 0)
        await device.light("identity_card", Pattern.OFF)
        assert machine.ask()["fed"] > 0


async def test_the_driver_hears_a_contact_and_clears_its_latch(machine):
    async with opened(machine) as device:
        heard = asyncio.Queue()
        device.listen(heard.put_nowait)
        await asyncio.to_thread(machine.ask, pin=TAMPER_PIN, value=1)
        async with asyncio.timeout(LIMIT):
            assert await heard.get() == ContactChange(Contact("tamper", active=True, latched=True), 1)
            await asyncio.to_thread(machine.ask, pin=TAMPER_PIN, value=0)
            assert await heard.get() == ContactChange(Contact("tamper", active=False, latched=True), 1)
        await device.clear_latch("tamper")
        assert device.contacts()[1] == Contact("tamper", active=False, latched=False)


async def test_a_contact_that_moved_while_no_host_was_there_is_latched(machine):
    before = machine.ask()["fed"]
    machine.ask(pin=DOOR_PIN, value=1)
    # Its debounce time passes by its own clock, of which every round of its loop is a millisecond and more.
    await machine.until(lambda pins: pins["fed"] > before + 200)
    machine.ask(pin=DOOR_PIN, value=0)
    async with opened(machine) as device:
        assert device.contacts()[0].latched
        await device.clear_latch("door")


async def test_a_host_that_is_silent_leaves_the_lights_out_and_its_machine_is_restarted_once(tmp_path):
    with running(tmp_path, speed=40) as machine:
        async with opened(machine) as device:
            await device.light("receipt_printer", Pattern.CONTINUOUS)
            await device.feed_watchdog(60)
            await machine.until(lambda pins: pins["duties"][str(LIGHT_PIN + 1)])
        await machine.until(lambda pins: pins["duties"][str(LIGHT_PIN + 1)] == 0)
        pins = await machine.until(lambda pins: pins["rises"][str(RESET_PIN)] and not pins["outputs"][str(RESET_PIN)])
        assert pins["rises"][str(RESET_PIN)] == 1
        await machine.until(lambda again: again["fed"] > pins["fed"] + 200)
        assert machine.ask()["rises"][str(RESET_PIN)] == 1


# -- alone


@pytest.mark.parametrize(
    ("name", "imported"),
    [("board.py", set()), ("main.py", {"select", "sys", "time", "machine", "micropython", "board"})],
)
def test_it_keeps_to_what_micropython_has(name, imported):
    tree = ast.parse((PROGRAM.parents[3] / "packaging" / "cabinet_board" / name).read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert named == imported
    lacking = (ast.Match, ast.TryStar, ast.AsyncFunctionDef, ast.MatMult, ast.TypeIgnore)
    assert [node for node in nodes if isinstance(node, lacking)] == []
    keywords = {word.arg for node in nodes if isinstance(node, ast.Call) for word in node.keywords}
    assert "strict" not in keywords
    assert not any(getattr(node, "decorator_list", []) for node in nodes)


def board(lights=4, contacts=3, has_watchdog=True, now=0):  # noqa: FBT002
    return Board(lights, [True] * contacts, has_watchdog, bytes.fromhex("00C0FFEE"), now)


def test_the_golden_frames_of_the_protocol(monkeypatch):
    monkeypatch.setitem(Board.hear.__globals__, "FIRMWARE", (2, 7))
    one = board()
    for asked, answered in (
        ("00 05 01 01 3E 1F 00", "00 03 81 01 07 01 02 07 04 03 01 06 C0 FF EE 29 1F 00"),
        ("00 03 02 02 05 02 64 F2 A7 00", "00 03 82 02 03 FF C4 00"),
    ):
        assert one.hear(bytes.fromhex(asked), 0).hex(" ").upper() == answered
    one._sequence = 6
    for contact, (closed, latched, changes) in zip(
        one._contacts, [(True, False, 7), (False, True, 1), (True, False, 1)], strict=True
    ):
        contact.closed, contact.latched, contact.changes = closed, latched, changes
    told = one._told(Cause.CHANGED, 16_999)
    assert told.hex(" ").upper() == "00 03 C0 07 01 01 03 10 02 02 05 07 02 07 01 01 CB 12 00"


def heard(data):
    return Deframer().feed(data)


@given(st.lists(st.tuples(st.integers(0, 8), st.binary(max_size=4), st.binary(max_size=5)), max_size=12))
@settings(max_examples=60)
def test_it_answers_as_the_simulator_does_whatever_it_is_asked(asked):
    """Two programs after one description: results and states are the same, through all settings."""

    async def both():
        firmware = board()
        simulated = SimulatedCabinet(4, 3, has_watchdog=True, scale=1.0)
        simulated._started = asyncio.get_running_loop().time()
        names = {1: "identify", 2: "light", 3: "state", 4: "debounce", 5: "watchdog", 6: "clear"}
        for number, (kind, payload, noise) in enumerate(asked):
            frame = CORE["packed"](bytes([kind, number]) + payload)
            (reply,) = heard(firmware.hear(noise.replace(b"\0", b"") + frame, 0))
            result, data = simulated._carry_out(names.get(kind, "unknown"), payload)
            assert (reply.sequence, reply.result) == (number, result)
            assert reply.data == data or kind == Asked.IDENTIFY
        await simulated._power_cycle()  # no timer is left

    asyncio.run(both())


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_noise_is_never_answered_and_harms_nothing(pieces):
    one = board()
    assert all(isinstance(one.hear(piece, 0), bytes) for piece in pieces)
    assert len(one._held) <= CORE["MOST_HELD"]
    assert heard(one.hear(b"\0" + question(Asked.WATCHDOG, 9, b"\x3c"), 0))[-1] == Reply(Asked.WATCHDOG, 9, 0, b"")


@given(st.lists(st.integers(1, 80), min_size=1, max_size=30), st.integers(5, 60))
def test_a_change_counts_once_it_has_held_still_for_its_time(holds, debounce):
    one = board(contacts=1)
    one.hear(question(Asked.DEBOUNCE, 1, bytes([0]) + debounce.to_bytes(2, "big")), 0)
    now, level, closed, counted, latched = 0, True, True, 0, False
    for held in holds:
        level = not level
        if held > debounce and level != closed:  # looked at each millisecond, from the one after it moved
            closed, counted = level, counted + 1
            latched = latched or not closed
        for _ in range(held):
            now += 1
            one.look([level], now)
    (reply,) = heard(one.hear(question(Asked.STATE, 2), now))
    state = reply.data
    assert (state[5:7], state[7:9], state[9]) == (
        closed.to_bytes(2, "big"),
        latched.to_bytes(2, "big"),
        counted % 256,
    )


def test_what_it_tells_by_itself():
    one = board()
    told = [(at, one_told.cause) for at in range(0, 3001, 500) for one_told in heard(one.look([True] * 3, at))]
    assert told == [(0, Cause.STARTED), (1000, Cause.HEARTBEAT), (2000, Cause.HEARTBEAT), (3000, Cause.HEARTBEAT)]
    one.look([False, True, True], 3001)
    (changed,) = heard(one.look([False, True, True], 3060))
    expected = BoardState(3, Cause.CHANGED, (False, True, True), (True, False, False), (1, 0, 0))
    assert changed == expected


def test_a_board_without_the_wire_refuses_the_watchdog_and_none_is_fed_too_shortly():
    (refused,) = heard(board(has_watchdog=False).hear(question(Asked.WATCHDOG, 1, b"\x3c"), 0))
    (too_short,) = heard(board().hear(question(Asked.WATCHDOG, 1, b"\x09"), 0))
    assert (refused.result, too_short.result) == (4, 3)


def test_a_pulled_watchdog_sleeps_until_it_is_fed_again():
    one = board()
    pulled = []
    one.hear(question(Asked.WATCHDOG, 1, b"\x0a"), 0)
    for now in range(0, 40_000, 100):
        if now == 25_000:
            one.hear(question(Asked.WATCHDOG, 2, b"\x0a"), now)
        one.look([True] * 3, now)
        if one.pulls():
            pulled.append(now)
    assert pulled == [10_000, 35_000]
