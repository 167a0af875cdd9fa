import asyncio
import os
import signal
import stat

from drivers.claims import take_claim
from drivers.device import HealthLevel
from drivers.field.sniff import sniff
from drivers.registry import DeviceEntry
from drivers.transport import deadline_in, open_transport


def reader_entry(simulator):
    return DeviceEntry("id-card", "identity_card", "resident_id", simulator.url)


async def test_a_check_is_watched_and_the_card_stays_hidden(reader, script, tmp_path):
    reader.tell("lay", document={"kind": "resident", "name": "王芳"})
    console, out = script(), tmp_path / "sniff.txt"
    out.write_text("an older one\n" * 1000)
    out.chmod(0o644)
    assert await sniff(reader_entry(reader), console, level=HealthLevel.INTERACTIVE, out=out) == 0
    said = "\n".join(console.said)
    assert " > AA AA AA 96 69 00 03 11 FF ED  status" in said
    assert " < AA AA AA 96 69 05 08 00 00 90 <1285 bytes hidden>  done" in said
    assert "王芳".encode("utf-16-le").hex(" ").upper() not in said
    assert "hidden" in out.read_text()
    assert "older" not in out.read_text()
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


async def test_a_card_is_shown_when_it_is_asked_for(reader, script):
    reader.tell("lay", document={"kind": "resident", "name": "王芳"})
    console = script()
    assert await sniff(reader_entry(reader), console, level=HealthLevel.INTERACTIVE, show=True) == 0
    assert "王芳".encode("utf-16-le").hex(" ").upper() in "\n".join(console.said)


async def test_another_program_speaks_through_it(reader, script):
    console, said = script(), asyncio.Event()
    keep, console.say = console.say, lambda text: (keep(text), said.set())
    sniffing = asyncio.create_task(sniff(reader_entry(reader), console, proxy=True))
    async with asyncio.timeout(30):
        await said.wait()
    url = console.said[0].partition('"')[2].rstrip('"')
    line = await open_transport(url, timeout=10)
    await line.write(bytes.fromhex("AAAAAA96690003 11FF ED"), deadline_in(10))
    assert (await line.read_exactly(11, deadline_in(10)))[-2] == 0x90
    await line.close()
    os.kill(os.getpid(), signal.SIGTERM)
    assert await sniffing == 0
    assert any("status" in line for line in console.said)


async def test_a_device_that_another_program_has_is_left_alone(script, monkeypatch):
    monkeypatch.setattr("drivers.field.sniff._CLAIM", 0.01)
    entry = DeviceEntry("id-card", "identity_card", "resident_id", f"tcp://192.0.2.9:{os.getpid()}")
    held, console = await take_claim(entry.url, 0), script()
    try:
        assert await sniff(entry, console) == 1
    finally:
        held.release()
    assert "Another program holds" in console.said[0]


async def test_a_device_that_is_not_there_is_told(script):
    console = script()
    entry = DeviceEntry("id-card", "identity_card", "resident_id", "serial:///dev/does-not-exist")
    assert await sniff(entry, console) == 1
    assert "Check its plug" in console.said[0]


async def test_a_line_that_cannot_be_stood_in_for_is_told(script):
    console = script()
    assert await sniff(DeviceEntry("card", "chip_card", "pcsc", "pcsc:*"), console) == 1
    assert "cannot be watched" in console.said[0]
