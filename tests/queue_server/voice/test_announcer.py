from __future__ import annotations

import asyncio
import itertools
import os
import wave
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from queue_server.config import VoiceSettings
from queue_server.engine.site import Text
from queue_server.voice import Announcer
from queue_server.voice.sound import Measured, measure, write_chime
from queue_server.voice.speech import SpeechError

ROOM = Text("3号诊室", "Room 3")


class Parrot:
    """Renders a tone instead of speech, and misbehaves when told so."""

    def __init__(self):
        self.rendered: list[tuple[str, str, int]] = []
        self.fails: Exception | None = None
        self.silent = False
        self.gate = asyncio.Event()
        self.gate.set()
        self.stopped = False

    async def render(self, text, voice, words_per_minute, out: Path):
        await self.gate.wait()
        self.rendered.append((text, voice, words_per_minute))
        if self.fails is not None:
            raise self.fails
        if self.silent:
            with out.open("wb") as file, wave.open(file, "wb") as sound:
                sound.setnchannels(1)
                sound.setsampwidth(2)
                sound.setframerate(22_050)
                sound.writeframes(bytes(2 * 22_050))
        else:
            write_chime(out)
        return ["x"]

    async def stop(self):
        self.stopped = True


@pytest.fixture
def parrot():
    return Parrot()


@pytest.fixture
async def make(parrot, tmp_path):
    made = []

    async def announcer(**settings):
        one = Announcer(VoiceSettings(**settings), tmp_path / "voice", parrot)
        await one.start()
        made.append(one)
        return one

    yield announcer
    for one in made:
        await one.stop()


@pytest.fixture
async def announcer(make):
    return await make()


async def test_a_call_becomes_a_file_that_speech_fills(tmp_path):
    announcer = Announcer(VoiceSettings(languages=["zh", "en"]), tmp_path)
    await announcer.start()
    digests = announcer.announce("A012", ROOM)
    files = [await announcer.wav(digest, within_s=30) for digest in digests]
    assert [file.name for file in files] == [f"{digest}.wav" for digest in digests]
    for file in files:
        found = measure(file)
        assert 2_000 < found.duration_ms < 6_000
        assert found.rms > 1_000
    await announcer.stop()


async def test_what_is_said_and_by_whom(make, parrot):
    announcer = await make(languages=["zh", "en"], words_per_minute=120)
    for digest in announcer.announce("A012", ROOM, "王*英"):
        assert await announcer.wav(digest)
    assert sorted(parrot.rendered) == [
        ("Number A, zero one two, please go to Room 3.", "en-us", 120),
        ("请 A 零 一 二 号，到 三 号诊室。", "cmn", 120),
    ]


async def test_a_second_stage_call_names_the_door_and_may_be_silent(make, parrot):
    announcer = await make(languages=["zh", "en"])
    for digest in announcer.announce_door("A012", ROOM):
        assert await announcer.wav(digest)
    assert {said for said, _, _ in parrot.rendered} == {
        "请 A 零 一 二 号，到 三 号诊室 门口候诊。",
        "Number A, zero one two, please wait at the door of Room 3.",
    }
    for silent in ({"speak_doors": False}, {"enabled": False}):
        assert (await make(**silent)).announce_door("A012", ROOM) == []


async def test_names_are_said_only_where_the_hospital_wants_it(make):
    assert "王" not in (await make()).for_call("A012", ROOM, "王*英", "zh")
    assert "王某英" in (await make(speak_names=True)).for_call("A012", ROOM, "王*英", "zh")


async def test_one_is_yao_where_the_hospital_says_so(make):
    assert "幺" in (await make(digit_one="yao")).for_call("A012", ROOM, None, "zh")


async def test_a_silent_hospital_renders_nothing(make, parrot):
    assert (await make(enabled=False)).announce("A012", ROOM) == []
    assert parrot.rendered == []


async def test_the_same_words_are_rendered_once(announcer, parrot):
    for _ in range(3):
        (digest,) = announcer.announce("A012", ROOM)
        await asyncio.gather(announcer.wav(digest), announcer.wav(digest))
    assert len(parrot.rendered) == 1


async def test_files_outlive_the_server(announcer, make, parrot):
    (digest,) = announcer.announce("A012", ROOM)
    await announcer.wav(digest)
    again = await make()
    assert (await again.wav(digest)).exists()
    assert len(parrot.rendered) == 1


async def test_another_rate_or_text_or_language_is_another_file(make):
    slow, fast = await make(words_per_minute=120), await make(words_per_minute=180)
    digests = {slow.digest("好", "zh"), fast.digest("好", "zh"), slow.digest("好的", "zh"), slow.digest("好", "en")}
    assert len(digests) == 4


async def test_a_call_never_waits_for_its_voice(announcer, parrot):
    parrot.gate.clear()
    (digest,) = announcer.announce("A012", ROOM)
    assert await announcer.wav(digest, within_s=0.0) is None
    parrot.gate.set()
    assert await announcer.wav(digest, within_s=30)
    assert len(parrot.rendered) == 1


async def test_without_speech_there_is_no_file_and_one_log_line(announcer, parrot):
    with capture_logs() as logs:
        parrot.fails = SpeechError("the speaking program did not start")
        for number in ("A001", "A002", "A003"):
            assert await announcer.wav(announcer.announce(number, ROOM)[0]) is None
        parrot.fails = None
        assert await announcer.wav(announcer.announce("A001", ROOM)[0])
    assert [entry["event"] for entry in logs] == ["voice.silent", "voice.back"]
    assert logs[0]["reason"] == "the speaking program did not start"


async def test_no_log_line_says_whom_was_called(make, parrot):
    announcer = await make(speak_names=True)
    parrot.fails = SpeechError("no")
    with capture_logs() as logs:
        await announcer.wav(announcer.announce("A012", ROOM, "王*英")[0])
    assert logs
    assert "王" not in str(logs)


@pytest.mark.parametrize("digest", ["", "x" * 64, "../../etc/passwd", "0" * 63, "A" * 64, "0" * 64 + "\n"])
async def test_only_a_digest_is_an_address(announcer, digest):
    assert await announcer.wav(digest) is None


async def test_an_unknown_digest_is_no_file(announcer, parrot):
    assert await announcer.wav("0" * 64) is None
    assert parrot.rendered == []


async def test_a_silent_file_is_not_kept(announcer, parrot, tmp_path):
    parrot.silent = True
    with capture_logs() as logs:
        assert await announcer.wav(announcer.announce("A012", ROOM)[0]) is None
    assert logs[0]["reason"] == "the rendered sound is no speech: 1000 ms, loudness 0"
    assert [file.stem for file in (tmp_path / "voice").iterdir()] == [announcer.chime]


async def test_the_least_used_files_make_room(make, tmp_path):
    announcer = await make(cache_mb=1)
    folder = tmp_path / "voice"
    # A rendered file has about 37 kB here, so a megabyte holds some 27 of them.
    digests = [announcer.announce(f"A{number:03d}", ROOM)[0] for number in range(20)]
    for age, digest in enumerate(digests):
        file = await announcer.wav(digest)
        os.utime(file, (1_000 + age, 1_000 + age))
    assert await announcer.wav(digests[0])
    for number in range(20, 40):
        await announcer.wav(announcer.announce(f"A{number:03d}", ROOM)[0])
    assert sum(file.stat().st_size for file in folder.iterdir()) <= 1_000_000
    kept = {file.stem for file in folder.iterdir()}
    assert digests[0] in kept
    assert digests[1] not in kept
    assert announcer.chime in kept


async def test_a_disk_that_refuses_is_told_and_nothing_else_stops(parrot, tmp_path):
    (tmp_path / "voice").write_text("a file where the folder should be", encoding="utf-8")
    announcer = Announcer(VoiceSettings(), tmp_path / "voice", parrot)
    with capture_logs() as logs:
        await announcer.start()
        assert await announcer.wav(announcer.announce("A012", ROOM)[0]) is None
    assert [entry["event"] for entry in logs] == ["voice.no_chime", "voice.silent"]
    await announcer.stop()


async def test_stopping_gives_up_what_is_being_rendered(announcer, parrot):
    parrot.gate.clear()
    announcer.announce("A012", ROOM)
    await announcer.stop()
    assert parrot.stopped
    assert announcer._rendering == {}


async def test_drafts_of_an_earlier_process_are_cleared(make, tmp_path):
    (tmp_path / "voice").mkdir()
    (tmp_path / "voice" / "half.part").write_bytes(b"RIFF")
    await make()
    assert [file.suffix for file in (tmp_path / "voice").iterdir()] == [".wav"]


# --- sound -----------------------------------------------------------------------------------------------------------


async def test_the_chime_is_two_notes_that_begin_and_end_softly(announcer):
    file = await announcer.wav(announcer.chime)
    found = measure(file)
    assert found.duration_ms == 840
    assert 2_000 < found.rms < 8_000
    with file.open("rb") as source, wave.open(source, "rb") as sound:
        samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
    assert abs(samples[0]) < 100
    assert abs(samples[-1]) < 100
    assert max(abs(sample) for sample in samples) < 32_767
    halves = [samples[: len(samples) // 2], samples[len(samples) // 2 :]]
    assert [round(rises(half)) for half in halves] == pytest.approx([659, 523], abs=6)


def rises(samples) -> float:
    """The frequency of a tone: how often a second it rises through zero."""
    count = sum(1 for left, right in itertools.pairwise(samples) if left < 0 <= right)
    return count * 22_050 / len(samples)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "x.wav is no WAV file"), (b"RIFF but no more", "x.wav is no WAV file"), (None, "x.wav is not of 16 bit")],
)
def test_what_is_no_sound_is_told(tmp_path, content, sentence):
    file = tmp_path / "x.wav"
    if content is None:
        with file.open("wb") as out, wave.open(out, "wb") as sound:
            sound.setnchannels(2)
            sound.setsampwidth(2)
            sound.setframerate(8_000)
    else:
        file.write_bytes(content)
    with pytest.raises(ValueError, match=sentence):
        measure(file)


def test_a_file_without_samples_is_silence(tmp_path):
    file = tmp_path / "x.wav"
    with file.open("wb") as out, wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
    assert measure(file) == Measured(0, 0)
