"""Paying by card and giving money back: the steps, without any terminal. Money is asked for once."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest

from drivers.payment_terminal.port import PaymentOutcome, Stage
from kiosk.faults import FAULTS
from kiosk.journeys.payment import Payment, Refund
from kiosk.journeys.walk import Ended
from kiosk.money import yuan
from kiosk.ports import Paid
from kiosk.screen import Drawing, Kind, Mark
from kiosk.words import Catalogue, say
from tests.kiosk import people
from tests.kiosk.fakes import settle
from tests.kiosk.walking import walking

DONE, NOT_DONE, UNKNOWN = PaymentOutcome.DONE, PaymentOutcome.NOT_DONE, PaymentOutcome.UNKNOWN


class FakeTerminal:
    """A terminal that a test moves: it takes what it is asked for, and ends when it is told how."""

    name = "terminal"

    def __init__(self):
        self.asked = []
        self.enquiries = 0
        self.cancelled = 0
        self.hears = True
        self.told = None
        self._outcomes = asyncio.Queue()

    def end(self, outcome, error=None):
        self._outcomes.put_nowait(Paid(outcome, error))

    def break_down(self):
        self._outcomes.put_nowait(RuntimeError("a mistake of this kiosk"))

    async def pay(self, amount_fen, reference, told):
        self.asked.append((amount_fen, reference))
        self.told = told
        return await self._ended()

    async def take_back(self, receipt, amount_fen, reference, told):
        self.asked.append((receipt, amount_fen, reference))
        self.told = told
        return await self._ended()

    async def find_out(self):
        self.enquiries += 1
        return await self._ended()

    async def _ended(self):
        outcome = await self._outcomes.get()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def cancel(self):
        self.cancelled += 1
        if isinstance(self.hears, Exception):
            raise self.hears
        return self.hears


@pytest.fixture
def terminal(room):
    terminal = FakeTerminal()
    room.world = dataclasses.replace(room.world, terminal=terminal)
    return terminal


@pytest.fixture
async def paying(room, terminal):
    assert room.world.terminal is terminal
    async with walking(room, Payment(1250, "visit-1").take) as one:
        await room.ui.until_key("pay.title")
        yield one


async def test_a_payment_is_asked_for_once_and_leads_on(room, terminal, paying):
    for step, (stage, key, drawing) in enumerate(
        (
            (Stage.CARD, "pay.title", Drawing.PAY_CARD),
            (Stage.PIN, "pay.pin", Drawing.ENTER_PIN),
            (Stage.HOST, "pay.bank", Drawing.ASK_BANK),
            (Stage.REMOVE_CARD, "pay.take_card", Drawing.PULL_BANK_CARD),
        )
    ):
        terminal.told(stage)
        screen = await room.ui.until_key(key)
        assert (screen.secondary is not None) == (stage in {Stage.CARD, Stage.PIN}), "the bank is not interrupted"
        assert not screen.home
        assert screen.drawing is drawing, "what the patient's hands are to do is shown"
        assert (screen.kind, screen.at_step, len(screen.steps)) == (Kind.PROGRESS, step, 4)
        assert screen.facts[0].value == "¥12.50"
    terminal.end(DONE)
    assert await paying.ended() is Ended.THROUGH
    assert terminal.asked == [(1250, "visit-1-1")]
    assert (terminal.enquiries, terminal.cancelled) == (0, 0)


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("declined", "payment_declined"),
        ("card", "payment_card"),
        ("pin", "payment_pin"),
        ("host", "payment_bank"),
        ("paper_out", "terminal_paper_out"),
        ("card_inserted", "terminal_card_inside"),
        ("aborted", "payment_cancelled"),
        ("unsettled", "terminal_unsettled"),
        ("no_device", "terminal_offline"),
        ("ambiguous", "terminal_offline"),
        ("busy", "terminal_busy"),
        ("not_registered", "terminal_failed"),
        ("not_executed", "payment_not_done"),
    ],
)
async def test_what_was_not_taken_is_told_so_and_paid_anew_by_the_patients_touch_alone(
    room, terminal, paying, error, fault
):
    terminal.end(NOT_DONE, error)
    screen = await room.ui.until_key(f"fault.{fault}.title")
    assert (screen.kind, screen.staff_code) == (Kind.OUTCOME, FAULTS[fault].code)
    assert dict(screen.lead.values)["where"] == people.DESK
    await room.clock.pass_time(15)
    assert len(terminal.asked) == 1, "not by itself"
    if FAULTS[fault].again:
        room.ui.tap("again")
        await room.ui.until_key("pay.title")
        terminal.end(DONE)
        assert await paying.ended() is Ended.THROUGH
        assert [reference for _, reference in terminal.asked] == ["visit-1-1", "visit-1-2"]
    else:
        room.ui.tap("finish")
        assert await paying.ended() is Ended.FAULT


async def to_unknown(room, terminal):
    terminal.told(Stage.ASKING)
    screen = await room.ui.until_key("pay.asking")
    assert (screen.lead.key, screen.secondary) == ("pay.asking_lead", None)
    terminal.end(UNKNOWN, "timeout")
    screen = await room.ui.until_key("fault.payment_unknown.title")
    assert (screen.primary.label.key, screen.mark) == ("action.ask_again", Mark.ATTENTION)
    assert dict(screen.title.values)["amount"] == "¥12.50"


async def test_what_is_unknown_is_asked_about_and_was_taken(room, terminal, paying):
    await to_unknown(room, terminal)
    room.ui.tap("again")
    await room.ui.until_key("pay.asking")
    terminal.end(DONE)
    screen = await room.ui.until_key("pay.done")
    assert (screen.mark, dict(screen.title.values)["amount"]) == (Mark.DONE, "¥12.50")
    room.ui.tap("go_on")
    assert await paying.ended() is Ended.THROUGH
    assert (len(terminal.asked), terminal.enquiries) == (1, 1)


async def test_what_is_unknown_is_asked_about_and_was_not_taken(room, terminal, paying):
    await to_unknown(room, terminal)
    room.ui.tap("again")
    await room.ui.until_key("pay.asking")
    terminal.end(NOT_DONE, "not_executed")
    screen = await room.ui.until_key("fault.payment_found_not_done.title")
    assert screen.primary.label.key == "action.pay_again"
    assert len(terminal.asked) == 1
    room.ui.tap("again")
    await room.ui.until_key("pay.title")
    terminal.end(DONE)
    assert await paying.ended() is Ended.THROUGH
    assert (len(terminal.asked), terminal.enquiries) == (2, 1)


async def test_what_stays_unknown_is_asked_about_as_often_as_the_patient_likes_and_never_paid_again(
    room, terminal, paying
):
    await to_unknown(room, terminal)
    for asked in range(1, 4):
        room.ui.tap("again")
        await room.ui.until_key("pay.asking")
        terminal.end(UNKNOWN, "cannot_say")
        await room.ui.until_key("fault.payment_unknown.title")
        assert (len(terminal.asked), terminal.enquiries) == (1, asked)
    room.ui.tap("finish")
    assert await paying.ended() is Ended.FAULT


async def test_an_enquiry_that_answers_at_once_is_told_too(room, terminal, paying):
    terminal.told(Stage.ASKING)
    await room.ui.until_key("pay.asking")
    terminal.end(DONE)
    await room.ui.until_key("pay.done")
    room.ui.tap("go_on")
    assert await paying.ended() is Ended.THROUGH


async def test_a_mistake_of_this_kiosk_leaves_it_unknown(room, terminal, paying):
    assert not paying.task.done()
    terminal.break_down()
    await room.ui.until_key("fault.payment_unknown.title")
    room.ui.tap("again")
    await room.ui.until_key("pay.asking")
    terminal.break_down()
    await room.ui.until_key("fault.payment_unknown.title")
    assert (len(terminal.asked), terminal.enquiries) == (1, 1)


async def test_the_patient_cancels(room, terminal, paying):
    assert not paying.task.done()
    room.ui.tap("cancel")
    await room.ui.until_key("pay.ending")
    assert terminal.cancelled == 1
    terminal.end(NOT_DONE, "aborted")
    await room.ui.until_key("fault.payment_cancelled.title")


async def test_a_touch_is_not_lost_when_the_terminal_says_the_same_again(room, terminal, paying):
    assert not paying.task.done()
    serial = room.ui.serial
    terminal.told(Stage.CARD)
    await settle()
    room.ui.tap("cancel", serial=serial)
    await room.ui.until_key("pay.ending")
    assert terminal.cancelled == 1


@pytest.mark.parametrize("ticks", range(8))
async def test_a_touch_is_not_lost_when_the_terminal_speaks_at_the_same_moment(room, terminal, paying, ticks):
    assert not paying.task.done()
    room.ui.tap("cancel")
    for _ in range(ticks):
        await asyncio.sleep(0)
    terminal.told(Stage.CARD)
    await room.ui.until_key("pay.ending")
    assert terminal.cancelled == 1


async def test_a_wish_to_cancel_before_the_terminal_has_begun_is_told_to_it_when_it_begins(room, terminal, paying):
    assert not paying.task.done()
    terminal.hears = False  # the payment waits for its turn behind a check of the terminal
    room.ui.tap("cancel")
    await room.ui.until_key("pay.ending")
    assert terminal.cancelled == 1
    terminal.hears = True
    terminal.told(Stage.CARD)
    await settle()
    terminal.told(Stage.CARD)
    await settle()
    assert terminal.cancelled == 2, "until it was heard, and not again"
    terminal.end(NOT_DONE, "aborted")
    await room.ui.until_key("fault.payment_cancelled.title")


async def test_a_terminal_that_fails_when_it_is_to_cancel_is_heard_to_its_end(room, terminal, paying):
    assert not paying.task.done()
    terminal.hears = RuntimeError("a mistake of a driver")
    room.ui.tap("cancel")
    await room.ui.until_key("pay.ending")
    terminal.told(Stage.HOST)
    await room.ui.until_key("pay.bank")
    terminal.end(DONE)
    await room.ui.until_key("pay.done")
    room.ui.tap("go_on")
    assert await paying.ended() is Ended.THROUGH


async def test_what_was_taken_is_not_asked_for_again_though_the_step_runs_again(room, terminal):
    payment = Payment(1250, "visit-1")
    async with walking(room, payment.take, payment.take) as one:
        await room.ui.until_key("pay.title")
        terminal.end(DONE)
        assert await one.ended() is Ended.THROUGH
    assert len(terminal.asked) == 1


async def test_too_late_to_cancel_says_that_it_was_paid(room, terminal, paying):
    room.ui.tap("cancel")
    await room.ui.until_key("pay.ending")
    terminal.told(Stage.HOST)
    await room.ui.until_key("pay.bank")
    terminal.end(DONE)
    await room.ui.until_key("pay.done")
    room.ui.tap("go_on")
    assert await paying.ended() is Ended.THROUGH


async def test_nobody_shows_a_card_and_the_payment_is_ended(room, terminal, paying):
    assert not paying.task.done()
    await room.clock.pass_time(room.world.durations.payment - 1)
    assert terminal.cancelled == 0
    terminal.told(Stage.PIN)
    await room.ui.until_key("pay.pin")
    await room.clock.pass_time(room.world.durations.payment - 1)
    assert terminal.cancelled == 0, "each thing that is asked has its own time"
    await room.clock.pass_time(2)
    assert terminal.cancelled == 1
    terminal.end(NOT_DONE, "aborted")
    await room.ui.until_key("fault.payment_timed_out.title")


async def test_the_bank_is_given_all_the_time_it_takes_and_nobody_is_sent_away(room, terminal, paying):
    terminal.told(Stage.HOST)
    await room.ui.until_key("pay.bank")
    for verb in ("home", "back", "cancel"):
        room.ui.tap(verb)
    await room.clock.pass_time(1000)
    assert (terminal.cancelled, room.ui.counts, paying.task.done()) == (0, [], False)
    terminal.end(DONE)
    assert await paying.ended() is Ended.THROUGH


async def test_a_kiosk_without_a_terminal_says_so(room):
    async with walking(room, Payment(1250, "visit-1").take):
        await room.ui.until_key("fault.terminal_failed.title")


# -- giving back


@pytest.fixture
async def refunding(room, terminal):
    assert room.world.terminal is terminal
    async with walking(room, Refund(7, 1250, "visit-1-back").give) as one:
        await room.ui.until_key("pay.refunding")
        yield one


async def test_money_is_given_back_and_the_patient_is_told(room, terminal, refunding):
    terminal.end(DONE)
    await room.ui.until_key("pay.refunded")
    room.ui.tap("go_on")
    assert await refunding.ended() is Ended.THROUGH
    assert terminal.asked == [(7, 1250, "visit-1-back-1")]


async def test_what_the_terminal_asks_for_while_it_gives_back_is_shown(room, terminal, refunding):
    for stage, key, drawing in (
        (Stage.CARD, "pay.refund_card", Drawing.PAY_CARD),
        (Stage.PIN, "pay.pin", Drawing.ENTER_PIN),
        (Stage.HOST, "pay.refunding", Drawing.GIVE_BACK),
        (Stage.REMOVE_CARD, "pay.take_card", Drawing.PULL_BANK_CARD),
        (Stage.ASKING, "pay.asking_refund", Drawing.GIVE_BACK),
    ):
        terminal.told(stage)
        screen = await room.ui.until_key(key)
        assert (screen.kind, screen.drawing, screen.secondary) == (Kind.PROGRESS, drawing, None)
        assert screen.facts[0].value == "¥12.50"
    await room.clock.pass_time(600)
    assert (room.ui.counts, refunding.task.done()) == ([], False), "nobody is sent away while money moves"
    terminal.end(DONE)
    await room.ui.until_key("pay.refunded")
    room.ui.tap("go_on")
    assert await refunding.ended() is Ended.THROUGH


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        ("cannot_reverse", "refund_failed"),
        ("no_device", "refund_failed"),
        ("paper_out", "refund_failed"),
        ("already_reversed", "refund_done_before"),
    ],
)
async def test_money_that_is_not_back_is_told_with_where_to_get_it(room, terminal, refunding, error, fault):
    assert not refunding.task.done()
    terminal.end(NOT_DONE, error)
    screen = await room.ui.until_key(f"fault.{fault}.title")
    assert dict(screen.title.values)["amount"] == "¥12.50"
    assert dict(screen.lead.values)["where"] == people.DESK


async def test_a_refund_of_which_nobody_knows_is_asked_about_and_never_given_again(room, terminal, refunding):
    terminal.told(Stage.HOST)
    terminal.told(Stage.ASKING)
    await room.ui.until_key("pay.asking_refund")
    terminal.end(UNKNOWN, "timeout")
    screen = await room.ui.until_key("fault.refund_unknown.title")
    assert screen.primary.label.key == "action.ask_again"
    room.ui.tap("again")
    await room.ui.until_key("pay.asking_refund")
    terminal.end(DONE)
    await room.ui.until_key("pay.refunded")
    room.ui.tap("go_on")
    assert await refunding.ended() is Ended.THROUGH
    assert (len(terminal.asked), terminal.enquiries) == (1, 1)


async def test_what_was_given_back_is_not_given_again_though_the_step_runs_again(room, terminal):
    refund = Refund(7, 1250, "visit-1-back")
    async with walking(room, refund.give, refund.give) as one:
        await room.ui.until_key("pay.refunding")
        terminal.end(DONE)
        await room.ui.until_key("pay.refunded")
        room.ui.tap("go_on")
        assert await one.ended() is Ended.THROUGH
    assert len(terminal.asked) == 1


async def test_a_refund_without_a_terminal_says_that_the_money_is_not_back(room):
    async with walking(room, Refund(7, 1250, "visit-1-back").give):
        screen = await room.ui.until_key("fault.refund_failed.title")
        assert dict(screen.title.values)["amount"] == "¥12.50"


def test_whoever_left_a_payment_open_is_told_at_the_next_try_not_to_pay_elsewhere():
    speak = Catalogue.load().speak
    for language, this_time, not_again in (
        ("zh", "这一次没有扣款", "不要再付"),
        ("en", "taken this time", "not pay again"),
    ):
        assert this_time in speak(say("fault.terminal_unsettled.title"), language)
        assert not_again in speak(say("fault.terminal_unsettled.next", where="1"), language)


def test_a_payment_that_timed_out_at_the_pin_is_not_said_to_have_lacked_a_card():
    speak = Catalogue.load().speak
    assert "刷卡" not in speak(say("fault.payment_timed_out.title"), "zh")
    assert "card" not in speak(say("fault.payment_timed_out.title"), "en")


@pytest.mark.parametrize(("fen", "said"), [(1250, "¥12.50"), (5, "¥0.05"), (100, "¥1.00"), (126850, "¥1268.50")])
def test_amounts_are_written_in_yuan(fen, said):
    assert yuan(fen) == said


async def test_the_step_that_is_left_by_the_kiosks_end_ends_its_question(room, terminal):
    async with walking(room, Payment(1250, "visit-1").take):
        await room.ui.until_key("pay.title")
    await settle()
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert (left, terminal.cancelled) == ([], 0)
