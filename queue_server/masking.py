"""Names as screens may show them: the one place where a full name becomes a masked one.

No Chinese standard fixes a format for call screens; this one keeps the family name, and the last character of longer
names, so that two patients who wait side by side can tell each other apart: 王芳 becomes 王*, 王秀英 becomes 王*英,
欧阳小明 becomes 欧**明. Names in other scripts become initials: Mary Jane Watson becomes ``M. J. W.``.
"""

from __future__ import annotations

import unicodedata

REDACTED = "<redacted>"
"""What a log says instead of anything about a person."""

_LONGEST_STARS = 2


def mask(name: str) -> str:
    """Mask a name for a screen.

    Args:
        name: the full name as the hospital has it; any script, surrounding white space is ignored.

    Returns:
        The masked name: never the full one, never more than its first and last Chinese character or its initials.
        Names of more than four characters get two stars all the same, so that their length does not name anybody.
        An empty name is masked as ``*``.
    """
    letters = [character for character in unicodedata.normalize("NFKC", name) if character.isalnum()]
    if any(_is_han(letter) for letter in letters):
        return _mask_han(letters)
    words = "".join(character if character.isalpha() else " " for character in unicodedata.normalize("NFC", name))
    return " ".join(f"{word[0].upper()}." for word in words.split()) or "*"


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name: width, case, spaces, dots and hyphens aside (艾·买提 as 艾买提)."""
    return _letters(one) == _letters(other) != ""


def _letters(name: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())


def _mask_han(letters: list[str]) -> str:
    match len(letters):
        case 1:
            return "*"
        case 2:
            return f"{letters[0]}*"
        case count:
            return f"{letters[0]}{'*' * min(count - 2, _LONGEST_STARS)}{letters[-1]}"


def _is_han(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("CJK ")
