"""Every fault of the card terminal, at the wire: its named screen, what the terminal booked, and no second charge."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass, replace

import pytest

from drivers.payment_terminal.driver import ZvtTerminal
from drivers.payment_terminal.link import Timing
from drivers.payment_terminal.port import PaymentOutcome
from drivers.supervisor import Supervisor
from kiosk.faults import FAULTS
from kiosk.journeys.payment import Payment, Refund
from kiosk.journeys.walk import Ended
from kiosk.screen import Kind
from kiosk.terminal import DriverTerminal, terminal_among
from tests.drivers.conftest import SimulatorProcess
from tests.kiosk.fakes import DEADLINE, Room
from tests.kiosk.walking import walking
from tests.kiosk.wire import AT_ONCE

PATIENT = Timing(connect=30, answer=30, gap=5, life=30, after_abort=30, enquiry=30, again=0.02, believe=0.02, margin=30)
"""For what must come, however busy the machine is."""
MUTE = replace(PATIENT, answer=0.4, life=0.4, after_abort=0.4, enquiry=0.8)
"""For an answer that does not come."""
BEFORE = ("pay", 500, 0)
"""What the terminal has on its books before the patient comes: it can name its last transaction."""
PAID = ("pay", 1250, 0)


def simulated(*options):
    end = SimulatorProcess("drivers.payment_terminal.simulator", "--tcp", "127.0.0.1:0", "--fast", *options)
    yield end
    assert end.end() == 0


@pytest.fixture(scope="module")
def quick():
    yield from simulated()


@pytest.fixture(scope="module")
def manual():
    """One whose payments wait for a card."""
    yield from simulated("--manual")


class Counter(Room):
    """A kiosk of fakes but for its card terminal."""

    def __init__(self, far_end: SimulatorProcess, driver: ZvtTerminal, supervisor: Supervisor) -> None:
        super().__init__()
        self.far_end, self.driver, self.supervisor = far_end, driver, supervisor
        self.world = dataclasses.replace(self.world, terminal=terminal_among([driver], supervisor))

    async def tell(self, verb: str, **values: object) -> dict[str, object]:
        """Put a verb to the far end without holding up the driver."""
        return await asyncio.to_thread(self.far_end.tell, verb, **values)

    async def answers_again(self) -> None:
        """Have the far end answer; only then is an answer waited for patiently, since one that was lost never comes."""
        await self.tell("clear_fault")
        self.driver._timing = PATIENT

    async def booked(self) -> list[tuple[str, int, int]]:
        return [(one["kind"], one["fen"], one["code"]) for one in (await self.tell("status"))["transactions"]]

    async def asked(self, command: str) -> int:
        return (await self.tell("status"))["asked"].get(command, 0)

    async def ask_until(self, key: str) -> None:
        """Have it checked again until the terminal is back and says it; it is opened anew meanwhile."""
        async with asyncio.timeout(DEADLINE):
            while True:
                await self.supervisor.device("terminal")
                shown = self.ui.serial
                self.ui.tap("again")
                screen = await self.ui.until(
                    lambda screen, shown=shown: self.ui.serial > shown and screen.kind is Kind.OUTCOME
                )
                if screen.title.key == key:
                    return
                assert screen.staff_code in {"M-20", "M-31"}, screen


async def counter_at(far_end: SimulatorProcess):
    far_end.tell("clear_fault")
    far_end.tell("plug")
    far_end.tell("paper", state="in")
    far_end.tell("clear")
    driver = ZvtTerminal("terminal", far_end.url, timing=PATIENT)
    async with Supervisor([driver], pace=AT_ONCE) as supervisor:
        await supervisor.device("terminal")
        yield Counter(far_end, driver, supervisor)


@pytest.fixture
async def room(quick):
    async for counter in counter_at(quick):
        yield counter


@pytest.fixture
async def waiting(manual):
    async for counter in counter_at(manual):
        yield counter


def breaks(action, **values):
    return "fault", {"action": action, **values}


def declines(code):
    return (breaks("decline", on="pay", value=code),)


@dataclass(frozen=True)
class Case:
    """What happens at the terminal, and the screen the patient is to see. ``booked``: after it, of the patient's."""

    name: str
    happens: tuple[tuple[str, dict[str, object]], ...]
    fault: str
    booked: tuple[tuple[str, int, int], ...] = ()
    timing: Timing = PATIENT


def failed(code):
    return (("pay", 1250, code),)


CASES = [
    Case("off the network", (("unplug", {}),), "terminal_offline"),
    Case("mute before the payment", (breaks("mute", on="last", times=0),), "terminal_offline", timing=MUTE),
    Case("closes the line before", (breaks("close_line", on="last"),), "terminal_offline"),
    Case("busy before the payment", (breaks("refuse", on="last"),), "terminal_busy"),
    Case("not registered", (breaks("refuse", on="pay", value=0x6B),), "terminal_failed"),
    Case("its reader is defective", declines(0xE2), "terminal_failed", failed(0xE2)),
    Case("its day is full", declines(0xB1), "terminal_failed", failed(0xB1)),
    Case("without paper", (("paper", {"state": "out"}),), "terminal_paper_out", failed(0xCC)),
    Case("a card in it", declines(0xDC), "terminal_card_inside", failed(0xDC)),
    Case("declined", declines(0x05), "payment_declined", failed(0x05)),
    Case("the card holds too little", declines(0x71), "payment_declined", failed(0x71)),
    Case("the card is blocked", declines(0x6E), "payment_card", failed(0x6E)),
    Case("wrong PIN", declines(0x37), "payment_pin", failed(0x37)),
    Case("the bank does not answer", declines(0xA1), "payment_bank", failed(0xA1)),
    Case("ended at the terminal", declines(0x6C), "payment_cancelled", failed(0x6C)),
    Case("the payment never arrived", (breaks("mute", on="pay"),), "payment_found_not_done", timing=MUTE),
    Case("the line closed on the payment", (breaks("close_line", on="pay", value=0.01),), "payment_found_not_done"),
    Case("busy with the payment", (breaks("refuse", on="pay"),), "payment_found_not_done"),
    Case("another amount", (breaks("other_amount", on="pay", value=9999),), "payment_unknown", (("pay", 9999, 0),)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_terminals_fault_has_its_screen_and_moved_no_money_but_what_it_says(room, case):
    await room.driver.authorise(500, "visit-0")
    room.driver._timing = case.timing
    for verb, values in case.happens:
        await room.tell(verb, **values)
    async with walking(room, Payment(1250, "visit-1").take) as one:
        screen = await room.ui.until(lambda screen: screen.kind is Kind.OUTCOME)
        assert (screen.title.key, screen.staff_code) == (f"fault.{case.fault}.title", FAULTS[case.fault].code)
        assert await room.booked() == [BEFORE, *case.booked]
        assert await room.asked("pay") <= 2
        room.ui.tap("finish")
        assert await one.ended() is Ended.FAULT


@pytest.mark.parametrize("on", ["pay_taken", "pay_result", "pay_done"])
async def test_an_answer_lost_after_the_money_moved_is_told_as_paid_once(room, on):
    await room.driver.authorise(500, "visit-0")
    await room.tell("fault", action="close_line", on=on, value=0.01)
    async with walking(room, Payment(1250, "visit-1").take) as one:
        await room.ui.until_key("pay.done")
        assert "pay.asking" in [getattr(screen.title, "key", "") for screen in room.ui.screens]
        room.ui.tap("go_on")
        assert await one.ended() is Ended.THROUGH
    assert await room.booked() == [BEFORE, PAID]


async def lose_the_answer(room, on):
    """The terminal falls silent with the payment, and stays so."""
    await room.driver.authorise(500, "visit-0")
    room.driver._timing = MUTE
    await room.tell("fault", action="mute", on=on)
    await room.tell("fault", action="mute", on="last", after=1, times=0)
    await room.tell("fault", action="mute", on="register", times=0)


async def test_unknown_at_first_and_taken_as_the_terminal_says_once_it_is_back(room):
    await lose_the_answer(room, "pay_result")
    async with walking(room, Payment(1250, "visit-1").take) as one:
        await room.ui.until_key("fault.payment_unknown.title")
        await room.answers_again()
        await room.ask_until("pay.done")
        room.ui.tap("go_on")
        assert await one.ended() is Ended.THROUGH
    assert await room.booked() == [BEFORE, PAID]
    assert await room.asked("pay") == 2, "one before, and one of the patient's"


async def test_unknown_at_first_and_not_taken_as_the_terminal_says_once_it_is_back(room):
    await lose_the_answer(room, "pay")
    async with walking(room, Payment(1250, "visit-1").take) as one:
        await room.ui.until_key("fault.payment_unknown.title")
        assert await room.asked("pay") == 2
        await room.answers_again()
        await room.ask_until("fault.payment_found_not_done.title")
        assert await room.booked() == [BEFORE]
        room.ui.tap("again")  # what certainly was not taken may be paid
        assert await one.ended() is Ended.THROUGH
    assert await room.booked() == [BEFORE, PAID]


async def test_what_the_terminal_cannot_say_stays_unknown_and_the_next_patient_pays_elsewhere(room):
    room.driver._timing = MUTE
    await room.tell("fault", action="mute", on="pay")  # nothing was ever paid here: it names no last transaction
    async with walking(room, Payment(1250, "visit-1").take) as one:
        await room.ui.until_key("fault.payment_unknown.title")
        room.driver._timing = PATIENT
        for _ in range(2):
            await room.supervisor.device("terminal")
            shown = room.ui.serial
            room.ui.tap("again")
            screen = await room.ui.until(
                lambda screen, shown=shown: room.ui.serial > shown and screen.kind is Kind.OUTCOME
            )
            assert screen.title.key == "fault.payment_unknown.title"
        room.ui.tap("finish")
        assert await one.ended() is Ended.FAULT
    await room.supervisor.device("terminal")
    async with walking(room, Payment(300, "visit-2").take):
        await room.ui.until_key("fault.terminal_unsettled.title")
    assert await room.asked("pay") == 1
    room.driver.settle("visit-1-1")
    async with walking(room, Payment(300, "visit-3").take) as one:
        assert await one.ended() is Ended.THROUGH


# -- ended before a card came


@pytest.mark.parametrize("who", ["patient", "clock", "stop key"])
async def test_a_payment_that_waits_for_a_card_is_ended(waiting, who):
    async with walking(waiting, Payment(1250, "visit-1").take):
        async with asyncio.timeout(DEADLINE):
            while not (await waiting.tell("status"))["waiting"]:
                pass
        match who:
            case "patient":
                waiting.ui.tap("cancel")
            case "clock":
                await waiting.clock.pass_time(waiting.world.durations.payment + 1)
            case "stop key":
                await waiting.tell("stop")
        fault = "payment_timed_out" if who == "clock" else "payment_cancelled"
        await waiting.ui.until_key(f"fault.{fault}.title")
    assert [code for _, _, code in await waiting.booked()] == [0x6C]


# -- given back


async def paid(room):
    return (await room.driver.authorise(1250, "visit-1")).mark.receipt


@pytest.mark.parametrize(
    ("happens", "fault"),
    [
        ((breaks("decline", on="reverse", value=0xB5),), "refund_failed"),
        ((breaks("refuse", on="reverse", value=0x83),), "refund_failed"),
        ((("paper", {"state": "out"}),), "refund_failed"),
        ((("unplug", {}),), "refund_failed"),
        ((breaks("decline", on="reverse", value=0xB4),), "refund_done_before"),
    ],
    ids=["cannot", "refused", "without paper", "off the network", "given back before"],
)
async def test_money_that_is_not_given_back_has_its_screen(room, happens, fault):
    receipt = await paid(room)
    for verb, values in happens:
        await room.tell(verb, **values)
    async with walking(room, Refund(receipt, 1250, "visit-1-back").give):
        screen = await room.ui.until(lambda screen: screen.kind is Kind.OUTCOME)
        assert (screen.title.key, screen.staff_code) == (f"fault.{fault}.title", FAULTS[fault].code)
    assert ("reverse", 1250, 0) not in await room.booked()


async def test_a_refund_of_which_nobody_knows_is_asked_about_and_given_once(room):
    receipt = await paid(room)
    room.driver._timing = MUTE
    await room.tell("fault", action="mute", on="reverse_result")
    await room.tell("fault", action="mute", on="last", after=1, times=0)
    await room.tell("fault", action="mute", on="register", times=0)
    async with walking(room, Refund(receipt, 1250, "visit-1-back").give) as one:
        await room.ui.until_key("fault.refund_unknown.title")
        await room.answers_again()
        await room.ask_until("pay.refunded")
        room.ui.tap("go_on")
        assert await one.ended() is Ended.THROUGH
    assert await room.booked() == [PAID, ("reverse", 1250, 0)]


# -- the port


async def test_nothing_that_is_open_is_nothing_to_be_found_out(room):
    found = await room.world.terminal.find_out()
    assert (found.outcome, found.error) == (PaymentOutcome.UNKNOWN, "nothing_open")
    assert not await room.world.terminal.cancel()
    assert isinstance(room.world.terminal, DriverTerminal)
    assert terminal_among([], room.supervisor) is None
