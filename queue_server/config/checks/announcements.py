"""What is said, how loud, and what stands on the call displays."""

from __future__ import annotations

from queue_server.config.checks.values import placeholders, time_of_day
from queue_server.engine.site import Text
from queue_server.toml_reader import Complaints, listed

_VOICE_WORDS = ["number", "room", "name"]
_DISPLAY_WORDS = ["number", "room", "room_en"]


def voice(complaints: Complaints, sentences: dict[str, Text], languages: list[str]) -> None:
    """Sentences, by key, that say number and room, and the languages to be spoken."""
    if not languages:
        complaints.add("voice.languages", "is empty; set enabled = false for silence")
    if len(set(languages)) != len(languages):
        complaints.add("voice.languages", "names a language twice")
    both = [(key, *pair) for key, one in sentences.items() for pair in (("zh", one.zh), ("en", one.en))]
    for key, language, words in both:
        used = placeholders(complaints, f"voice.{key}.{language}", words, _VOICE_WORDS)
        for needed in ("number", "room"):
            if used is not None and needed not in used:
                complaints.value(f"voice.{key}.{language}", words, f"must say {{{needed}}}")


def display(complaints: Complaints, name: str, shown: list[str], stations: list[str], words: str) -> None:
    """Stations that there are, each once, and words that say the number."""
    key = f"displays.{name}"
    if not shown:
        complaints.add(f"{key}.stations", "is empty; name the stations whose calls it shows")
    if len(set(shown)) != len(shown):
        complaints.add(f"{key}.stations", "names a station twice")
    for one in shown:
        if one not in stations:
            complaints.value(f"{key}.stations", one, f"there is no such station; stations are {listed(stations)}")
    used = placeholders(complaints, f"{key}.shows", words, _DISPLAY_WORDS)
    if used is not None and "number" not in used:
        complaints.value(f"{key}.shows", words, "must say {number}")


def volume(complaints: Complaints, hall: str, starts: list[str]) -> None:
    """Times of day, in order."""
    for index, moment in enumerate(starts, 1):
        time_of_day(complaints, f"halls.{hall}.volume.{index}.starts", moment)
    if starts != sorted(set(starts)):
        complaints.add(f"halls.{hall}.volume", "must be in order of time, each time once")
