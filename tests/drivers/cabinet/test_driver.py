"""Lights, contacts and the watchdog, against the simulated board at the wire."""

import asyncio
from dataclasses import replace

import pytest

from drivers.cabinet.codec import Pattern
from drivers.cabinet.driver import CabinetBoard, Contact, ContactChange, Plan
from drivers.device import CompletionCode, DeviceError, DeviceState, HealthLevel
from drivers.registry import ConfigurationError, DeviceEntry, make_device
from drivers.supervisor import Pace, Supervisor
from tests.drivers.cabinet.conftest import IMPATIENT, PATIENT, PLAN, opened
from tests.drivers.conftest import tell

REST = (
    Contact("door", active=False, latched=False),
    Contact("tamper", active=False, latched=False),
    Contact("service_key", active=False, latched=False),
)


def changes_of(device):
    changes = asyncio.Queue()
    device.listen(changes.put_nowait)

    async def following():
        async with asyncio.timeout(20):
            return await changes.get()

    return following


async def refused(awaitable):
    with pytest.raises(DeviceError) as caught:
        await awaitable
    return caught.value


# -- when all is well


@pytest.mark.parametrize("board", ["pty", "tcp"], indirect=True)
async def test_it_says_what_it_is_and_what_its_contacts_are(board):
    async with opened(board) as device:
        assert (device.identity.version, device.identity.firmware, device.identity.serial) == (1, "2.7", "00C0FFEE")
        assert (device.info.model, device.info.serial) == ("firmware 2.7", "00C0FFEE")
        assert device.contacts() == REST
        report = await device.check_health(HealthLevel.INTERNAL)
        assert (report.healthy, report.state, report.findings) == (True, DeviceState.ONLINE, ("ready",))
    assert board.tell("status")["debounce_ms"][:3] == [5, 5, 5]


async def test_a_light_shines_as_it_is_told_and_goes_out(board):
    async with opened(board) as device:
        await device.light("receipt_printer", Pattern.QUICK, 80)
        assert board.tell("status")["lights"][:2] == [[0, 0], [3, 80]]
        await device.light("receipt_printer", Pattern.OFF)
        assert board.tell("status")["lights"][:2] == [[0, 0], [0, 0]]
        failure = await refused(device.light("window", Pattern.SLOW))
        assert (failure.error, failure.code) == ("unknown_light", CompletionCode.INVALID_DATA)
        assert "identity_card, receipt_printer" in failure.message
        with pytest.raises(ValueError, match="101"):
            await device.light("identity_card", Pattern.SLOW, 101)


@pytest.mark.parametrize("moves", [True, False])
async def test_somebody_sees_its_lights_and_opens_its_door(board, moves):
    timing = replace(PATIENT, show=0.01, person=20 if moves else 0.05)
    async with opened(board, timing=timing) as device:
        report = await device.check_health(HealthLevel.EXTERNAL)
        assert (report.healthy, report.findings) == (True, ("ready", "lights_out"))
        before = board.tell("status")["asked"]["light"]
        checking = asyncio.ensure_future(device.check_health(HealthLevel.INTERACTIVE))
        if moves:
            await tell(board, "wait_light", number=1, pattern=2)
            await tell(board, "wait_light", number=1, pattern=0)
            await tell(board, "contact", number=0, state="open")
        report = await checking
        moved = "door moved" if moves else "no_contact_moved"
        assert (report.healthy, report.findings) == (moves, ("ready", "lights_out", moved))
        assert board.tell("status")["asked"]["light"] == before + 4


async def test_each_contact_is_told_bit_by_bit(board):
    async with opened(board) as device:
        await tell(board, "contact", number=0, state="open")
        bits = await device.status_bits()
        assert [(bit.source, bit.mask, bit.is_set) for bit in bits] == [
            ("closed", 1, False), ("closed", 2, True), ("closed", 4, False),
            ("latched", 1, True), ("latched", 2, False), ("latched", 4, False),
        ]  # fmt: skip
        assert bits[0].en == "door is closed"
        device._connection._timing = IMPATIENT
        await tell(board, "fault", action="mute", times=0)
        assert await device.status_bits() == []


async def test_what_an_earlier_host_left_burning_is_put_out(board):
    async with opened(board) as device:
        await device.light("identity_card", Pattern.CONTINUOUS)
    async with opened(board):
        assert board.tell("status")["lights"][0] == [0, 0]


async def test_the_board_puts_its_lights_out_when_nobody_speaks_to_it(hasty):
    async with opened(hasty) as device:
        await device.light("identity_card", Pattern.SLOW)
        await tell(hasty, "wait_light", number=0, pattern=0)


async def test_a_contact_that_changes_is_told_at_once(board):
    async with opened(board) as device:
        following = changes_of(device)
        await tell(board, "contact", number=0, state="open")
        assert await following() == ContactChange(Contact("door", active=True, latched=True), 1)
        await tell(board, "contact", number=2, state="closed")
        assert await following() == ContactChange(Contact("service_key", active=True, latched=False), 1)
        report = await device.check_health(HealthLevel.INTERNAL)
        assert report.findings == ("ready", "door active", "service_key active")


async def test_nobody_is_told_of_a_contact_that_flutters(board):
    async with opened(board, plan=Plan(PLAN.lights, PLAN.contacts, PLAN.normally_open, debounce_ms=40)) as device:
        following = changes_of(device)
        await tell(board, "bounce", number=0, times=9)
        await tell(board, "contact", number=1, state="open")
        assert (await following()).contact.name == "tamper"


async def test_a_latch_stays_until_it_is_cleared_at_rest(board):
    async with opened(board) as device:
        await tell(board, "contact", number=1, state="open")
        await device.clear_latch("tamper")
        assert device.contacts()[1] == Contact("tamper", active=True, latched=True)  # not at rest: it latches at once
        await tell(board, "contact", number=1, state="closed")
        await device.check_health(HealthLevel.INTERNAL)
        assert device.contacts()[1] == Contact("tamper", active=False, latched=True)
        await device.clear_latch("tamper")
        assert device.contacts()[1] == Contact("tamper", active=False, latched=False)
        with pytest.raises(KeyError):
            await device.clear_latch("window")


async def test_what_happened_while_nobody_was_there_is_latched(board):
    board.tell("contact", number=1, state="open")
    board.tell("contact", number=1, state="closed")
    async with opened(board) as device:
        assert device.contacts()[1] == Contact("tamper", active=False, latched=True)


# -- the watchdog


async def test_a_watchdog_that_is_not_fed_pulls_once(hasty):
    async with opened(hasty) as device:
        await device.feed_watchdog(10)
        await tell(hasty, "wait_reset", count=1)
        status = await tell(hasty, "status")
        assert (status["resets"], status["watchdog"]) == (1, 0)
        await device.feed_watchdog(255)
        await device.feed_watchdog(0)
        assert (await tell(hasty, "status"))["watchdog"] == 0


@pytest.mark.parametrize("seconds", [1, 9, 256, -1])
async def test_a_watchdog_shorter_than_a_machine_starts_is_refused(board, seconds):
    async with opened(board) as device:
        with pytest.raises(ValueError, match=str(seconds)):
            await device.feed_watchdog(seconds)


async def test_a_board_without_the_wire_says_so(start_simulator):
    board = start_simulator("drivers.cabinet.simulator", "--no-watchdog", "--fast")
    async with opened(board) as device:
        failure = await refused(device.feed_watchdog(60))
        assert failure.error == "refused"
        assert "not_fitted" in failure.message


# -- faults


async def test_an_event_that_was_lost_is_made_up_for_by_the_next_state(board):
    async with opened(board) as device:
        following = changes_of(device)
        await tell(board, "fault", action="lose_event", on="event", times=2)
        await tell(board, "contact", number=0, state="open")
        await tell(board, "contact", number=0, state="closed")
        change = await following()  # by the heartbeat
        assert change == ContactChange(Contact("door", active=False, latched=True), 2)


@pytest.mark.parametrize("action", ["garbage_prefix", "byte_by_byte", "slow"])
async def test_noise_and_slowness_change_nothing(board, action):
    async with opened(board) as device:
        await tell(board, "fault", action=action, times=0, **({"value": 115200} if action == "slow" else {}))
        await device.light("identity_card", Pattern.SLOW)
        assert (await device.check_health(HealthLevel.INTERNAL)).healthy


@pytest.mark.parametrize("action", ["mute", "bad_checksum", "half_frame", "late"])
async def test_an_answer_that_is_lost_is_asked_for_once_more(board, action):
    async with opened(board) as device:
        device._timing = IMPATIENT
        device._connection._timing = IMPATIENT
        await tell(board, "fault", action=action, on="light", **({"value": 0.3} if action == "late" else {}))
        await device.light("identity_card", Pattern.SLOW)
        status = await tell(board, "status")
        assert status["lights"][0] == [2, 100]
        assert status["asked"]["light"] >= 4


async def test_a_mute_board_is_unknown_and_never_well(board):
    async with opened(board) as device:
        device._connection._timing = IMPATIENT
        await tell(board, "fault", action="mute", times=0)
        assert (await refused(device.light("identity_card", Pattern.SLOW))).error == "timeout"
        report = await device.check_health(HealthLevel.INTERNAL)
        assert (report.healthy, report.state, report.findings) == (False, DeviceState.UNKNOWN, ("timeout",))


async def test_a_board_that_refuses_says_what(board):
    async with opened(board) as device:
        await tell(board, "fault", action="refuse", on="light")
        assert "wrong_value" in (await refused(device.light("identity_card", Pattern.SLOW))).message
        await tell(board, "fault", action="refuse", on="light", value=9)
        assert "(9)" in (await refused(device.light("identity_card", Pattern.SLOW))).message


async def test_a_board_of_another_version_is_not_used(board):
    board.tell("fault", action="other_version", on="identify")
    device = CabinetBoard("cabinet", board.url, PLAN, timing=PATIENT)
    await device.open()
    await device.claim(1)
    failure = await refused(device.enable())
    assert (failure.error, failure.code) == ("version", CompletionCode.UNSUPPORTED)
    assert "version 2" in failure.message
    await device.close()


@pytest.mark.parametrize(
    ("plan", "what"), [(Plan(lights=tuple("abcde")), "5 lights"), (Plan(contacts=tuple("abcde")), "5 contacts")]
)
async def test_a_board_with_less_than_the_entry_names_is_not_used(board, plan, what):
    device = CabinetBoard("cabinet", board.url, plan, timing=PATIENT)
    await device.open()
    await device.claim(1)
    failure = await refused(device.enable())
    assert failure.error == "not_fitted"
    assert what in failure.message
    assert "has 4" in failure.message
    await device.close()


async def test_a_board_that_restarted_is_opened_anew(board):
    async with opened(board) as device:
        await device.light("identity_card", Pattern.SLOW)
        await tell(board, "power_cycle")
        report = await device.check_health(HealthLevel.INTERNAL)
        assert (report.healthy, report.state, report.findings) == (False, DeviceState.NO_DEVICE, ("restarted",))


async def test_a_board_that_lost_its_power_while_it_was_away_is_opened_once(board):
    device = CabinetBoard("cabinet", board.url, PLAN, timing=PATIENT)
    for happened_before in (lambda: tell(board, "status"), lambda: lose_power_later(board, device)):
        await happened_before()
        await device.open()
        await device.claim(1)
        await device.enable()
        report = await device.check_health(HealthLevel.INTERNAL)
        assert (report.healthy, report.findings) == (True, ("ready",))
        await device.close()


async def lose_power_later(board, device):
    """Have the board forget everything, once it has been on for a second."""
    async with asyncio.timeout(20):
        while True:
            await device.open()
            await device.claim(1)
            await device.enable()
            has_run = device._state.uptime
            await device.close()
            if has_run:
                break
    await tell(board, "power_cycle")


async def test_an_unplugged_board_comes_back_with_what_changed_meanwhile(board):
    device = CabinetBoard("cabinet", board.url, PLAN, timing=PATIENT)
    following = changes_of(device)
    async with Supervisor([device], pace=Pace(check=3600, first=0.02, longest=0.1)) as supervisor:
        events = supervisor.events()

        async def until(kind):
            async with asyncio.timeout(20):
                async for event in events:
                    if event.kind == kind:
                        return

        await supervisor.device("cabinet")
        await tell(board, "unplug")
        supervisor.report_lost("cabinet")
        await until("gone")
        await tell(board, "contact", number=0, state="open")
        await tell(board, "plug")
        await until("back")
        assert await following() == ContactChange(Contact("door", active=True, latched=True), 1)


# -- from configuration


def entry(**options):
    return DeviceEntry("cabinet", "cabinet", "cabinet_board", "serial:///dev/ttyS0", options=options)


def test_an_entry_names_what_is_wired_to_the_board():
    device = make_device(
        entry(lights=["identity_card"], contacts=["door", "key"], normally_open=["key"], debounce_ms=20)
    )
    assert isinstance(device, CabinetBoard)
    assert device.plan == Plan(("identity_card",), ("door", "key"), frozenset({"key"}), 20)
    assert make_device(entry()).plan == Plan()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lamps": []}, "no option 'lamps'"),
        ({"lights": "one"}, "lights = 'one' must be a list of names"),
        ({"lights": ["a", "a"]}, "each once"),
        ({"contacts": [str(number) for number in range(17)]}, "at most 16"),
        ({"contacts": ["door"], "normally_open": ["key"]}, "normally_open names 'key'"),
        ({"debounce_ms": 4}, "debounce_ms = 4 is not 5 to 1000"),
        ({"debounce_ms": True}, "debounce_ms = True"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_name(options, words):
    with pytest.raises(ConfigurationError, match="device") as caught:
        make_device(entry(**options))
    assert words in str(caught.value)
