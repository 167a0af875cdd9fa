"""The configuration of a hospital: one TOML file, checked as a whole before anything starts.

``load`` reads ``hospital.toml`` into the engine's ``Site`` and the server's own settings. Everything that is wrong is
told in one go, each complaint with file, key and value, so that a mistake is corrected once and not found one restart
at a time. docs/configuration.md describes every key.
"""

from __future__ import annotations

import hashlib
import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from queue_server import config_checks as checks
from queue_server import room_config, triage_config
from queue_server.engine.site import Clinic, Doctor, Hall, Queue, Room, Site, Station, Text
from queue_server.engine.triage_table import TriageTable
from queue_server.stamp_config import PRESET, StampLayers
from queue_server.toml_reader import Complaints, ConfigurationError, Reader, Table, listed

Minutes = Annotated[int, Meta(ge=0, le=10_080)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Millimetres = Annotated[int, Meta(ge=50, le=10_000)]

FILE_NAME = "hospital.toml"
_LISTS = ["halls", "clinics", "doctors", "rooms", "queues", "stations"]
_ROOT = ["site", "server", "hospital", "voice", "stamps", PRESET, "stamp_sets", *room_config.KEYS, "titles", *_LISTS]
_ROOT += ["displays"]


class ServerSettings(msgspec.Struct, frozen=True):
    """How the server listens and how long it remembers.

    ``public_url`` is where patients' telephones reach the ticket pages; without it a QR code carries ``HZ:`` and the
    link. ``tls_certificate`` and ``tls_key`` are paths; any address but this machine's own needs them.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8600
    public_url: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    list_old_after_min: Minutes = 15
    """Older than this, screens say from when today's list is."""
    list_refresh_s: Seconds = 30
    log_in_idle_min: Minutes = 30
    log_in_longest_min: Minutes = 720
    enrolment_code_min: Minutes = 15
    feed_heartbeat_s: Seconds = 10
    trusted_proxies: list[str] = []
    """Addresses and networks of reverse proxies, from which ``X-Forwarded-For`` is believed."""
    connections_per_address: Annotated[int, Meta(ge=1, le=100_000)] = 512
    """Open connections of one address; proxies are not counted."""
    feeds_per_owner: Annotated[int, Meta(ge=1, le=100_000)] = 16
    """Open feeds of one device, log-in or ticket; a further one ends the oldest."""
    devices: str = "devices.toml"
    """The file, beside this one, with the call displays that ``[displays]`` names."""
    personal_data_days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    """People in no list of the hospital for this long are erased: name, birth year and identities."""


class HospitalSettings(msgspec.Struct, frozen=True):
    """Which adapter speaks to the hospital's systems. ``options`` are the adapter's own."""

    adapter: str
    options: dict[str, str | int | bool] = {}


class VoiceSettings(msgspec.Struct, frozen=True):
    """How calls are spoken.

    ``sentence`` and ``door_sentence`` may use ``{number}``, ``{room}`` and ``{name}``; the last is empty unless
    ``speak_names``.
    ``digit_one``: how Mandarin says the digit 1 in numbers, ``yi`` (一) or ``yao`` (幺).
    """

    sentence: Text = Text("请{number}号{name}，到{room}。", "Number {number}{name}, please go to {room}.")
    door_sentence: Text = Text(
        "请{number}号{name}，到{room}门口候诊。", "Number {number}{name}, please wait at the door of {room}."
    )
    """A second-stage call: to a room's door."""
    speak_doors: bool = True
    """Whether second-stage calls are spoken; they are shown in any case."""
    enabled: bool = True
    languages: list[Literal["zh", "en"]] = msgspec.field(default_factory=lambda: ["zh"])
    digit_one: Literal["yi", "yao"] = "yi"
    speak_names: bool = False
    words_per_minute: Annotated[int, Meta(ge=80, le=300)] = 150
    cache_mb: Annotated[int, Meta(ge=1, le=10_000)] = 64


class Board(msgspec.Struct, frozen=True):
    """A hall's board: the panel's visible size and how far away people sit, which sets the letters' height."""

    width_mm: Millimetres = 1_210
    height_mm: Millimetres = 680
    distance_m: Annotated[float, Meta(ge=0.5, le=50)] = 6.0


class Volume(msgspec.Struct, frozen=True):
    """From ``starts`` (``HH:MM``, hospital's time) until the next entry, voice and chime sound at ``percent``.

    Before the day's first entry the last one goes on.
    """

    starts: str
    percent: Percent


class HallSettings(msgspec.Struct, frozen=True):
    """What a hall has beside its name. An empty ``volume`` is full volume all day."""

    board: Board = Board()
    volume: list[Volume] = []


class DisplaySettings(msgspec.Struct, frozen=True):
    """What stands on a call display (an LED board), which bears the name of its device.

    ``shows`` may use ``{number}``, ``{room}`` (in Chinese) and ``{room_en}``; ``idle`` stands while nobody is called.
    """

    stations: list[str]
    """Whose calls it shows, the latest of them."""
    shows: str = "请{number}号到{room}"
    idle: str = ""


class Configuration(msgspec.Struct, frozen=True):
    """A checked configuration. ``digest`` is that of ``site``; ``folder`` is where its file lies."""

    site: Site
    digest: str
    server: ServerSettings
    hospital: HospitalSettings
    voice: VoiceSettings
    halls: dict[str, HallSettings]
    folder: Path
    triage: TriageTable | None = None
    """What emergency queues go by; ``None`` where there is no ``triage.toml`` beside the file and no such queue."""
    displays: dict[str, DisplaySettings] = {}

    @property
    def zone(self) -> ZoneInfo:
        """The hospital's time zone."""
        return ZoneInfo(self.site.time_zone)

    def service_day(self, now: int) -> str:
        """The service day (``YYYY-MM-DD``) of the moment ``now`` (UTC microseconds)."""
        hour, minute = (int(part) for part in self.site.day_opens.split(":"))
        local = _local(now, self.zone)
        opened = (local.hour, local.minute) >= (hour, minute)
        return (local.date() if opened else local.date() - timedelta(days=1)).isoformat()

    def day_starts_at(self, day: str) -> int:
        """When the service day ``day`` opens, in UTC microseconds."""
        return day_starts_at(self.site, date.fromisoformat(day))

    def utc_offset_min(self, day: str) -> int:
        """The hospital's offset from UTC when ``day`` opens, in minutes."""
        offset = _local(self.day_starts_at(day), self.zone).utcoffset() or timedelta()
        return int(offset.total_seconds()) // 60


def digest(site: Site) -> str:
    """The SHA-256 of the canonical encoding (JSON, sorted keys, UTF-8) of ``site``, in hex."""
    return hashlib.sha256(msgspec.json.encode(site, order="sorted")).hexdigest()


def load(path: Path) -> Configuration:
    """The configuration in ``path``: a TOML file, or a folder with ``hospital.toml``.

    Raises:
        ConfigurationError: the file is missing, is no TOML, or something in it is wrong; all of it is listed.
    """
    file = path / FILE_NAME if path.is_dir() else path
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError([f"{file}: there is no such file; name the folder that holds {FILE_NAME}"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError([f"{file}: cannot be read: {error}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{file.name}: is not TOML: {error}"]) from error
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
        checks.server(complaints, server.host, server.public_url, server.tls_certificate, server.tls_key)
        checks.proxies(complaints, server.trusted_proxies)
    if voice is not None:
        spoken = {"sentence": voice.sentence, "door_sentence": voice.door_sentence}
        checks.voice(complaints, spoken, list(voice.languages))
    for name, settings in hall_settings.items():
        checks.volume(complaints, name, [entry.starts for entry in settings.volume])
    if site is not None:
        room_config.check(complaints, list(site.queues))
        checks.site(complaints, site, {key: _ids(table, key) for key in _LISTS})
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
            checks.display(reader.complaints, name, settings.stations, stations, settings.shows)
    return read


def _triage(folder: Path, site: Site | None, complaints: Complaints) -> TriageTable | None:
    is_needed = site is not None and any(queue.triage for queue in site.queues)
    if not is_needed and not (folder / triage_config.FILE_NAME).exists():
        return None
    try:
        return triage_config.load(folder)
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
        name: room_config.without(stamps.of_clinic(clinic)) for name, clinic in reader.tables(table, "clinics").items()
    }
    queues = {
        name: room_config.completed(reader.complaints, table, name, stamps.of_queue(name, queue))
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


def day_starts_at(site: Site, day: date) -> int:
    """When a service day of ``site`` opens, in UTC microseconds."""
    hour, minute = (int(part) for part in site.day_opens.split(":"))
    local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(site.time_zone))
    return round(local.timestamp()) * 1_000_000


def service_days(site: Site, first: date, last: date) -> list[tuple[str, int, int]]:
    """The service days from ``first`` to ``last``: each with when it begins and ends, UTC microseconds."""
    days = [first + timedelta(days=after) for after in range((last - first).days + 2)]
    starts = [day_starts_at(site, day) for day in days]
    return [(day.isoformat(), start, end) for day, start, end in zip(days, starts, starts[1:], strict=False)]


def _local(now: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(now // 1_000_000, UTC).astimezone(zone)
