"""Single values: a time of day, a count, a reference, a sentence with places to fill in."""

from __future__ import annotations

import re
import string

from queue_server.toml_reader import Complaints, listed

_HH_MM = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def time_of_day(complaints: Complaints, path: str, moment: str) -> None:
    """``HH:MM``."""
    if not _HH_MM.fullmatch(moment):
        complaints.value(path, moment, "must be a time of day, HH:MM")


def not_negative(complaints: Complaints, path: str, minutes: int) -> None:
    """0 or more."""
    if minutes < 0:
        complaints.value(path, minutes, "must be 0 or more")


def reference(complaints: Complaints, path: str, name: str, what: str, names: list[str]) -> None:
    """The name of a ``what`` that there is."""
    if name not in names:
        complaints.value(path, name, f"there is no such {what}; there are {listed(names)}")


def placeholders(complaints: Complaints, path: str, sentence: str, known: list[str]) -> set[str] | None:
    """The placeholders in a sentence, all of them ``known``; ``None`` where it was complained of."""
    if not sentence.strip():
        complaints.value(path, sentence, "is empty")
        return None
    try:
        parts = list(string.Formatter().parse(sentence))
    except ValueError:
        complaints.value(path, sentence, "has a brace without its partner")
        return None
    # A bare name only: "{slot.x}" or "{slot!r}" would reach into objects or fail when the sentence is filled in.
    used = [
        f"{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}"
        for _, name, spec, conversion in parts
        if name is not None
    ]
    strange = [name for name in used if name not in known]
    may_use = listed(known) if known else "none"
    for name in strange:
        complaints.value(path, sentence, f"unknown placeholder {{{name}}}; it may use {may_use}")
    return None if strange else set(used)
