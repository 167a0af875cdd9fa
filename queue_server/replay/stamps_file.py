"""Stamps from a TOML file, written as in hospital.toml: ``[stamps]`` and ``[queues.ID.stamps]``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from queue_server.config.checks.stamp_rules import check_stamps
from queue_server.engine.site import Stamps
from queue_server.replay.changes import EVERY, StampSet
from queue_server.toml_reader import Complaints, ConfigurationError, Reader, Table


def read_stamps(file: Path) -> StampSet:
    """The stamps in ``file``; other tables of a hospital.toml are passed over.

    Raises:
        ConfigurationError: the file cannot be read or something in it is wrong; all of it is listed.
    """
    try:
        table: Table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError([f"{file}: there is no such file"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{file}: cannot be read: {error}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file}: is not TOML: {error}"]) from error
    complaints = Complaints(str(file))
    reader = Reader(complaints)
    found: StampSet = {}
    defaults = table.get("stamps", {})
    if defaults:
        _add(reader, found, EVERY, defaults, "stamps")
    for queue, own in reader.tables(table, "queues").items():
        stamps = own.get("stamps")
        if stamps is not None:
            written = {**defaults, **stamps} if isinstance(stamps, dict) and isinstance(defaults, dict) else stamps
            _add(reader, found, queue, written, f"queues.{queue}.stamps")
    if not found and not complaints.sentences:
        complaints.add("stamps", "is missing; write [stamps.appointment], [stamps.walk_in] and so on")
    if complaints.sentences:
        raise ConfigurationError(complaints.sentences)
    return found


def _add(reader: Reader, found: StampSet, queue: str, table: object, path: str) -> None:
    stamps = reader.struct(Stamps, table, path)
    if stamps is not None:
        check_stamps(reader.complaints, path, stamps)
        found[queue] = stamps
