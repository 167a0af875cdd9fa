"""The driver against the simulator's process: what it does to money when the wire does its worst."""

import asyncio

import pytest
from structlog.testing import capture_logs

from drivers.device import CompletionCode, DeviceError, DeviceState, HealthLevel
from drivers.payment_terminal import codec
from drivers.payment_terminal.port import Attempt, Mark, PaymentOutcome, Stage
from tests.drivers.conftest import tell
from tests.drivers.payment_terminal.conftest import PATIENT, booked, enabled

LONG = 60.0


async def asked(simulator, command):
    return (await tell(simulator, "status"))["asked"].get(command, 0)


@pytest.mark.parametrize("line", ["tcp", "pty"])
async def test_a_payment(request, line):
    simulator = request.getfixturevalue("serial") if line == "pty" else request.getfixturevalue("_terminal_on_tcp")
    simulator.tell("clear")
    seen = []
    async with enabled(simulator, PATIENT) as device:
        assert device.info.serial == "29001006"
        result = await device.authorise(1250, "visit-1", on_progress=lambda progress: seen.append(progress.stage))
    assert (result.outcome, result.error, result.attempt.reference) == (PaymentOutcome.DONE, None, "visit-1")
    assert result.mark.receipt == 1
    assert (result.terminal, result.card) == ("29001006", "1234")
    assert result.receipt_lines == ("SAMPLE HOSPITAL", "CARD ****1234", "")
    assert seen == [Stage.CARD, Stage.HOST]
    assert await booked(simulator) == [("pay", 1250, 0)]


async def test_what_is_known_before_the_first_byte_is_enough_to_ask_after_a_restart(terminal, far_end):
    first = await terminal.authorise(500, "visit-1")
    kept = []

    async def keep(attempt):
        kept.append(attempt)
        assert await asked(far_end, "pay") == 1, "nothing of it has been sent yet"

    await terminal.authorise(1250, "visit-2", on_attempt=keep)
    assert kept == [Attempt("visit-2", "payment", 1250, first.mark)]
    await terminal.close()
    async with enabled(far_end, PATIENT) as restarted:
        result = await restarted.enquire(kept[0])
    assert (result.outcome, result.mark.receipt) == (PaymentOutcome.DONE, 2)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (5, "declined"),
        (0x36, "card"),
        (0x37, "pin"),
        (0x6C, "aborted"),
        (0xA1, "host"),
        (0xFE, "declined"),
        (0xDC, "card_inserted"),
        (0xE2, "reader"),
        (0xB1, "day_full"),
    ],
)
async def test_a_declined_payment_moved_nothing(terminal, far_end, code, error):
    await tell(far_end, "fault", action="decline", on="pay", value=code)
    result = await terminal.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, error)
    assert result.message.endswith("No money moved.")
    assert terminal.unsettled is None
    assert (await terminal.authorise(1250, "visit-2")).outcome is PaymentOutcome.DONE


async def test_without_paper_nothing_is_paid(terminal, far_end):
    await tell(far_end, "paper", state="out")
    result = await terminal.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, "paper_out")
    report = await terminal.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state, report.findings) == (False, DeviceState.USER_ERROR, ("paper_out",))
    await tell(far_end, "paper", state="in")
    for level in HealthLevel:
        report = await terminal.check_health(level)
        assert report.level is level
    assert (report.healthy, report.state) == (True, DeviceState.ONLINE)


@pytest.mark.parametrize("on", ["pay_taken", "pay_doing", "pay_result", "pay_line", "pay_done"])
@pytest.mark.parametrize("action", ["mute", "close_line", "half_frame"])
async def test_an_answer_that_is_lost_after_the_money_moved_is_asked_for(impatient, far_end, action, on):
    await impatient.authorise(500, "visit-0")
    await tell(far_end, "fault", action=action, on=on, value=0.01)
    result = await impatient.authorise(1250, "visit-1")
    assert (result.outcome, result.mark.receipt) == (PaymentOutcome.DONE, 2)
    assert await booked(far_end) == [("pay", 500, 0), ("pay", 1250, 0)], "never paid twice"
    assert await asked(far_end, "pay") == 2


@pytest.mark.parametrize("action", ["mute", "close_line"])
async def test_a_command_that_never_arrived_is_found_not_done(impatient, far_end, action):
    await impatient.authorise(500, "visit-0")
    await tell(far_end, "fault", action=action, on="pay", value=0.01)
    result = await impatient.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, "not_executed")
    assert await booked(far_end) == [("pay", 500, 0)]
    assert impatient.unsettled is None


async def test_a_result_that_is_left_out_is_asked_for(terminal, far_end):
    await tell(far_end, "fault", action="no_result", on="pay")
    seen = []
    result = await terminal.authorise(1250, "visit-1", on_progress=lambda progress: seen.append(progress.stage))
    assert (result.outcome, result.mark.receipt) == (PaymentOutcome.DONE, 1)
    assert seen == [Stage.CARD, Stage.HOST, Stage.ASKING]
    assert await asked(far_end, "last") == 2, "once before, once after"


async def test_what_stays_unknown_blocks_until_it_is_found_out(impatient, far_end):
    await impatient.authorise(500, "visit-0")
    await tell(far_end, "fault", action="mute", on="pay_result")
    await tell(far_end, "fault", action="mute", on="last", after=1, times=0)
    await tell(far_end, "fault", action="mute", on="register", times=0)
    result = await impatient.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (PaymentOutcome.UNKNOWN, "timeout")
    assert "Do not pay again" in result.message
    assert impatient.unsettled == result.attempt
    await tell(far_end, "clear_fault")
    await impatient.close()
    await impatient.open()
    await impatient.claim(1)
    await impatient.enable()
    for command in (
        impatient.authorise(1250, "visit-2"),
        impatient.reverse(1, 500, "visit-0-back"),
        impatient.end_of_day(),
    ):
        with pytest.raises(DeviceError) as caught:
            await command
        assert caught.value.error == "unsettled"
    assert (await impatient.check_health(HealthLevel.INTERNAL)).findings == ("answers", "unsettled")
    found = await impatient.enquire(result.attempt)
    assert (found.outcome, found.mark.receipt) == (PaymentOutcome.DONE, 2)
    assert impatient.unsettled is None
    assert await booked(far_end) == [("pay", 500, 0), ("pay", 1250, 0)]
    assert (await impatient.authorise(300, "visit-2")).outcome is PaymentOutcome.DONE


async def test_a_person_settles_what_the_terminal_cannot_say(impatient, far_end):
    await tell(far_end, "fault", action="mute", on="pay")
    result = await impatient.authorise(1250, "visit-1")  # nothing was ever paid here: it names no last transaction
    assert (result.outcome, result.error) == (PaymentOutcome.UNKNOWN, "cannot_say")
    with pytest.raises(KeyError):
        impatient.settle("visit-7")
    impatient.settle("visit-1")
    assert (await impatient.authorise(1250, "visit-2")).outcome is PaymentOutcome.DONE


async def test_a_transaction_of_somebody_else_settles_nothing(terminal):
    await terminal.authorise(500, "visit-0")
    other = Attempt("visit-1", "payment", 1250, Mark(receipt=9000, trace=9000, day="1125", time="120000"))
    result = await terminal.enquire(other)
    assert (result.outcome, result.error) == (PaymentOutcome.UNKNOWN, "other_transaction")
    assert terminal.unsettled == other


async def test_another_amount_than_was_asked_for_is_unknown(terminal, far_end):
    await tell(far_end, "fault", action="other_amount", on="pay", value=9999)
    result = await terminal.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (PaymentOutcome.UNKNOWN, "other_amount")


async def test_a_command_may_be_taken_with_84_00_too(terminal):
    await terminal._connection.close()
    terminal._connection = Replayed("80 00 00", "06 1E 01 83", "84 00 00", "04 0F 02 27 00", "06 0F 00")
    assert (await terminal.authorise(1250, "visit-1")).outcome is PaymentOutcome.DONE


async def test_that_nothing_was_carried_out_is_believed_when_it_stays_so(terminal):
    taken, done = "80 00 00", "06 0F 00"
    before = "04 0F 10 27 00 04 00 00 00 00 12 50 87 00 41 0B 00 00 41"
    after = "04 0F 10 27 00 04 00 00 00 00 12 50 87 00 42 0B 00 00 42"
    await terminal._connection.close()
    # Asked before; the payment without a result; asked twice while the terminal was still at it; and then.
    asked_while = (taken, before, done)
    terminal._connection = Replayed(*asked_while, taken, done, *asked_while, taken, after, done)
    result = await terminal.authorise(1250, "visit-1")
    assert (result.outcome, result.mark.receipt) == (PaymentOutcome.DONE, 42)


async def test_a_busy_terminal_is_asked_again_and_takes_no_payment(terminal, far_end):
    await terminal.authorise(500, "visit-0")
    await tell(far_end, "fault", action="refuse", on="last")
    with pytest.raises(DeviceError) as caught:
        await terminal.authorise(1250, "visit-1")
    assert caught.value.error == "busy"
    # "Please wait" is no clear refusal: it is asked what came of it. Another code is one.
    await tell(far_end, "fault", action="refuse", on="pay")
    result = await terminal.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, "not_executed")
    before = await asked(far_end, "last")
    await tell(far_end, "fault", action="refuse", on="pay", value=0x6B)
    result = await terminal.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, "not_registered")
    assert await asked(far_end, "last") == before + 1, "only before it"
    await tell(far_end, "fault", action="no_result", on="pay")
    await tell(far_end, "fault", action="refuse", on="last", after=1, times=3)
    assert (await terminal.authorise(1250, "visit-1")).outcome is PaymentOutcome.DONE


class Replayed:
    """A line on which a terminal's answers come in the order they are given here, whatever it is asked."""

    bytes_sent = 0

    def __init__(self, *messages):
        self.messages = [codec.ApduDecoder().feed(bytes.fromhex(message))[0] for message in messages]

    async def send(self, apdu):
        self.bytes_sent += len(codec.encode_apdu(apdu))

    async def receive(self, _deadline):
        return self.messages.pop(0)

    def forget(self):
        pass

    async def close(self):
        pass


async def test_an_answer_to_the_question_before_is_not_taken_for_the_payments(terminal):
    taken, done = "80 00 00", "06 0F 00"
    last = "04 0F 10 27 00 04 00 00 00 00 12 50 87 00 41 0B 00 00 41"
    await terminal._connection.close()
    # The question's answer, and the same once more, late; then the enquiry's.
    terminal._connection = Replayed(taken, last, done, taken, last, done, *(taken, last, done) * 50)
    result = await terminal.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, "not_executed")


@pytest.mark.parametrize(
    ("said", "outcome", "error"),
    [
        (["04 0F 02 27 05", "06 1E 01 05"], PaymentOutcome.NOT_DONE, "declined"),
        (["06 1E 00"], PaymentOutcome.NOT_DONE, "aborted"),
        (["06 1E 01 6C"], PaymentOutcome.NOT_DONE, "aborted"),
        (["04 0F 02 27 00", "06 0F 00"], PaymentOutcome.DONE, None),
        # It says both, or nothing, or what cannot be read: only the enquiry tells, and here it says nothing either.
        (["04 0F 02 27 00", "06 1E 01 05"], PaymentOutcome.UNKNOWN, "cannot_say"),
        (["06 0F 00"], PaymentOutcome.UNKNOWN, "cannot_say"),
        (["04 0F 02 27 00", "04 0F 01 07", "06 0F 00"], PaymentOutcome.UNKNOWN, "cannot_say"),
        (["04 0F 02 27 00", "04 0F 02 27 05", "06 1E 01 05"], PaymentOutcome.UNKNOWN, "cannot_say"),
        (["04 0F 09 27 00 04 00 00 00 00 12 51", "06 0F 00"], PaymentOutcome.UNKNOWN, "other_amount"),
    ],
)
async def test_what_a_terminal_says_and_what_it_means(terminal, said, outcome, error):
    await terminal._connection.close()
    question = ["80 00 00", "06 1E 01 83"]
    terminal._connection = Replayed(*question, "80 00 00", *said, *question)
    result = await terminal.authorise(1250, "visit-1")
    assert (result.outcome, result.error) == (outcome, error)


# -- ending a payment


async def test_a_payment_is_ended_while_it_waits_for_a_card(manual):
    async with enabled(manual, PATIENT) as device:
        waiting = asyncio.Event()
        paying = asyncio.create_task(device.authorise(1250, "visit-1", on_progress=lambda _: waiting.set()))
        await asyncio.wait_for(waiting.wait(), LONG)
        report = await device.check_health(HealthLevel.INTERNAL)
        assert (report.findings, report.state) == (("busy",), DeviceState.DEVICE_BUSY)
        assert await device.abort()
        result = await asyncio.wait_for(paying, LONG)
        assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, "aborted")
        assert not await device.abort(), "nothing is under way"


async def test_too_late_to_end_it_says_that_the_money_moved(manual):
    async with enabled(manual, PATIENT) as device:
        waiting = asyncio.Event()
        paying = asyncio.create_task(device.authorise(1250, "visit-1", on_progress=lambda _: waiting.set()))
        await asyncio.wait_for(waiting.wait(), LONG)
        await tell(manual, "fault", action="refuse", on="stop", value=0x83)
        await device.abort()
        async with asyncio.timeout(LONG):
            while not await asked(manual, "stop"):
                pass
        await tell(manual, "card")
        assert (await asyncio.wait_for(paying, LONG)).outcome is PaymentOutcome.DONE


async def test_the_stop_key(manual):
    async with enabled(manual, PATIENT) as device:
        waiting = asyncio.Event()
        paying = asyncio.create_task(device.authorise(1250, "visit-1", on_progress=lambda _: waiting.set()))
        await asyncio.wait_for(waiting.wait(), LONG)
        await tell(manual, "stop")
        result = await asyncio.wait_for(paying, LONG)
        assert (result.outcome, result.error) == (PaymentOutcome.NOT_DONE, "aborted")


async def test_a_payment_whose_task_is_cancelled_stays_unsettled(manual):
    async with enabled(manual, PATIENT) as device:
        waiting = asyncio.Event()
        paying = asyncio.create_task(device.authorise(1250, "visit-1", on_progress=lambda _: waiting.set()))
        await asyncio.wait_for(waiting.wait(), LONG)
        paying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await paying
        attempt = device.unsettled
        assert attempt.reference == "visit-1"
        assert (await device.enquire(attempt)).outcome is PaymentOutcome.UNKNOWN  # it names no transaction at all
        device.settle("visit-1")


# -- the rest of the port


async def test_a_payment_is_taken_back_once(terminal):
    paid = await terminal.authorise(1250, "visit-1")
    back = await terminal.reverse(paid.mark.receipt, 1250, "visit-1-back")
    assert (back.outcome, back.attempt.kind, back.mark.receipt) == (PaymentOutcome.DONE, "reversal", 2)
    again = await terminal.reverse(paid.mark.receipt, 1250, "visit-1-back-again")
    assert (again.outcome, again.error) == (PaymentOutcome.NOT_DONE, "already_reversed")
    other = await terminal.reverse(77, 1250, "visit-7-back")
    assert (other.outcome, other.error) == (PaymentOutcome.NOT_DONE, "cannot_reverse")


async def test_a_reversal_whose_answer_is_lost_is_asked_for(impatient, far_end):
    paid = await impatient.authorise(1250, "visit-1")
    await tell(far_end, "fault", action="mute", on="reverse_result")
    back = await impatient.reverse(paid.mark.receipt, 1250, "visit-1-back")
    assert back.outcome is PaymentOutcome.DONE
    assert await booked(far_end) == [("pay", 1250, 0), ("reverse", 1250, 0)]


async def test_the_day_is_closed_with_its_turnover(terminal):
    await terminal.authorise(1250, "visit-1")
    await terminal.authorise(250, "visit-2")
    day = await terminal.end_of_day()
    assert (day.outcome, day.total_fen) == (PaymentOutcome.DONE, 1500)


@pytest.mark.parametrize(
    ("action", "value", "outcome"),
    [
        ("refuse", 0x77, PaymentOutcome.NOT_DONE),
        ("refuse", 0x9C, PaymentOutcome.UNKNOWN),
        ("refuse", 0xCC, PaymentOutcome.NOT_DONE),
        ("mute", None, PaymentOutcome.UNKNOWN),
    ],
)
async def test_a_day_that_is_not_closed(impatient, far_end, action, value, outcome):
    await tell(far_end, "fault", action=action, on="close_day", value=value)
    assert (await impatient.end_of_day()).outcome is outcome


async def test_a_day_whose_totals_could_not_be_printed_may_be_closed(terminal):
    await terminal._connection.close()
    terminal._connection = Replayed("80 00 00", "06 1E 01 CC")
    day = await terminal.end_of_day()
    assert (day.outcome, day.error) == (PaymentOutcome.UNKNOWN, "paper_out")


@pytest.mark.parametrize("amount", [0, -1, 12.5, True, 1_000_000_000_000])
async def test_amounts_are_whole_fen(terminal, amount):
    with pytest.raises(DeviceError) as caught:
        await terminal.authorise(amount, "visit-1")
    assert (caught.value.code, caught.value.error) == (CompletionCode.INVALID_DATA, "bad_amount")


async def test_registering_again_changes_nothing(terminal, far_end):
    await terminal.register()
    assert (await tell(far_end, "status"))["registered"]


async def test_no_card_data_is_logged(impatient, far_end):
    await tell(far_end, "fault", action="half_frame", on="pay_result")
    with capture_logs() as logs:
        await impatient.authorise(500, "visit-0")
        result = await impatient.authorise(1250, "visit-1")
    assert logs
    written = f"{logs} {result!r}"
    for secret in ("6225", "0000001234", "SAMPLE HOSPITAL"):
        assert secret not in written


async def test_a_terminal_that_prints_itself_sends_no_lines(far_end):
    async with enabled(far_end, PATIENT, prints=True) as device:
        assert (await device.authorise(1250, "visit-1")).receipt_lines == ()


def test_a_wrong_request_is_told_why(far_end):
    for request, words in (
        ({"verb": "dance"}, "there is no verb 'dance'"),
        ({"verb": "paper", "state": "wet"}, "state must be in or out"),
        ({"verb": "card"}, "no payment waits"),
        ({"verb": "stop"}, "nothing waits"),
    ):
        answer = far_end.ask(**request)
        assert not answer["ok"]
        assert words in answer["error"]
