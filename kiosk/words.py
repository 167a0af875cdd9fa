"""The words on the screen and on paper: one catalogue per language, and phrases that wait for a language.

Journeys speak in phrases, a key with its values, so that the language can change while a screen stands. Words that
came from the server are already in both languages (``contract.Text``) and are used as they are.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from queue_server.contract import Text

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")

CATALOGUES = Path(__file__).parent / "i18n"


@dataclass(frozen=True)
class Phrase:
    """A key of the catalogue with the values for its placeholders, in no language yet."""

    key: str
    values: tuple[tuple[str, Words | int], ...] = ()


Words: TypeAlias = Phrase | Text | str
"""Something to say. A plain ``str`` is the same in every language: a number, a time, a name."""


def say(key: str, **values: Words | int) -> Phrase:
    """Return the phrase ``key`` with its values."""
    return Phrase(key, tuple(values.items()))


class CatalogueError(ValueError):
    """The catalogues do not fit each other; the sentence names the key."""


def placeholders(template: str) -> frozenset[str]:
    """Return the names in braces in ``template``."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def _flat(table: Mapping[str, object], source: str, prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        key = f"{prefix}{name}"
        match value:
            case str():
                found[key] = value
            case dict():
                found |= _flat(value, source, f"{key}.")
            case _:
                raise CatalogueError(f"{source}: {key} is neither words nor a table of words.")
    return found


class Catalogue:
    """Every word of the kiosk in every language.

    Raises:
        CatalogueError: a key or a placeholder that one language has and another has not.
    """

    def __init__(self, tables: Mapping[Language, Mapping[str, str]]) -> None:
        self._tables = {language: dict(tables[language]) for language in LANGUAGES}
        first = self._tables[LANGUAGES[0]]
        for language in LANGUAGES[1:]:
            other = self._tables[language]
            if odd := sorted(first.keys() ^ other.keys()):
                raise CatalogueError(f"Not in both {LANGUAGES[0]} and {language}: {', '.join(odd)}.")
            for key, template in first.items():
                if placeholders(template) != placeholders(other[key]):
                    raise CatalogueError(f"{key} has different placeholders in {LANGUAGES[0]} and {language}.")

    @classmethod
    @cache
    def load(cls, folder: Path = CATALOGUES) -> Catalogue:
        """Read ``zh.toml`` and ``en.toml`` from ``folder``, once: words do not change while the kiosk runs."""
        tables: dict[Language, dict[str, str]] = {}
        for language in LANGUAGES:
            path = folder / f"{language}.toml"
            tables[language] = _flat(tomllib.loads(path.read_text(encoding="utf-8")), path.name)
        return cls(tables)

    @property
    def keys(self) -> frozenset[str]:
        """Every key, the same in each language."""
        return frozenset(self._tables[LANGUAGES[0]])

    def speak(self, words: Words | None, language: Language) -> str:
        """Return ``words`` in ``language``; nothing is the empty string.

        Raises:
            KeyError: a key that is in no catalogue, or a value that a placeholder needs: a programming error.
        """
        match words:
            case None:
                return ""
            case str():
                return words
            case Text():
                return words.zh if language == "zh" else words.en
            case Phrase(key, values):
                filled = {
                    name: str(value) if isinstance(value, int) else self.speak(value, language)
                    for name, value in values
                }
                return self._tables[language][key].format(**filled)
