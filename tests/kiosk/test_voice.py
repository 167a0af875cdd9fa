"""The kiosk's voice: what it says and when it stops, what a broken one costs, and the real speaking program."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import wave

import pytest
from structlog.testing import capture_logs

from kiosk.ports import VoiceState
from kiosk.speech import Player, Renderer, SpeechError, make_player
from kiosk.voice import FIRST_REST, SilentVoice, SpokenVoice
from kiosk.words import Catalogue, say
from tests.kiosk.fakes import DEADLINE, FakeClock, settle

CATALOGUE = Catalogue.load()
# Answers each request with what it was asked, in the file that it was to write.
RENDERS = """
import json, sys
print(json.dumps({"ready": "1"}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    open(asked["out"], "w", encoding="utf-8").write(asked["voice"] + " " + asked["text"])
    print(json.dumps({"id": asked["id"]}), flush=True)
"""
ENDS_AT_ONCE = """print('{"error": "there is no library"}')"""


class FakePlayer:
    """A loudspeaker that plays until a test lets it end."""

    def __init__(self):
        self.heard = []
        self.stopped = []
        self.fails = False
        self.began = asyncio.Event()
        self.over = asyncio.Event()

    async def play(self, path):
        said = path.read_text(encoding="utf-8")
        if self.fails:
            raise SpeechError("there is no loudspeaker")
        self.heard.append(said)
        self.began.set()
        try:
            await self.over.wait()
        except asyncio.CancelledError:
            self.stopped.append(said)
            raise
        self.over.clear()

    async def until_begun(self):
        async with asyncio.timeout(DEADLINE):
            await self.began.wait()
        self.began.clear()


async def until(is_so):
    async with asyncio.timeout(DEADLINE):
        while not is_so():
            await settle()


@contextlib.asynccontextmanager
async def speaking(player, clock, renders=RENDERS):
    voice = SpokenVoice(CATALOGUE, Renderer(140, (sys.executable, "-c", renders)), player, clock)
    running = asyncio.ensure_future(voice.run())
    try:
        yield voice
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_sentences_are_said_one_after_the_other_in_their_language():
    player = FakePlayer()
    async with speaking(player, FakeClock()) as voice:
        assert voice.state is VoiceState.SPEAKING
        voice.say(say("card.title"), "zh")
        voice.say("", "zh")
        voice.say(say("card.title"), "en")
        await player.until_begun()
        assert player.heard == ["cmn 请把身份证放在读卡区"]
        player.over.set()
        await player.until_begun()
        assert player.heard[1:] == ["en-us Place your ID card on the reader"]


async def test_silence_stops_at_once_and_drops_what_was_to_be_said():
    player = FakePlayer()
    async with speaking(player, FakeClock()) as voice:
        voice.say("一", "zh")
        voice.say("二", "zh")
        await player.until_begun()
        voice.silence()
        voice.say("三", "zh")
        await player.until_begun()
        assert (player.heard, player.stopped) == (["cmn 一", "cmn 三"], ["cmn 一"])


async def test_a_loudspeaker_that_fails_is_told_once_and_left_alone_for_a_while():
    player, clock = FakePlayer(), FakeClock()
    player.fails = True
    with capture_logs() as logs:
        async with speaking(player, clock) as voice:
            voice.say("一", "zh")
            await until(lambda: voice.state is VoiceState.SILENT)
            player.fails = False
            voice.say("二", "zh")
            await settle()
            await clock.pass_time(FIRST_REST)
            voice.say("三", "zh")
            await player.until_begun()
            player.over.set()
            await until(lambda: voice.state is VoiceState.SPEAKING)
    assert player.heard == ["cmn 三"]
    assert [log["event"] for log in logs] == ["voice_down", "voice_back"]


@pytest.mark.parametrize("program", [(sys.executable, "-c", ENDS_AT_ONCE), (sys.executable, "-c", ""), ("/nowhere",)])
async def test_a_speaking_program_that_does_not_start_is_said_so(tmp_path, program):
    with pytest.raises(SpeechError, match="The speaking program failed"):
        await Renderer(140, program).render("一", "zh", tmp_path / "out.wav")


@pytest.mark.parametrize(
    ("program", "sentence"), [("/nowhere", "Install the Debian package"), ("false", "ended with 1")]
)
async def test_a_player_that_fails_is_said_so(tmp_path, program, sentence):
    with pytest.raises(SpeechError, match=sentence):
        await Player((program,), "alsa-utils").play(tmp_path / "out.wav")


def test_the_players_are_told_the_sink():
    assert make_player("aplay", "plughw:1").program == ("aplay", "-q", "-D", "plughw:1")
    assert make_player("pw-play", None).program == ("pw-play",)


async def test_the_real_program_renders_both_languages(tmp_path):
    renderer = Renderer(140)
    try:
        for language, text in (("zh", "请把身份证放在读卡区"), ("en", "Place your ID card on the reader")):
            out = tmp_path / f"{language}.wav"
            await renderer.render(text, language, out)
            with out.open("rb") as source, wave.open(source, "rb") as file:
                assert file.getnframes() > file.getframerate() / 2
    finally:
        await renderer.end()


def test_a_kiosk_without_a_loudspeaker_says_so():
    voice = SilentVoice()
    voice.say("一", "zh")
    voice.silence()
    assert voice.state is VoiceState.SILENT
