import asyncio
from dataclasses import replace

import pytest
import structlog

from drivers.device import (
    CompletionCode,
    DeviceError,
    DeviceEvent,
    DeviceInfo,
    DeviceState,
    HealthLevel,
    HealthReport,
    Lifecycle,
    state_after,
)
from drivers.identity_card.driver import ResidentIdReader
from drivers.payment_terminal.driver import ZvtTerminal
from drivers.payment_terminal.link import Timing
from drivers.registry import DeviceEntry, make_device
from drivers.supervisor import Pace, Supervisor
from drivers.transport import transport_error


class FakeDevice:
    """A device that opens when its test says so."""

    def __init__(self, name="device"):
        self.info = DeviceInfo(name=name, kind="identity_card", driver="fake", url="fake:")
        self.lifecycle = Lifecycle.CLOSED
        self.failure = None
        self.report = HealthReport(HealthLevel.INTERNAL, healthy=True, state=DeviceState.ONLINE)
        self.opened = 0

    async def open(self):
        self.opened += 1
        if self.failure is not None:
            raise self.failure
        self.lifecycle = Lifecycle.OPENED

    async def claim(self, timeout):  # noqa: ASYNC109, ARG002 -- the protocol's
        self.lifecycle = Lifecycle.CLAIMED

    async def enable(self):
        self.lifecycle = Lifecycle.ENABLED

    async def close(self):
        self.lifecycle = Lifecycle.CLOSED

    async def check_health(self, level):  # noqa: ARG002 -- the protocol's
        return self.report


class Sleeps:
    """Time that passes when the test lets it."""

    def __init__(self):
        self.asked = asyncio.Queue()

    async def __call__(self, seconds):
        passed = asyncio.get_running_loop().create_future()
        await self.asked.put((seconds, passed))
        await passed

    async def let_pass(self):
        """Let the next wait end; return how long it would have been."""
        while True:
            seconds, passed = await self.asked.get()
            if not passed.cancelled():
                passed.set_result(None)
                return seconds


@pytest.fixture
def sleeps():
    return Sleeps()


async def seen(events, kind):
    async for event in events:
        if event.kind == kind:
            return event
    raise AssertionError("the events ended")


async def test_a_device_is_ready_after_open_claim_and_enable(sleeps):
    device = FakeDevice()
    async with Supervisor([device], sleep=sleeps) as supervisor:
        assert supervisor.state("device") is DeviceState.STARTING
        assert await supervisor.device("device") is device
        assert device.lifecycle is Lifecycle.ENABLED
        assert supervisor.state("device") is DeviceState.ONLINE
    assert device.lifecycle is Lifecycle.CLOSED


async def test_an_absent_device_is_tried_with_growing_pauses_and_logged_once(sleeps):
    device = FakeDevice()
    device.failure = transport_error("no_device", "fake:")
    with structlog.testing.capture_logs() as logs:
        async with Supervisor([device], sleep=sleeps, pace=Pace(first=1, longest=5)) as supervisor:
            events = supervisor.events()
            assert [await sleeps.let_pass() for _ in range(5)] == [1, 2, 4, 5, 5]
            assert supervisor.state("device") is DeviceState.NO_DEVICE
            assert (await seen(events, "gone")).value == "no_device"
            device.failure = None
            await sleeps.let_pass()
            assert (await seen(events, "back")).value == "fake:"
            assert await supervisor.device("device") is device
            await events.aclose()
    assert [entry["event"] for entry in logs] == ["device_gone", "device_back"]


async def test_the_pauses_begin_anew_after_a_return(sleeps):
    device = FakeDevice()
    device.failure = transport_error("no_device", "fake:")
    async with Supervisor([device], sleep=sleeps, pace=Pace(check=60, first=1)) as supervisor:
        assert [await sleeps.let_pass() for _ in range(3)] == [1, 2, 4]
        device.failure = None
        await supervisor.device("device")
        device.report = HealthReport(HealthLevel.INTERNAL, healthy=False, state=DeviceState.UNKNOWN)
        device.failure = transport_error("no_device", "fake:")
        assert await sleeps.let_pass() == 60
        assert await sleeps.let_pass() == 1


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (transport_error("claimed", "fake:"), DeviceState.DEVICE_BUSY),
        (transport_error("timeout", "fake:"), DeviceState.UNKNOWN),
        (DeviceError(CompletionCode.HARDWARE_ERROR, "self_test", "Broken."), DeviceState.HARDWARE_ERROR),
    ],
)
async def test_why_it_does_not_open_is_its_state(sleeps, failure, state):
    device = FakeDevice()
    device.failure = failure
    async with Supervisor([device], sleep=sleeps) as supervisor:
        await sleeps.let_pass()
        assert supervisor.state("device") is state


async def test_a_device_that_answers_but_is_unwell_stays_open(sleeps):
    device = FakeDevice()
    async with Supervisor([device], sleep=sleeps) as supervisor:
        await supervisor.device("device")
        events = supervisor.events()
        assert (await anext(events)).value == "online"
        device.report = HealthReport(HealthLevel.INTERNAL, healthy=False, state=DeviceState.USER_ERROR)
        await sleeps.let_pass()
        assert (await anext(events)).value == "user_error"
        assert device.opened == 1
        assert device.lifecycle is Lifecycle.ENABLED
        await events.aclose()


async def test_a_report_of_a_loss_is_looked_at_at_once(sleeps):
    device = FakeDevice()
    async with Supervisor([device], sleep=sleeps) as supervisor:
        await supervisor.device("device")
        events = supervisor.events()
        await device.close()
        device.failure = transport_error("no_device", "fake:")
        supervisor.report_lost("device")
        await seen(events, "gone")
        await events.aclose()


async def test_one_dead_device_does_not_hold_up_another(sleeps):
    dead, live = FakeDevice("dead"), FakeDevice("live")
    dead.failure = transport_error("no_device", "fake:")
    async with Supervisor([dead, live], sleep=sleeps) as supervisor:
        assert await supervisor.device("live") is live
        with pytest.raises(KeyError):
            await supervisor.device("unknown")


async def test_a_subscriber_that_sleeps_is_ended_not_misled(sleeps):
    device = FakeDevice()
    async with Supervisor([device], sleep=sleeps) as supervisor:
        await supervisor.device("device")
        events = supervisor.events()
        await anext(events)
        for number in range(300):
            supervisor._publish("device", "state_changed", str(number))
        values = [event.value async for event in events]
        assert values == [str(number) for number in range(1, 256)]


async def test_the_events_end_with_the_supervisor(sleeps):
    async with Supervisor([FakeDevice()], sleep=sleeps) as supervisor:
        await supervisor.device("device")
        events = supervisor.events()
        await anext(events)
    assert [event async for event in events] == []


async def test_a_drivers_own_mistake_is_told_and_raised(sleeps):
    device = FakeDevice()
    device.failure = ZeroDivisionError("a mistake in the driver")
    supervisor = Supervisor([device, FakeDevice("other")], sleep=sleeps)
    with structlog.testing.capture_logs() as logs, pytest.raises(ZeroDivisionError):
        async with supervisor:
            await supervisor.device("other")
    assert [entry["event"] for entry in logs] == ["device_watch_failed", "device_gone"]


@pytest.mark.parametrize("where", ["open", "check_health", "close"])
async def test_after_a_mistake_of_its_driver_a_device_is_away_and_tried_again(sleeps, monkeypatch, where):
    device = FakeDevice()
    works = getattr(device, where)
    healthy, states = asyncio.Event(), []

    async def mistaken(*arguments):
        if not healthy.is_set():
            raise ZeroDivisionError("a mistake in the driver")
        return await works(*arguments)

    async def watch():
        async with Supervisor([device], sleep=sleeps) as supervisor, asyncio.timeout(20):
            events = supervisor.events()
            if where == "close":  # it is closed as it goes
                await supervisor.device("device")
                device.report = HealthReport(HealthLevel.INTERNAL, healthy=False, state=DeviceState.UNKNOWN)
            monkeypatch.setattr(device, where, mistaken)
            for _ in range(3):
                await sleeps.let_pass()
            view = supervisor.view("device")
            assert (view.ready, view.state) == (False, DeviceState.UNKNOWN)
            assert view.loss.error == ("unknown" if where == "close" else "driver_failed")
            healthy.set()
            device.report = HealthReport(HealthLevel.INTERNAL, healthy=True, state=DeviceState.ONLINE)
            await sleeps.let_pass()
            await seen(events, "back")
            states.append(supervisor.state("device"))

    with structlog.testing.capture_logs() as logs, pytest.raises(ZeroDivisionError):
        await watch()
    assert states == [DeviceState.ONLINE], "it was tried again"
    assert [entry["event"] for entry in logs].count("device_watch_failed") == 1, "told once"


@pytest.mark.parametrize("reader", ["pty", "tcp"], indirect=True)
async def test_unplugged_and_plugged_in_again_under_another_name(reader):
    """A real reader process: on a pty it comes back as another one, which only its link tells."""
    device = ResidentIdReader("id-card", reader.url)
    pace = Pace(check=0.05, first=0.02, longest=0.05)
    with structlog.testing.capture_logs() as logs:
        async with Supervisor([device], pace=pace) as supervisor:
            await supervisor.device("id-card")
            events = supervisor.events()
            reader.tell("unplug")
            await seen(events, "gone")
            assert device.lifecycle is Lifecycle.CLOSED
            reader.tell("plug")
            await seen(events, "back")
            reader.tell("lay")
            back = await supervisor.device("id-card")
            assert (await back.read(10)).kind == "resident"
            await events.aclose()
    assert [entry["event"] for entry in logs if entry["event"].startswith("device_")] == [
        "device_gone",
        "device_back",
    ]


async def test_a_mute_device_is_not_one_that_is_not_there(sleeps):
    """Also where its driver closes the line by itself when it hears nothing."""
    device = FakeDevice()
    async with Supervisor([device], sleep=sleeps, pace=Pace(check=60, first=1)) as supervisor:
        await supervisor.device("device")
        await device.close()
        device.report = HealthReport(HealthLevel.INTERNAL, False, ("timeout",), DeviceState.UNKNOWN)  # noqa: FBT003
        device.failure = transport_error("timeout", "fake:")
        assert [await sleeps.let_pass(), await sleeps.let_pass()] == [60, 1]
        assert supervisor.view("device").loss.error == "timeout"
        assert supervisor.state("device") is DeviceState.UNKNOWN
        device.failure = transport_error("no_device", "fake:")
        assert [await sleeps.let_pass(), await sleeps.let_pass()] == [2, 4]
        assert supervisor.state("device") is DeviceState.NO_DEVICE
        assert supervisor.view("device").losses == 1


async def test_a_device_that_closed_itself_and_says_nothing_is_unknown(sleeps):
    device = FakeDevice()
    async with Supervisor([device], sleep=sleeps, pace=Pace(check=60, first=1)) as supervisor:
        await supervisor.device("device")
        await device.close()
        device.failure = transport_error("timeout", "fake:")
        events = supervisor.events()
        await sleeps.let_pass()
        await seen(events, "gone")
        assert supervisor.state("device") is DeviceState.UNKNOWN
        await events.aclose()


async def test_nothing_is_shown_as_well_before_it_was_asked(sleeps):
    device = FakeDevice()
    device.report = HealthReport(
        HealthLevel.INTERNAL, healthy=False, findings=("paper_out",), state=DeviceState.USER_ERROR
    )
    async with Supervisor([device], sleep=sleeps, clock=lambda: 7.0) as supervisor:
        await supervisor.device("device")
        view = supervisor.view("device")
        assert (view.state, view.healthy, view.findings) == (DeviceState.USER_ERROR, False, ("paper_out",))
        assert (view.ready, view.checked, view.loss) == (True, 7.0, None)
        assert supervisor.views() == [view]


async def test_one_that_is_not_in_use_is_tried_at_once_when_somebody_asks(sleeps):
    device = FakeDevice()
    device.failure = transport_error("no_device", "fake:")
    async with Supervisor([device], sleep=sleeps, pace=Pace(first=1), clock=lambda: 7.0) as supervisor:
        await sleeps.let_pass()
        await sleeps.asked.get()
        assert supervisor.view("device").next_try == 9.0
        device.failure = None
        supervisor.report_lost("device")
        assert await supervisor.device("device") is device
        assert supervisor.view("device").next_try is None


async def let_one_pass(sleeps, below):
    """Let the next wait that is shorter end."""
    while True:
        seconds, passed = await sleeps.asked.get()
        if not passed.cancelled() and seconds < below:
            passed.set_result(None)
            return seconds


async def test_a_device_that_tells_without_end_is_looked_at_now_and_then(sleeps):
    device, now = TellingDevice(), [100.0]
    async with Supervisor([device], sleep=sleeps, pace=Pace(soonest=0.5), clock=lambda: now[0]) as supervisor:
        await supervisor.device("device")
        events = supervisor.events()
        assert (await anext(events)).value == "online"
        for state in (DeviceState.USER_ERROR, DeviceState.ONLINE, DeviceState.HARDWARE_ERROR):
            device.report = HealthReport(HealthLevel.INTERNAL, healthy=True, state=state)
            device.on_event(DeviceEvent("device", "contact", "door", 1.0))
            assert (await anext(events)).value == "door"
            if state is not DeviceState.USER_ERROR:
                assert await let_one_pass(sleeps, below=1.0) == pytest.approx(0.4)
            assert (await anext(events)).value == state.value
            now[0] += 0.1
        await events.aclose()


class TellingDevice(FakeDevice):
    on_event = None


async def test_what_a_device_tells_is_passed_on_and_has_it_looked_at(sleeps):
    device = TellingDevice()
    async with Supervisor([device], sleep=sleeps) as supervisor:
        await supervisor.device("device")
        events = supervisor.events()
        assert (await anext(events)).value == "online"
        device.report = HealthReport(HealthLevel.INTERNAL, healthy=True, state=DeviceState.USER_ERROR)
        device.on_event(DeviceEvent("device", "paper_changed", "out", 1.0))
        assert (await anext(events)).value == "out"
        assert (await anext(events)).value == "user_error"
        await device.close()
        device.report = HealthReport(
            HealthLevel.INTERNAL, healthy=False, findings=("gone",), state=DeviceState.NO_DEVICE
        )
        device.failure = transport_error("no_device", "fake:")
        device.on_event(DeviceEvent("device", "line_lost", "gone", 2.0))
        await let_one_pass(sleeps, below=1.0)
        assert (await anext(events)).value == "no_device"
        assert (await anext(events)).kind == "gone"
        await events.aclose()
    assert device.on_event is None


@pytest.mark.parametrize(
    ("code", "error", "state"),
    [
        (CompletionCode.TIMEOUT, "timeout", DeviceState.UNKNOWN),
        (CompletionCode.TIMEOUT, "no_answer", DeviceState.UNKNOWN),
        (CompletionCode.CANCELED, "canceled", DeviceState.UNKNOWN),
        (CompletionCode.DEVICE_NOT_READY, "gone", DeviceState.NO_DEVICE),
        (CompletionCode.DEVICE_NOT_READY, "claimed", DeviceState.DEVICE_BUSY),
        (CompletionCode.DEVICE_NOT_READY, "busy", DeviceState.DEVICE_BUSY),
        (CompletionCode.DEVICE_NOT_READY, "access", DeviceState.OFFLINE),
        (CompletionCode.INVALID_DATA, "ambiguous", DeviceState.OFFLINE),
        (CompletionCode.INVALID_DATA, "bad_url", DeviceState.NO_DEVICE),
        (CompletionCode.SEQUENCE_ERROR, "closed", DeviceState.UNKNOWN),
        (CompletionCode.USER_ERROR, "paper_out", DeviceState.USER_ERROR),
        (CompletionCode.HARDWARE_ERROR, "self_test", DeviceState.HARDWARE_ERROR),
    ],
)
def test_the_state_that_an_error_means(code, error, state):
    assert state_after(DeviceError(code, error, "Sentence.")) is state


@pytest.mark.parametrize("line", ["pty", "tcp"])
@pytest.mark.parametrize("kind", ["receipt_printer", "scanner", "cabinet", "identity_card", "call_display"])
async def test_a_line_that_breaks_is_noticed_before_anybody_asks(start_simulator, kind, line, tmp_path):
    options = {"cabinet": {"lights": ["slot"], "contacts": []}, "call_display": {"board": 1, "digits": 3}}
    drivers = {"receipt_printer": "escpos", "scanner": "serial_scanner", "cabinet": "cabinet_board"}
    driver = (drivers | {"identity_card": "resident_id", "call_display": "numeric_board"})[kind]
    where = ["--tcp", "127.0.0.1:0"] if line == "tcp" else ["--pty", "--link", str(tmp_path / "line")]
    simulator = start_simulator(f"drivers.{kind}.simulator", *where, "--fast")
    device = make_device(DeviceEntry("device", kind, driver, simulator.url, options=options.get(kind, {})))
    async with Supervisor([device], pace=Pace(check=3600, first=0.05, longest=0.05)) as supervisor:
        await supervisor.device("device")
        events = supervisor.events()
        await asyncio.to_thread(simulator.tell, "unplug")
        await seen(events, "gone")
        await asyncio.to_thread(simulator.tell, "plug")
        await seen(events, "back")
        await events.aclose()


async def test_a_terminal_that_falls_mute_and_closes_its_line_itself_is_mute_and_not_away(start_simulator):
    """Its driver closes the line when it hears nothing, so that a late answer is not taken for a payment's."""
    simulator = start_simulator("drivers.payment_terminal.simulator", "--tcp", "127.0.0.1:0", "--fast")
    timing = Timing(connect=30, answer=30)
    terminal = ZvtTerminal("terminal", simulator.url, timing=timing)
    async with Supervisor([terminal], pace=Pace(check=3600, first=3600)) as supervisor:
        await supervisor.device("terminal")
        events = supervisor.events()
        await asyncio.to_thread(simulator.tell, "fault", action="mute", times=0)
        terminal._timing = replace(timing, answer=0.05)
        terminal._connection._timing = terminal._timing
        with pytest.raises(DeviceError) as caught:
            await terminal.authorise(100, "visit-1")
        assert caught.value.code is CompletionCode.TIMEOUT
        assert terminal.lifecycle is Lifecycle.CLOSED
        assert (await seen(events, "gone")).value == "timeout"
        assert supervisor.state("terminal") is DeviceState.UNKNOWN
        await events.aclose()
