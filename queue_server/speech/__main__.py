"""Reads one request a line, answers one line each, ends at the end of input.

Request: ``{"id": 1, "text": "请 A 零 一 二 号", "voice": "cmn", "words_per_minute": 150, "out": "/path/x.wav"}``
Answer: ``{"id": 1, "duration_ms": 1460, "phonemes": ["..."]}`` or ``{"id": 1, "error": "..."}``.
Without ``out`` nothing is rendered and only the phonemes come back. The first line it writes says that it is ready:
``{"ready": "1.52.0"}``, or why it is not: ``{"error": "..."}``.
"""

from __future__ import annotations

import json
import sys
import wave
from pathlib import Path
from typing import Any

from queue_server.speech.espeak import Espeak, EspeakError

_LONGEST_TEXT = 1_000


def answer(espeak: Espeak, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to one request. A request that cannot be carried out gets an ``error``; the program goes on."""
    number = request.get("id")
    try:
        text, voice = str(request["text"]), str(request["voice"])
        if len(text) > _LONGEST_TEXT:
            return {"id": number, "error": f"the text is longer than {_LONGEST_TEXT} characters"}
        reply: dict[str, Any] = {"id": number, "phonemes": espeak.phonemes(text, voice)}
        if "out" in request:
            samples = espeak.synthesize(text, voice, int(request["words_per_minute"]))
            with Path(request["out"]).open("wb") as out, wave.open(out, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(espeak.rate_hz)
                file.writeframes(samples)
            reply["duration_ms"] = len(samples) * 1_000 // (2 * espeak.rate_hz)
    except KeyError as error:
        return {"id": number, "error": f"the request has no {error}"}
    except (EspeakError, OSError, ValueError) as error:
        return {"id": number, "error": str(error)}
    return reply


def main() -> int:
    """Serve until the input ends. The exit status is 1 when espeak-ng cannot be used."""
    try:
        espeak = Espeak()
    except EspeakError as error:
        _say({"error": str(error)})
        return 1
    _say({"ready": espeak.version})
    for line in sys.stdin:
        try:
            request = json.loads(line)
        except ValueError as error:
            _say({"id": None, "error": f"the request is no JSON: {error}"})
            continue
        _say(
            answer(espeak, request) if isinstance(request, dict) else {"id": None, "error": "the request is no object"}
        )
    return 0


def _say(reply: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(reply, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
