"""The kiosk's voice. There is none yet: this one says so in its state and says nothing else."""

from __future__ import annotations

from kiosk.ports import VoiceState
from kiosk.words import Language, Words


class SilentVoice:
    """The ``Voice`` port of a kiosk without loudspeaker."""

    @property
    def state(self) -> VoiceState:
        """Always silent."""
        return VoiceState.SILENT

    def say(self, words: Words, language: Language) -> None:
        """Say nothing: the screen says it."""

    def silence(self) -> None:
        """There is nothing to stop."""
