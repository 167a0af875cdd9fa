"""Sound files of our own: the two-note chime before a call, and what proves that a rendered sentence is one."""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path

import msgspec

_RATE_HZ = 22_050
# A falling major third, E5 and C5 (equal temperament, A4 = 440 Hz).
_NOTES_HZ = (659.26, 523.25)
_NOTE_S = 0.42
_FADE_IN_S = 0.008
_DECAY_PER_S = 5.0
_PEAK = 0.5
_SECOND_HARMONIC = 0.25


class Measured(msgspec.Struct, frozen=True):
    """A WAV file's length and loudness. ``rms`` is of 16-bit samples: 0 is silence, 32,767 the most there is."""

    duration_ms: int
    rms: int


def write_chime(path: Path) -> None:
    """Write the chime to ``path`` (WAV, 16 bit, one channel). Raises ``OSError``."""
    samples = array.array("h")
    for note in _NOTES_HZ:
        samples.extend(_note(note))
    with path.open("wb") as out, wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE_HZ)
        file.writeframes(samples.tobytes())


def measure(path: Path) -> Measured:
    """Length and loudness of a WAV file of 16-bit samples.

    Raises:
        ValueError: it is no such file.
        OSError: it cannot be read.
    """
    try:
        with path.open("rb") as source, wave.open(source, "rb") as file:
            if file.getsampwidth() != 2 or file.getnchannels() != 1:  # noqa: PLR2004 - bytes of a 16-bit sample
                raise ValueError(f"{path.name} is not of 16 bit and one channel")
            rate = file.getframerate()
            samples = array.array("h", file.readframes(file.getnframes()))
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{path.name} is no WAV file: {error}") from error
    if not samples:
        return Measured(0, 0)
    power = math.fsum(sample * sample for sample in samples) / len(samples)
    return Measured(len(samples) * 1_000 // rate, round(math.sqrt(power)))


def _note(frequency: float) -> list[int]:
    samples = []
    for index in range(round(_NOTE_S * _RATE_HZ)):
        at = index / _RATE_HZ
        # A short rise and a decay to nothing: an abrupt edge would be heard as a click.
        envelope = min(1.0, at / _FADE_IN_S) * math.exp(-_DECAY_PER_S * at) * (1 - at / _NOTE_S)
        turn = 2 * math.pi * frequency * at
        tone = (math.sin(turn) + _SECOND_HARMONIC * math.sin(2 * turn)) / (1 + _SECOND_HARMONIC)
        samples.append(round(32_767 * _PEAK * envelope * tone))
    return samples
