"""The drivers against the simulator's process: every fault at the wire, and who a scan belongs to."""

import asyncio
import time

import pytest

from drivers.device import CompletionCode, DeviceError, DeviceState, HealthLevel, Lifecycle
from drivers.scanner.codec import Layout
from drivers.scanner.driver import SerialScanner, Timing, Trigger
from drivers.supervisor import Supervisor
from tests.drivers.conftest import taken_into_use, tell
from tests.drivers.scanner.conftest import LONG, scanned_and_forgotten, until, until_attended


@pytest.fixture
async def scanner(far_end):
    await until_attended(far_end, is_attended=False)
    device = await taken_into_use(SerialScanner("scanner", far_end.url, timing=Timing(idle=0.1)))
    await until_attended(far_end, is_attended=True)
    yield device
    await device.close()


async def test_a_scan_comes_with_its_moment(scanner, far_end):
    before = time.monotonic()
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="T20261125-0042")
        scan = await listener.next(LONG)
    assert (scan.device, scan.text, scan.symbology) == ("scanner", "T20261125-0042", None)
    assert before < scan.at < time.monotonic()
    assert "T2026" not in repr(scan)
    assert scanner.counts.delivered == 1


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
async def test_chinese_arrives_in_either_encoding(scanner, far_end, encoding):
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="电子健康码：王芳", encoding=encoding)
        assert (await listener.next(LONG)).text == "电子健康码：王芳"


async def test_who_listens_gets_scans_in_their_order(scanner, far_end):
    seen = []
    async with scanner.listen() as listener:
        for n in range(3):
            await tell(far_end, "scan", text=f"A00{n}")
        async for scan in listener:
            seen.append(scan.text)
            if len(seen) == 3:
                break
    assert seen == ["A000", "A001", "A002"]


async def test_a_scan_while_nobody_listens_is_dropped_and_counted(scanner, far_end):
    await tell(far_end, "scan", text="THE-LAST-PATIENT")
    await until(far_end, lambda: scanner.counts.dropped == 1)
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="THIS-PATIENT")
        assert (await listener.next(LONG)).text == "THIS-PATIENT"
    assert (scanner.counts.delivered, scanner.counts.dropped) == (1, 1)


async def test_what_was_scanned_is_not_held_until_the_next_scan(scanner, far_end):
    await scanned_and_forgotten(scanner, far_end)


async def test_what_waits_unread_is_dropped_with_the_listener(scanner, far_end):
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="A001")
        await until(far_end, lambda: scanner.counts.delivered == 1)
    assert listener is not None
    assert scanner.counts.dropped == 1
    with pytest.raises(DeviceError) as caught:
        await scanner.scan(0.05)
    assert (caught.value.code, caught.value.error) == (CompletionCode.TIMEOUT, "no_scan")


async def test_a_code_that_began_before_the_listening_is_not_taken(scanner, far_end):
    await tell(far_end, "fault", action="no_suffix", on="scan")
    await tell(far_end, "scan", text="THE-LAST-")
    await until(far_end, lambda: scanner._decoder.pending == 9)
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="PATIENT")  # the rest of it, and its end
        await until(far_end, lambda: scanner.counts.refused)
        await tell(far_end, "scan", text="THIS-PATIENT")
        assert (await listener.next(LONG)).text == "THIS-PATIENT"
    assert dict(scanner.counts.refused) == {"stale": 1}


async def test_what_the_system_still_holds_is_no_scan_of_the_next(scanner, far_end):
    reading, scanner._reading = scanner._reading, None
    reading.cancel()
    await asyncio.wait({reading})
    await tell(far_end, "scan", text="THE-LAST-PATIENT")  # arrives while this program is busy elsewhere
    await scanner._greet()
    async with scanner.listen() as listener:
        await until(far_end, lambda: not scanner._decoder.unsettled)
        await tell(far_end, "scan", text="THIS-PATIENT")
        assert (await listener.next(LONG)).text == "THIS-PATIENT"


async def test_one_listens_at_a_time(scanner):
    async with scanner.listen():
        with pytest.raises(DeviceError) as caught:
            await scanner.scan(1)
        assert caught.value.error == "busy"
    with pytest.raises(DeviceError) as caught:
        await scanner.scan(0.01)
    assert caught.value.error == "no_scan"


async def test_a_listener_that_is_too_slow_loses_the_newest(scanner, far_end):
    async with scanner.listen() as listener:
        for n in range(20):
            await tell(far_end, "scan", text=f"A0{n:02}")
        await until(far_end, lambda: scanner.counts.delivered + scanner.counts.dropped == 20)
        assert scanner.counts.dropped == 4
        assert (await listener.next(LONG)).text == "A000"


@pytest.mark.parametrize("action", ["split", "byte_by_byte", "slow", "late"])
async def test_a_code_in_pieces_is_whole(scanner, far_end, action):
    await tell(far_end, "fault", action=action, on="scan", value=0.01 if action in {"split", "late"} else None)
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="A0001")
        assert (await listener.next(LONG)).text == "A0001"


async def test_codes_that_come_together_are_two(scanner, far_end):
    await tell(far_end, "fault", action="merged", on="scan")
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="A0001")
        await tell(far_end, "scan", text="A0002")
        assert [(await listener.next(LONG)).text, (await listener.next(LONG)).text] == ["A0001", "A0002"]


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ("overlong", "overlong"),
        ("half_frame", "unfinished"),
        ("no_suffix", "unfinished"),
        ("garbage_prefix", "encoding"),
    ],
)
async def test_what_is_no_code_is_refused_and_the_next_is_read(scanner, far_end, action, reason):
    await tell(far_end, "fault", action=action, on="scan")
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="A0001")
        await until(far_end, lambda: scanner.counts.refused)
        await tell(far_end, "scan", text="A0002")
        assert (await listener.next(LONG)).text == "A0002"
    assert dict(scanner.counts.refused) == {reason: 1}


async def test_unplugged_while_somebody_listens(scanner, far_end):
    async with scanner.listen() as listener:
        await tell(far_end, "unplug")
        for _ in range(2):
            with pytest.raises(DeviceError) as caught:
                await listener.next(LONG)
            assert caught.value.error == "gone"
    assert scanner.lifecycle is Lifecycle.CLOSED
    report = await scanner.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state) == (False, DeviceState.NO_DEVICE)
    await tell(far_end, "plug")
    scanner._info = SerialScanner("scanner", far_end.url).info
    await taken_into_use(scanner)
    await until_attended(far_end, is_attended=True)
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="A0001")
        assert (await listener.next(LONG)).text == "A0001"


async def test_closing_tells_who_listens(scanner):
    async with scanner.listen() as listener:
        await scanner.close()
        with pytest.raises(DeviceError) as caught:
            await listener.next(LONG)
    assert caught.value.error == "closed"
    with pytest.raises(DeviceError) as caught:
        await scanner.scan(1)
    assert caught.value.error == "not_enabled"


async def test_a_scanner_that_says_nothing_is_not_called_well(scanner):
    report = await scanner.check_health(HealthLevel.INTERNAL)
    assert (report.healthy, report.state, report.findings) == (None, None, ("line_open",))


async def test_a_scanner_works_when_a_person_has_scanned(scanner, far_end, monkeypatch):
    checking = asyncio.create_task(scanner.check_health(HealthLevel.INTERACTIVE))
    await asyncio.sleep(0)  # it listens from its first step
    assert scanner._ear is not None
    await tell(far_end, "scan", text="A0001")
    report = await checking
    assert (report.healthy, report.state, report.findings) == (True, DeviceState.ONLINE, ("line_open", "scanned"))
    monkeypatch.setattr("drivers.scanner.listening.INTERACTIVE_LIMIT", 0.01)
    report = await scanner.check_health(HealthLevel.INTERACTIVE)
    assert (report.healthy, report.state, report.findings) == (None, None, ("line_open", "no_scan"))


async def test_listening_can_be_cancelled(scanner, far_end):
    assert not await scanner.cancel()
    async with scanner.listen() as listener:
        assert await scanner.cancel()
        with pytest.raises(DeviceError) as caught:
            await listener.next(LONG)
        assert caught.value.code is CompletionCode.CANCELED
    async with scanner.listen() as listener:
        await tell(far_end, "scan", text="A0001")
        assert (await listener.next(LONG)).text == "A0001"


async def test_the_supervisor_brings_it_back(far_end):
    device = SerialScanner("scanner", far_end.url)
    async with Supervisor([device]) as supervisor:
        await supervisor.device("scanner")
        await tell(far_end, "unplug")
        await until(far_end, lambda: device.lifecycle is Lifecycle.CLOSED)
        await tell(far_end, "plug")
        supervisor.report_lost("scanner")
        await until(far_end, lambda: device.lifecycle is Lifecycle.ENABLED)


async def test_a_triggered_scanner_looks_while_somebody_listens(triggered):
    timing = Timing(retrigger=0.05)
    device = await taken_into_use(SerialScanner("scanner", triggered.url, trigger=Trigger(), timing=timing))
    assert not (await tell(triggered, "scan", text="A0001"))["sent"]
    async with device.listen() as listener:
        waiting = asyncio.create_task(listener.next(LONG))
        async with asyncio.timeout(LONG):
            while not (await tell(triggered, "scan", text="A0002"))["sent"]:
                pass
        assert (await waiting).text == "A0002"
        again = asyncio.create_task(listener.next(LONG))  # a scanner looks once for each trigger
        async with asyncio.timeout(LONG):
            while not (await tell(triggered, "scan", text="A0003"))["sent"]:
                pass
        assert (await again).text == "A0003"
    async with asyncio.timeout(LONG):
        while (await tell(triggered, "status"))["triggered"]:
            pass
    await device.close()


async def test_identifiers_tell_the_kind_of_code(far_end):
    await until_attended(far_end, is_attended=False)
    device = await taken_into_use(SerialScanner("scanner", far_end.url, layout=Layout(identifiers=True)))
    await until_attended(far_end, is_attended=True)
    async with device.listen() as listener:
        await tell(far_end, "scan", text="https://a.example/t/1", identifier="Q3")
        scan = await listener.next(LONG)
    assert (scan.text, scan.symbology) == ("https://a.example/t/1", "qr")
    await device.close()


def test_a_wrong_request_is_told_why(far_end, keyboard):
    for simulator, request, words in (
        (far_end, {"verb": "type", "text": "x"}, "nobody types on a serial scanner"),
        (far_end, {"verb": "scan", "colour": "x"}, "no argument 'colour'"),
        (far_end, {"verb": "scan"}, "text must be a text"),
        (keyboard, {"verb": "scan", "text": "王"}, "no key types"),
        (keyboard, {"verb": "scan", "text": "x", "gap": -1}, "is not a number of seconds"),
    ):
        answer = simulator.ask(**request)
        assert not answer["ok"]
        assert words in answer["error"]
