"""Descriptions in TOML, and what is wrong with them in words: the file, the key and the value."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

_AT = re.compile(r" - at `(?:key in )?\$(?P<path>[^`]*)`$")
_FIELD = re.compile(r"contains unknown field `(?P<field>[^`]*)`")
_MISSING = re.compile(r"missing required field `(?P<field>[^`]*)`")
_STEP = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]|\[\.\.\.\]")
_LONGEST = 60


class DescriptionError(ValueError):
    """A file cannot be used; the sentence names it, the key and the value, and what was expected."""


def table_of(file: Path) -> dict[str, Any]:
    """The file's TOML.

    Raises:
        DescriptionError: it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DescriptionError(f"{file}: there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise DescriptionError(f"{file}: cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise DescriptionError(f"{file}: is not TOML: {error}") from error


def converted(file: Path, table: object, kind: type[T]) -> T:
    """``table``, read from ``file``, as a ``kind``.

    Raises:
        DescriptionError: something in it is wrong.
    """
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise DescriptionError(f"{file}: {_sentence(str(error), table)}") from None


def _sentence(said: str, table: object) -> str:
    """What msgspec says, with the key as it is written in the file, counted from 1, and the value found there."""
    at = _AT.search(said)
    words = said[: at.start()] if at else said
    value: Any = table
    key: list[str] = []
    for step in _STEP.finditer(at["path"] if at else ""):
        if step["name"] is None and step["index"] is None:
            break
        index: Any = step["name"] if step["name"] is not None else int(step["index"])
        key.append(step["name"] or str(int(step["index"]) + 1))
        try:
            value = value[index]
        except (LookupError, TypeError):
            value = None
    missing, unknown = _MISSING.search(words), _FIELD.search(words)
    if missing:
        return f"{'.'.join([*key, missing['field']])}: is missing"
    if unknown and isinstance(value, dict):
        key.append(unknown["field"])
        return f"{'.'.join(key)} = {shown(value.get(unknown['field']))}: unknown key"
    place = ".".join(key)
    if not place:
        return words
    return f"{place}: {words}" if isinstance(value, dict | list) else f"{place} = {shown(value)}: {words}"


def shown(value: object) -> str:
    """``value`` about as it stands in the file, shortened."""
    if isinstance(value, dict):
        return "{...}"
    if isinstance(value, list):
        return "[...]"
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f'{text[: _LONGEST - 4]}..."'
