"""The words of the pages: one catalogue, every entry in both languages."""

from __future__ import annotations

import re
from importlib import resources
from typing import Any, Literal

import msgspec

from queue_server.contract import Text

Language = Literal["zh", "en"]

_BLANK = re.compile(r"\{(\w+)\}")


def load() -> dict[str, Text]:
    """Read the catalogue that ships with the package.

    Raises:
        ValueError: an entry lacks a language, or its two sides do not fill in the same blanks; the text names the key.
    """
    source = (resources.files("queue_server.web") / "words.json").read_bytes()
    return check(msgspec.json.decode(source, type=dict[str, Text]))


def check(words: dict[str, Text]) -> dict[str, Text]:
    """Return ``words`` if every entry is whole.

    Raises:
        ValueError: as in ``load``.
    """
    for key, text in words.items():
        if not text.zh.strip() or not text.en.strip():
            raise ValueError(f"words.json: {key!r} lacks a language")
        if set(_BLANK.findall(text.zh)) != set(_BLANK.findall(text.en)):
            raise ValueError(f"words.json: {key!r} fills in different blanks in its two languages")
    return words


class Words:
    """The catalogue as templates and scripts use it."""

    def __init__(self, words: dict[str, Text]) -> None:
        """Hold ``words``, already checked."""
        self._words = words
        # A data block in a page: "<" is escaped so that no word can end it.
        self.block = msgspec.json.encode(words).decode().replace("<", "\\u003c")

    def say(self, key: str, lang: Language, **values: Any) -> str:  # noqa: ANN401  (anything that has a text)
        """The words of ``key`` in ``lang`` with its blanks filled in.

        Raises:
            KeyError: an unknown key or a missing value: a mistake in a template.
        """
        return getattr(self._words[key], lang).format(**values)  # type: ignore[no-any-return]  # both fields are str
