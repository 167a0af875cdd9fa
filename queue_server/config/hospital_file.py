"""Reads ``hospital.toml`` and the files beside it; everything that is wrong is told in one go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from queue_server.config import room_lists, triage_file
from queue_server.config.checks import address, announcements, sites
from queue_server.config.configuration import Configuration, digest
from queue_server.config.settings import DisplaySettings, HallSettings, HospitalSettings, ServerSettings, VoiceSettings
from queue_server.config.stamp_layers import PRESET, StampLayers
from queue_server.engine.site import Clinic, Doctor, Hall, Queue, Room, Site, Station, Text
from queue_server.engine.triage_table import TriageTable
from queue_server.toml_reader import Complaints, ConfigurationError, Reader, Table, listed, read_file

FILE_NAME = "hospital.toml"
_LISTS = ["halls", "clinics", "doctors", "rooms", "queues", "stations"]
_ROOT = ["site", "server", "hospital", "voice", "stamps", PRESET, "stamp_sets", *room_lists.KEYS, "titles", *_LISTS]
_ROOT += ["displays"]


def load(path: Path) -> Configuration:
    """The configuration in ``path``: a TOML file, or a folder with ``hospital.toml``.

    Raises:
        ConfigurationError: the file is missing, is no TOML, or something in it is wrong; all of it is listed.
    """
    file, table = read_file(path, FILE_NAME)
    return _read(table, file)


def _read(table: Table, file: Path) -> Configuration:
    complaints = Complaints(file.name)
    reader = Reader(complaints)
    reader.unknown(table, _ROOT, "")
    server = reader.struct(ServerSettings, table.get("server", {}), "server")
    hospital = reader.struct(HospitalSettings, table.get("hospital", {}), "hospital")
    voice = reader.struct(VoiceSettings, table.get("voice", {}), "voice")
    halls, hall_settings = _halls(reader, table)
    site = _site(reader, table, halls, StampLayers(reader, table, file.parent))
    if server is not None:
        address.server(complaints, server.host, server.public_url, server.tls_certificate, server.tls_key)
        address.proxies(complaints, server.trusted_proxies)
    if voice is not None:
        spoken = {"sentence": voice.sentence, "door_sentence": voice.door_sentence}
        announcements.voice(complaints, spoken, list(voice.languages))
    for name, settings in hall_settings.items():
        announcements.volume(complaints, name, [entry.starts for entry in settings.volume])
    if site is not None:
        room_lists.check(complaints, list(site.queues))
        sites.site(complaints, site, {key: _ids(table, key) for key in _LISTS})
    displays = _displays(reader, table, site)
    triage = _triage(file.parent, site, complaints)
    if complaints.sentences or site is None or server is None or hospital is None or voice is None:
        raise ConfigurationError(complaints.sentences)
    return Configuration(site, digest(site), server, hospital, voice, hall_settings, file.parent, triage, displays)


def _displays(reader: Reader, table: Table, site: Site | None) -> dict[str, DisplaySettings]:
    stations = _ids(table, "stations") if site is None else [station.id for station in site.stations]
    read: dict[str, DisplaySettings] = {}
    for name, display in reader.tables(table, "displays").items():
        settings = reader.struct(DisplaySettings, display, f"displays.{name}")
        if settings is not None:
            read[name] = settings
            announcements.display(reader.complaints, name, settings.stations, stations, settings.shows)
    return read


def _triage(folder: Path, site: Site | None, complaints: Complaints) -> TriageTable | None:
    is_needed = site is not None and any(queue.triage for queue in site.queues)
    if not is_needed and not (folder / triage_file.FILE_NAME).exists():
        return None
    try:
        return triage_file.load(folder)
    except ConfigurationError as error:
        complaints.sentences += error.complaints
        return None


def _halls(reader: Reader, table: Table) -> tuple[list[Hall], dict[str, HallSettings]]:
    halls: list[Hall] = []
    settings: dict[str, HallSettings] = {}
    for name, hall in reader.tables(table, "halls").items():
        own = {key: hall[key] for key in ("board", "volume") if key in hall}
        rest = {key: value for key, value in hall.items() if key not in own}
        read, extra = (
            reader.struct(Hall, {"id": name, **rest}, f"halls.{name}"),
            reader.struct(HallSettings, own, f"halls.{name}"),
        )
        if read is not None:
            halls.append(read)
        if extra is not None:
            settings[name] = extra
    return halls, settings


def _site(reader: Reader, table: Table, halls: list[Hall], stamps: StampLayers) -> Site | None:
    titles = _titles(reader, table)
    doctors = {
        name: _with_title(reader, doctor, name, titles) for name, doctor in reader.tables(table, "doctors").items()
    }
    clinics = {
        name: room_lists.without(stamps.of_clinic(clinic)) for name, clinic in reader.tables(table, "clinics").items()
    }
    queues = {
        name: room_lists.completed(reader.complaints, table, name, stamps.of_queue(name, queue))
        for name, queue in reader.tables(table, "queues").items()
    }
    lists: dict[str, Any] = {
        "halls": halls,
        "clinics": _all(reader, Clinic, "clinics", clinics),
        "doctors": _all(reader, Doctor, "doctors", doctors),
        "rooms": _all(reader, Room, "rooms", reader.tables(table, "rooms")),
        "queues": _all(reader, Queue, "queues", queues),
        "stations": _all(reader, Station, "stations", reader.tables(table, "stations")),
    }
    head = table.get("site")
    if not isinstance(head, dict):
        reader.complaints.add("site", "is missing; it names the hospital, its time zone and its desks")
        return None
    fields = [field.name for field in msgspec.structs.fields(Site) if field.name not in lists]
    if reader.unknown(head, fields, "site"):
        head = {key: value for key, value in head.items() if key in fields}
    # The lists are read above, with paths of their own; what is left is read as a site without any.
    bare = reader.struct(Site, {**head, **{name: [] for name in lists}}, "site")
    return None if bare is None else msgspec.structs.replace(bare, **lists)


def _all(reader: Reader, kind: type[Any], key: str, tables: dict[str, Table]) -> list[Any]:
    read = [reader.struct(kind, {"id": name, **table}, f"{key}.{name}") for name, table in tables.items()]
    return [one for one in read if one is not None]


def _ids(table: Table, key: str) -> list[str]:
    rows = table.get(key, {})
    return (
        [str(row.get("id", name)) for name, row in rows.items() if isinstance(row, dict)]
        if isinstance(rows, dict)
        else []
    )


def _titles(reader: Reader, table: Table) -> dict[str, Text]:
    titles: dict[str, Text] = {}
    for name, words in reader.tables(table, "titles").items():
        title = reader.struct(Text, words, f"titles.{name}")
        if title is not None:
            titles[name] = title
    return titles


def _with_title(reader: Reader, doctor: Table, name: str, titles: dict[str, Text]) -> Table:
    title = doctor.get("title")
    if not isinstance(title, str):
        return doctor
    if title not in titles:
        expected = f"there is no such title; titles are {listed(list(titles))}"
        reader.complaints.value(f"doctors.{name}.title", title, expected)
    words = titles.get(title, Text(title, title))
    return {**doctor, "title": {"zh": words.zh, "en": words.en}}
