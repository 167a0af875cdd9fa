"""The speaking program as the server meets it: a process, lines in, lines out, and what it says."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys

import pytest
from structlog.testing import capture_logs

from queue_server.voice.sound import measure
from queue_server.voice.speech import Speech, SpeechError

CALL = "请 A 零 一 二 号，到 三 号诊室。"


@pytest.fixture(scope="module")
def program():
    """The program itself; ask it by calling."""
    process = subprocess.Popen(
        [sys.executable, "-m", "queue_server.speech"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert json.loads(process.stdout.readline()) == {"ready": "1.52.0"}

    def ask(request):
        process.stdin.write((request if isinstance(request, str) else json.dumps(request)) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdout.close()


def phonemes(ask, text, voice):
    return ask({"id": 1, "text": text, "voice": voice})["phonemes"]


@pytest.mark.parametrize(
    ("text", "tones"),
    [
        # As espeak-ng 1.52 writes qing3 A ling2 yi1 er4 hao4, dao4 san1 hao4 zhen3 shi4.
        (CALL, "tS;hi214N eI li35N i55 @r51 XAu51 tAu51 sa55n XAu51 ts.@214n s.i.51"),
        # A digit keeps its tone before 号: yi1 hao4, not yi2 hao4.
        ("请 A 零 零 一 号", "tS;hi214N eI li35N li35N i55 XAu51"),
        ("请 A 零 幺 二 号", "tS;hi214N eI li35N jAu55 @r51 XAu51"),
        ("请 S 一 零 零 号", "tS;hi214N Es i55 li35N li35N XAu51"),
        ("到 收费 一 号窗口。", "tAu51 s.ou55 fei51 i55 XAu51 ts.hwA55Nkhou214"),
        ("三 四 五 六 七 八 九", "sa55n si[51 wu214 liou51 tS;hi55 pA55 tS;iou214"),
        ("到 二 零 三 诊室", "tAu51 @r51 li35N sa55n ts.@214n s.i.51"),
        ("到 十二 号诊室", "tAu51 s.i.35 @r51 XAu51 ts.@214n s.i.51"),
    ],
)
def test_mandarin_is_said_with_its_tones(program, text, tones):
    found = " ".join(phonemes(program, text, "cmn"))
    assert plain(found) == plain(tones)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Number A, zero one two, please go to Room 3.", "nVmb3 eI zi@roU w0n tu: pli:z goU t@ ru:m Tri:"),
        ("Number S, one zero one", "nVmb3 Es w0n zi@roU w0n"),
    ],
)
def test_english_says_letters_as_letters(program, text, said):
    found = " ".join(phonemes(program, text, "en"))
    assert plain(found).replace("r-", "") == plain(said)


def plain(found: str) -> str:
    """Phonemes without stress, pauses, language switches and gaps; a glide before i is not told from none."""
    return re.sub(r"\((?:en|cmn)\)|[',_| ]", "", found).replace("ji55", "i55").replace("ji35", "i35")


def test_it_renders_speech_of_a_plausible_length(program, tmp_path):
    out = tmp_path / "call.wav"
    reply = program({"id": 7, "text": CALL, "voice": "cmn", "words_per_minute": 150, "out": str(out)})
    found = measure(out)
    assert reply["id"] == 7
    assert reply["duration_ms"] == found.duration_ms
    assert 2_000 < found.duration_ms < 6_000
    assert found.rms > 1_000


def test_a_slower_rate_is_longer(program, tmp_path):
    lengths = [
        program({"id": 1, "text": CALL, "voice": "cmn", "words_per_minute": rate, "out": str(tmp_path / "x.wav")})
        for rate in (100, 200)
    ]
    assert lengths[0]["duration_ms"] > 1.5 * lengths[1]["duration_ms"]


@pytest.mark.parametrize(
    ("request_line", "answer"),
    [
        ({"id": 1, "text": "x"}, {"id": 1, "error": "the request has no 'voice'"}),
        ({"id": 2, "text": "x", "voice": "none-such"}, {"id": 2, "error": "espeak-ng has no voice 'none-such'"}),
        ({"id": 3, "text": "x" * 1_001, "voice": "en"}, {"id": 3, "error": "the text is longer than 1000 characters"}),
        ("[]", {"id": None, "error": "the request is no object"}),
        (
            {"id": 4, "text": "x", "voice": "en", "words_per_minute": 150, "out": "/nowhere/x.wav"},
            {"id": 4, "error": "[Errno 2] No such file or directory: '/nowhere/x.wav'"},
        ),
        (
            {"id": 5, "text": "x", "voice": "en", "words_per_minute": "fast", "out": "/nowhere/x.wav"},
            {"id": 5, "error": "invalid literal for int() with base 10: 'fast'"},
        ),
    ],
)
def test_a_bad_request_is_answered_and_the_program_goes_on(program, request_line, answer):
    assert program(request_line) == answer
    assert phonemes(program, "好", "cmn") == ["X'Au214_|"]


def test_a_line_that_is_no_json_is_answered(program):
    assert program("{")["error"].startswith("the request is no JSON: ")


def test_the_program_imports_nothing_of_the_server():
    code = "import sys, queue_server.speech.__main__; print(*[m for m in sys.modules if m.startswith('queue_server')])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert set(found) == {
        "queue_server",
        "queue_server.speech",
        "queue_server.speech.__main__",
        "queue_server.speech.espeak",
    }


# --- the server's end ------------------------------------------------------------------------------------------------


@pytest.fixture
async def speech():
    one = Speech()
    yield one
    await one.stop()


async def test_it_is_started_when_first_needed_and_kept(speech, tmp_path):
    assert speech.process_id is None
    await speech.render(CALL, "cmn", 150, tmp_path / "a.wav")
    first = speech.process_id
    await asyncio.gather(*(speech.render(CALL, "cmn", 150, tmp_path / f"{index}.wav") for index in range(3)))
    assert speech.process_id == first is not None
    assert measure(tmp_path / "2.wav").rms > 1_000


async def test_it_works_wherever_the_server_was_started(speech, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert await speech.phonemes("好", "cmn") == ["X'Au214_|"]


async def test_a_program_that_dies_is_started_again_within_the_request(speech, tmp_path):
    await speech.render(CALL, "cmn", 150, tmp_path / "a.wav")
    first = speech.process_id
    os.kill(first, signal.SIGKILL)
    with capture_logs() as logs:
        await speech.render(CALL, "cmn", 150, tmp_path / "b.wav")
    assert speech.process_id != first
    assert [entry["event"] for entry in logs] == ["speech.restarted"]


async def test_a_refusal_is_no_failure(speech):
    with pytest.raises(SpeechError, match="no voice 'none-such'"):
        await speech.phonemes("x", "none-such")
    assert await speech.phonemes("好", "cmn")


def fake(code: str) -> list[str]:
    return [sys.executable, "-c", code]


READY = 'print(\'{"ready": "1"}\', flush=True);'


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (["/nowhere/speech"], "the speaking program did not start"),
        (fake("raise SystemExit(1)"), "the speaking program did not start"),
        (fake("print('hello')"), "the speaking program did not start"),
        (fake("print('[]')"), "the speaking program did not start"),
        (fake("""print('{"error": "no data"}')"""), "no data"),
        (fake(READY), "the speaking program ended"),
        (fake(READY + "input()"), "the speaking program ended"),
        (fake(READY + "input(); print('{}', flush=True); input()"), "the speaking program did not answer"),
    ],
)
async def test_a_program_that_misbehaves_is_ended_and_left_alone_for_a_while(program, sentence):
    await misbehaves(Speech(program), sentence)


async def test_a_program_that_never_gets_ready_is_ended():
    await misbehaves(Speech(fake("input()"), start_s=0.05), "the speaking program did not start")


async def test_a_program_that_never_answers_is_ended():
    await misbehaves(Speech(fake(READY + "input(); input()"), answer_s=0.05), "the speaking program did not answer")


async def misbehaves(speech, sentence):
    with capture_logs() as logs:
        with pytest.raises(SpeechError) as error:
            await speech.phonemes("x", "cmn")
        assert str(error.value) == sentence
        assert speech.process_id is None
        with pytest.raises(SpeechError, match="left alone for a while"):
            await speech.phonemes("x", "cmn")
    assert [entry["event"] for entry in logs] == ["speech.down"]
    await speech.stop()


async def test_a_request_given_up_leaves_no_answer_behind():
    asked = asyncio.Event()

    class Watched(Speech):
        async def _exchange(self, process, request):
            asked.set()
            return await super()._exchange(process, request)

    # The next request would read the answer to this one; so the program is ended, too.
    speech = Watched(fake(READY + "input(); input()"))
    question = asyncio.create_task(speech.phonemes("x", "cmn"))
    async with asyncio.timeout(10):
        await asked.wait()
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    assert speech.process_id is None
    speech._program = Speech()._program
    assert await speech.phonemes("好", "cmn") == ["X'Au214_|"]
    await speech.stop()
