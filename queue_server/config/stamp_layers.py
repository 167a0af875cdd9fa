"""The rules of waiting as a hospital writes them: in layers, from presets, with sets for single sessions.

Layers, each replacing single keys of the one before: the hospital's ``[stamps]``, ``[clinics.ID.stamps]``,
``[queues.ID.stamps]`` and, for a clinic session that names it, ``[stamp_sets.NAME]``. In each of them
``stamps_preset`` takes over a file of the folder ``stamps`` first. Every key remembers where it is written, so that a
mistake is told once, there.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from queue_server.toml_reader import Complaints, Reader, Table, listed

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "stamps"
PRESET = "stamps_preset"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_OF_LANES = "lock"

_SENTENCE = {"zh": "-", "en": "-"}
_RULE = {"type": "time", "anchor": "check_in", "sentence": _SENTENCE}
_FILLER: Table = {"appointment": _RULE, "walk_in": _RULE, "late": _RULE, "missed": [_RULE]}
"""Stands in for a layer that could not be read: what it would have given is not complained of as missing."""


class _Key(NamedTuple):
    """A key's value, and the file and key under which it is written (``None``: the configuration's own file)."""

    value: Any
    file: str | None
    key: str


_Layer = dict[str, _Key]


class StampLayers:
    """Puts the rules of every queue together from the layers of one configuration."""

    def __init__(self, reader: Reader, table: Table, folder: Path) -> None:
        """Read the hospital's own layer and the sets; complaints go to the reader's."""
        self._complaints = reader.complaints
        self._folder = folder / FOLDER
        self._presets: dict[str, _Layer | None] = {}
        self._hospital = self._layer(table, "")
        self._of_clinics = {
            name: self._layer(clinic, f"clinics.{name}.") for name, clinic in _tables(table, "clinics").items()
        }
        self._sets: dict[str, tuple[_Layer, list[str] | None]] = {}
        known = [queue for queue, row in _tables(table, "queues").items() if row.get("kind") == "clinic"]
        for name, own in reader.tables(table, "stamp_sets").items():
            self._sets[name] = self._set(name, own, known)

    def of_clinic(self, clinic: Table) -> Table:
        """The clinic without what is the queues'."""
        return {key: value for key, value in clinic.items() if key not in {"stamps", PRESET}}

    def of_queue(self, name: str, queue: Table) -> Table:
        """The queue with its rules complete, and with those that its sessions may have in their place."""
        path = f"queues.{name}"
        rest = {key: value for key, value in queue.items() if key not in {"stamps", PRESET}}
        if "stamp_sets" in rest:
            self._complaints.add(f"{path}.stamp_sets", "unknown key; a set is written as [stamp_sets.some_id]")
        clinic = queue.get("clinic")
        of_clinic = self._of_clinics.get(clinic, {}) if isinstance(clinic, str) else {}
        own = {**self._hospital, **of_clinic, **self._layer(queue, f"{path}.")}
        sets: dict[str, _Layer] = {}
        if queue.get("kind") == "clinic":
            sets = {key: layer for key, (layer, only) in self._sets.items() if only is None or name in only}
        return {
            **rest,
            "stamps": self._written(own, f"{path}.stamps"),
            "stamp_sets": {
                key: self._written({**own, **layer}, f"{path}.stamp_sets.{key}") for key, layer in sets.items()
            },
        }

    def _written(self, layer: _Layer, path: str) -> Table:
        for key, (_, file, origin) in layer.items():
            self._complaints.written_at[f"{path}.{key}"] = (file, origin)
        return {key: one.value for key, one in layer.items()}

    def _set(self, name: str, table: Table, queues: list[str]) -> tuple[_Layer, list[str] | None]:
        path = f"stamp_sets.{name}"
        if not _NAME.fullmatch(name):
            sentence = "an id is at most 40 of a-z, 0-9, - and _, and starts with a letter or digit"
            self._complaints.value("stamp_sets.id", name, sentence)
        only = table.get("queues")
        own = {key: value for key, value in table.items() if key not in {PRESET, "queues"}}
        if only is not None and not isinstance(only, list):
            self._complaints.value(f"{path}.queues", only, "must be a list, in [ ]")
            only = None
        for queue in only or []:
            if queue not in queues:
                expected = f"there is no such queue with sessions; there are {listed(queues)}"
                self._complaints.value(f"{path}.queues", queue, expected)
        if _OF_LANES in own:
            self._complaints.add(
                f"{path}.{_OF_LANES}", "the locked head belongs to the queue, not to a session; set it there"
            )
        layer = {**self._preset(table, f"{path}."), **_layer(own, None, f"{path}.")}
        # Sessions share a lane, and a lane has one locked head: the queue's.
        layer.pop(_OF_LANES, None)
        return (layer, only)

    def _layer(self, table: Table, path: str) -> _Layer:
        """What the table of one level says of the rules."""
        preset = self._preset(table, path)
        own = table.get("stamps", {})
        if not isinstance(own, dict):
            self._complaints.value(f"{path}stamps", own, "must be a table")
            return {**preset, **_layer(_FILLER, None, "")}
        return {**preset, **_layer(own, None, f"{path}stamps.")}

    def _preset(self, table: Table, path: str) -> _Layer:
        name = table.get(PRESET)
        if name is None:
            return {}
        if not isinstance(name, str):
            self._complaints.value(f"{path}{PRESET}", name, "must be text")
            return _layer(_FILLER, None, "")
        if name not in self._presets:
            self._presets[name] = self._read(name, f"{path}{PRESET}")
        layer = self._presets[name]
        return _layer(_FILLER, None, "") if layer is None else layer

    def _read(self, name: str, key: str) -> _Layer | None:
        """The preset, or ``None`` after noting what is wrong with its file."""
        file = self._folder / f"{name}.toml"
        shown = f"{FOLDER}/{name}.toml"
        if not _NAME.fullmatch(name) or not file.is_file():
            there = sorted(one.stem for one in self._folder.glob("*.toml"))
            self._complaints.value(
                key, name, f"there is no such file in the folder {FOLDER}; there are {listed(there)}"
            )
            return None
        complaints = Complaints(shown)
        stamps: object = None
        try:
            table = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            complaints.sentences.append(f"{shown}: cannot be read: {error}")
        except tomllib.TOMLDecodeError as error:
            complaints.sentences.append(f"{shown}: is not TOML: {error}")
        else:
            Reader(complaints).unknown(table, ["stamps"], "")
            stamps = table.get("stamps")
            if not isinstance(stamps, dict):
                complaints.add("stamps", "is missing; a preset is one table [stamps]")
        self._complaints.sentences += complaints.sentences
        return _layer(stamps, shown, "stamps.") if isinstance(stamps, dict) else None


def _layer(table: Table, file: str | None, path: str) -> _Layer:
    return {key: _Key(value, file, f"{path}{key}") for key, value in table.items()}


def _tables(table: Table, key: str) -> dict[str, Table]:
    """The sub-tables of ``table[key]``; what is wrong with them is complained of where they are read."""
    found = table.get(key)
    return {name: row for name, row in found.items() if isinstance(row, dict)} if isinstance(found, dict) else {}
