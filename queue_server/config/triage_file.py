"""Reads ``triage.toml`` into the engine's triage table and reports everything that is wrong with it.

A hospital changes thresholds by changing this file, so a slip of the pen must not pass: bands leave no gap and do not
overlap, every text stands in both languages, every part names its source. docs/triage.md describes the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from queue_server.config.checks import triage as checks
from queue_server.engine.site import Text
from queue_server.engine.triage_table import (
    CONDITIONS,
    LEVELS,
    MEASURES,
    Channels,
    LevelRule,
    Measure,
    Mews,
    MewsLevels,
    Mind,
    News2,
    Signs,
    Source,
    TriageTable,
    Years,
)
from queue_server.toml_reader import Complaints, ConfigurationError, Reader, Table, read_file

FILE_NAME = "triage.toml"
S = TypeVar("S", bound=msgspec.Struct)


class _Head(msgspec.Struct, frozen=True):
    version: str
    child_below_years: Years
    stable_level: Literal["IVa", "IVb"]


def load(path: Path) -> TriageTable:
    """The triage table in ``path``: a TOML file, or a folder with ``triage.toml``.

    Raises:
        ConfigurationError: the file is missing, is no TOML, or something in it is wrong; all of it is listed.
    """
    file, table = read_file(path, FILE_NAME)
    complaints = Complaints(file.name)
    read = _read(table, complaints)
    if complaints.sentences or read is None:
        raise ConfigurationError(complaints.sentences)
    return read


def _read(table: Table, complaints: Complaints) -> TriageTable | None:
    reader = Reader(complaints)
    reader.unknown(table, [field.name for field in msgspec.structs.fields(TriageTable)], "")
    plain = [field.name for field in msgspec.structs.fields(_Head)]
    head = reader.struct(_Head, {key: table[key] for key in plain if key in table}, "")
    # Part by part, so that a slip in one does not hide what is wrong in the others.
    sources = _each(reader, Source, table, "sources")
    conditions = _each(reader, Text, table, "conditions", CONDITIONS)
    levels = _each(reader, LevelRule, table, "levels", LEVELS)
    measures = _each(reader, Measure, table, "measures", MEASURES)
    signs = _each(reader, Signs, table, "signs", LEVELS)
    mind = _one(reader, Mind, table, "consciousness")
    channels = _one(reader, Channels, table, "channels")
    mews = _one(reader, Mews, table, "mews")
    mews_levels = _one(reader, MewsLevels, table, "mews_levels")
    news2 = _one(reader, News2, table, "news2")

    parts: dict[str, msgspec.Struct | None] = {
        **{f"sources.{name}": part for name, part in sources.items()},
        **{f"conditions.{name}": part for name, part in conditions.items()},
        **{f"levels.{name}": part for name, part in levels.items()},
        **{f"measures.{name}": part for name, part in measures.items()},
        **{f"signs.{name}": part for name, part in signs.items()},
        "consciousness": mind,
        "channels": channels,
        "mews": mews,
        "mews_levels": mews_levels,
        "news2": news2,
    }
    written = table.get("sources")
    known = list(written) if isinstance(written, dict) else None
    for path, part in parts.items():
        if part is not None:
            checks.words(complaints, path, part)
            checks.reviewed(complaints, path, part, known)
    checks.levels(complaints, levels)
    checks.measures(complaints, measures)
    checks.signs(complaints, signs)
    if head is not None:
        checks.version(complaints, head.version)
    if mind is not None:
        checks.mind(complaints, mind)
    if channels is not None:
        checks.ids(complaints, "channels.names", list(channels.names))
    if mews is not None:
        checks.mews(complaints, mews, measures)
    if mews is not None and mews_levels is not None:
        checks.mews_levels(complaints, mews_levels, mews)
    if news2 is not None:
        checks.news2(complaints, news2, measures)
    if not (head and mind and channels and mews and mews_levels and news2):
        return None
    return TriageTable(
        version=head.version,
        child_below_years=head.child_below_years,
        stable_level=head.stable_level,
        sources=sources,
        levels=levels,
        measures=measures,
        consciousness=mind,
        conditions=conditions,
        signs=signs,
        channels=channels,
        mews=mews,
        mews_levels=mews_levels,
        news2=news2,
    )


def _each(reader: Reader, kind: type[S], table: Table, key: str, names: Sequence[str] | None = None) -> dict[str, S]:
    if key not in table:
        reader.complaints.add(key, "is missing")
        return {}
    found = reader.tables(table, key)
    if names is not None:
        checks.names(reader, key, found, list(names))
        # In the engine's order, so that what decided is named in one order, whatever the file's.
        found = {name: found[name] for name in names if name in found}
    read = {name: reader.struct(kind, part, f"{key}.{name}") for name, part in found.items()}
    return {name: part for name, part in read.items() if part is not None}


def _one(reader: Reader, kind: type[S], table: Table, key: str) -> S | None:
    if key not in table:
        reader.complaints.add(key, "is missing")
        return None
    return reader.struct(kind, table[key], key)
