"""espeak-ng 1.52 through ctypes, as far as it is needed: text to samples, and text to phonemes.

Names and numbers as in espeak-ng's public header ``speak_lib.h``.
"""

from __future__ import annotations

import array
import ctypes
import re
from typing import Any

import espeakng_loader

_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come through the callback before espeak_Synth returns
_DO_NOT_EXIT = 0x8000  # espeakINITIALIZE_DONT_EXIT: report missing data instead of ending the process
_UTF8 = 1  # espeakCHARS_UTF8
_POSITION_IN_CHARACTERS = 1  # POS_CHARACTER
_RATE = 1  # espeakRATE, words a minute
_OK = 0  # EE_OK
_LONGEST_DATA_PATH = 159  # espeak-ng 1.52 keeps it in a buffer of N_PATH_HOME = 160 and cuts it short without a word

# espeak-ng gives 一 the second tone before 号, as if it counted; a digit keeps the first: 零零一号 ends in yī hào.
# 壹, the same digit as written on cheques, is always read with the first tone.
_LONE_ONE = re.compile(r"(?<!\S)一(?!\S)")

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class EspeakError(Exception):
    """espeak-ng could not be loaded or refused something; the sentence says what."""


class Espeak:
    """The one espeak-ng of this process. ``rate_hz`` is the rate of its samples (16 bit, one channel)."""

    def __init__(self) -> None:
        """Load the library and its data.

        Raises:
            EspeakError: library or data are missing or cannot be used.
        """
        data = espeakng_loader.get_data_path()
        if len(data.encode()) > _LONGEST_DATA_PATH:
            raise EspeakError(
                f"the path of espeak-ng's data is longer than {_LONGEST_DATA_PATH} bytes; install it nearer"
            )
        try:
            self._library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        except OSError as error:
            raise EspeakError(f"the library of espeak-ng cannot be loaded: {error}") from error
        library = self._library
        library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
        library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
        library.espeak_Info.argtypes = [ctypes.POINTER(ctypes.c_char_p)]
        library.espeak_Info.restype = ctypes.c_char_p
        library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.c_int, ctypes.c_int]
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        library.espeak_Synth.argtypes = [
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint,
            ctypes.c_int,
            ctypes.c_uint,
            ctypes.c_uint,
            ctypes.c_void_p,
            ctypes.c_void_p,
        ]
        self.rate_hz: int = library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), _DO_NOT_EXIT)
        if self.rate_hz <= 0:
            raise EspeakError(f"espeak-ng found no usable data in {data}")
        self._samples = array.array("h")
        # Kept here: ctypes does not keep a callback alive that only the library knows.
        self._callback = _Callback(self._take)
        library.espeak_SetSynthCallback(self._callback)

    @property
    def version(self) -> str:
        """espeak-ng's version, such as ``1.52.0``."""
        return bytes(self._library.espeak_Info(ctypes.byref(ctypes.c_char_p()))).decode()

    def synthesize(self, text: str, voice: str, words_per_minute: int) -> bytes:
        """``text`` as samples: signed 16 bit, machine's byte order, one channel, ``rate_hz``.

        Raises:
            EspeakError: the voice is unknown, or nothing came out.
        """
        self._use(voice)
        self._library.espeak_SetParameter(_RATE, words_per_minute, 0)
        self._samples = array.array("h")
        encoded = _LONE_ONE.sub("壹", text).encode()
        if (
            self._library.espeak_Synth(encoded, len(encoded) + 1, 0, _POSITION_IN_CHARACTERS, 0, _UTF8, None, None)
            != _OK
        ):
            raise EspeakError("espeak-ng refused the text")
        if not self._samples:
            raise EspeakError("espeak-ng made no sound of the text")
        return self._samples.tobytes()

    def phonemes(self, text: str, voice: str) -> list[str]:
        """What would be spoken, clause by clause, in espeak-ng's own phoneme names.

        Raises:
            EspeakError: the voice is unknown.
        """
        self._use(voice)
        buffer = ctypes.create_string_buffer(_LONE_ONE.sub("壹", text).encode())
        rest = ctypes.c_void_p(ctypes.addressof(buffer))
        clauses = []
        while rest.value:
            clauses.append(bytes(self._library.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, 0)).decode())
        return [clause for clause in clauses if clause.strip()]

    def _use(self, voice: str) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != _OK:
            raise EspeakError(f"espeak-ng has no voice {voice!r}")

    def _take(self, samples: Any, count: int, _events: object) -> int:  # noqa: ANN401 - a C pointer
        if samples and count > 0:
            self._samples.frombytes(ctypes.string_at(samples, count * 2))
        return 0
