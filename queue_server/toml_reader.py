"""Reads a TOML table into a msgspec Struct and reports everything that is wrong, not only the first thing.

Each complaint names the key as it is written in the file, the value found and what was expected.
"""

from __future__ import annotations

import difflib
import math
import tomllib
import types
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT

Table = dict[str, Any]
S = TypeVar("S", bound=msgspec.Struct)

_WORDS: dict[type, str] = {str: "text", int: "a whole number", bool: "true or false", float: "a number"}


class ConfigurationError(Exception):
    """The configuration cannot be used. ``complaints`` has one sentence for each thing that is wrong."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("\n".join(complaints))
        self.complaints = complaints


class _Wrong(Exception):  # noqa: N818 - a signal inside this module, never seen outside
    """A value was wrong and its complaint is already noted."""


class Complaints:
    """What is wrong in one file, gathered so that all of it is told at once, and each thing once.

    Attributes:
        sentences: one for each thing that is wrong.
        written_at: where the value of a key is really written, for keys that take it over from elsewhere: the file
            (``None``: this one) and the key.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.sentences: list[str] = []
        self.written_at: dict[str, tuple[str | None, str]] = {}

    def add(self, key: str, sentence: str) -> None:
        """Note that ``key`` is wrong."""
        self._note(key, f": {sentence}")

    def value(self, key: str, value: object, sentence: str) -> None:
        """Note that ``value`` at ``key`` is wrong."""
        self._note(key, f" = {shown(value)}: {sentence}")

    def _note(self, key: str, words: str) -> None:
        file, place = self._place(key)
        if (sentence := f"{file or self.file}: {place}{words}") not in self.sentences:
            self.sentences.append(sentence)

    def _place(self, key: str) -> tuple[str | None, str]:
        parts = key.split(".")
        for length in range(len(parts), 0, -1):
            origin = self.written_at.get(".".join(parts[:length]))
            if origin is not None:
                file, place = origin
                return (file, ".".join([place, *parts[length:]]))
        return (None, key)


def shown(value: object) -> str:
    """``value`` as it would stand in the file, shortened."""
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'  # noqa: PLR2004 - a line's worth
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{...}"
    if isinstance(value, list):
        return "[...]"
    return str(value)


def listed(names: list[str]) -> str:
    """``"a", "b"``, or a word for nothing."""
    return ", ".join(f'"{name}"' for name in names) or "(none)"


def read_file(path: Path, name: str) -> tuple[Path, Table]:
    """The file ``path``, or ``name`` in the folder ``path``, and the table in it.

    Raises:
        ConfigurationError: it is missing, cannot be read, or is no TOML.
    """
    file = path / name if path.is_dir() else path
    try:
        return (file, tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise ConfigurationError([f"{file}: there is no such file; name the folder that holds {name}"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{file}: cannot be read: {error}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file.name}: is not TOML: {error}"]) from error


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """The fields of ``kind``. Finding out takes longer than reading a table, and a file has hundreds of one kind."""
    return msgspec.structs.fields(kind)


class Reader:
    """Reads tables of one file; complaints go to ``complaints``."""

    def __init__(self, complaints: Complaints) -> None:
        self.complaints = complaints

    def struct(self, kind: type[S], table: object, path: str) -> S | None:
        """``table`` as a ``kind``, or ``None`` after noting every complaint about it."""
        try:
            return self._struct(kind, table, path)
        except _Wrong:
            return None

    def tables(self, table: Table, key: str) -> dict[str, Table]:
        """The sub-tables of ``table[key]``, by id; complaints for anything that is not a table."""
        found = table.get(key, {})
        if not isinstance(found, dict):
            self.complaints.value(key, found, f"must be tables, as in [{key}.some_id]")
            return {}
        result: dict[str, Table] = {}
        for name, value in found.items():
            if isinstance(value, dict):
                result[name] = value
            else:
                self.complaints.value(f"{key}.{name}", value, f"must be a table, as in [{key}.{name}]")
        return result

    def unknown(self, table: Table, known: list[str], path: str) -> bool:
        """Note keys of ``table`` that are not ``known``; whether there were any."""
        strange = [key for key in table if key not in known]
        for key in strange:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"known keys are {listed(known)}"
            self.complaints.add(_join(path, key), f"unknown key; {hint}")
        return bool(strange)

    def _struct(self, kind: type[S], table: object, path: str) -> S:
        if not isinstance(table, dict):
            self.complaints.value(path, table, "must be a table")
            raise _Wrong
        fields = _fields(kind)
        tag = kind.__struct_config__.tag_field
        wrong = self.unknown(table, [field.name for field in fields] + ([tag] if tag else []), path)
        values: Table = {}
        for field in fields:
            key = _join(path, field.name)
            if field.name in table:
                try:
                    values[field.name] = self._value(field.type, table[field.name], key)
                except _Wrong:
                    wrong = True
            elif field.default is NODEFAULT and field.default_factory is NODEFAULT:
                self.complaints.add(key, "is missing")
                wrong = True
        if wrong:
            raise _Wrong
        return kind(**values)

    def _value(self, kind: Any, value: object, path: str) -> Any:  # noqa: ANN401 - any type a field may have
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._limited(arguments, value, path)
        if origin in (Union, types.UnionType):
            return self._union([one for one in arguments if one is not type(None)], value, path)
        if origin is Literal:
            return self._require(value in arguments, value, path, f"must be one of {listed(list(arguments))}")
        if origin in (list, dict):
            return self._many(origin, arguments[-1], value, path)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            return self._struct(kind, value, path)
        return self._plain(kind, value, path)

    def _many(self, origin: type, kind: Any, value: object, path: str) -> Any:  # noqa: ANN401 - as above
        if isinstance(value, list) and origin is list:
            return self._each(kind, list(enumerate(value, 1)), path)
        if isinstance(value, dict) and origin is dict:
            return dict(zip(value, self._each(kind, list(value.items()), path), strict=True))
        self.complaints.value(path, value, "must be a list, in [ ]" if origin is list else "must be a table")
        raise _Wrong

    def _plain(self, kind: type, value: object, path: str) -> object:
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        right = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        self._require(right, value, path, f"must be {_WORDS[kind]}")
        if isinstance(value, float):
            self._require(math.isfinite(value), value, path, "must be a finite number")
        return value

    def _each(self, kind: Any, rows: list[tuple[Any, object]], path: str) -> list[Any]:  # noqa: ANN401 - as above
        result = []
        wrong = False
        for key, value in rows:
            try:
                result.append(self._value(kind, value, _join(path, str(key))))
            except _Wrong:
                wrong = True
        if wrong:
            raise _Wrong
        return result

    def _union(self, kinds: list[Any], value: object, path: str) -> Any:  # noqa: ANN401 - as above
        if len(kinds) == 1:
            return self._value(kinds[0], value, path)
        if all(kind in _WORDS for kind in kinds):
            return self._require(
                type(value) in kinds, value, path, "must be " + " or ".join(_WORDS[kind] for kind in kinds)
            )
        by_tag = {kind.__struct_config__.tag: kind for kind in kinds}
        tag = value.get("type") if isinstance(value, dict) else None
        if not isinstance(tag, str) or tag not in by_tag:
            expected = f"must be one of {listed(sorted(by_tag))}"
            if tag is None:
                self.complaints.add(_join(path, "type"), f"is missing; {expected}")
            else:
                self.complaints.value(_join(path, "type"), tag, expected)
            raise _Wrong
        return self._struct(by_tag[tag], value, path)

    def _limited(self, arguments: tuple[Any, ...], value: object, path: str) -> Any:  # noqa: ANN401 - as above
        result = self._value(arguments[0], value, path)
        for meta in arguments[1:]:
            if meta.ge is not None:
                self._require(result >= meta.ge, value, path, f"must be {meta.ge} or more")
            if meta.le is not None:
                self._require(result <= meta.le, value, path, f"must be {meta.le} or less")
        return result

    def _require(self, right: bool, value: object, path: str, sentence: str) -> object:  # noqa: FBT001 - a condition, as in assert
        if not right:
            self.complaints.value(path, value, sentence)
            raise _Wrong
        return value


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
