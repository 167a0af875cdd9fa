"""What the server itself is told: how it listens, speaks and shows, and which hospital system it asks."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from queue_server.engine.site import Text

Minutes = Annotated[int, Meta(ge=0, le=10_080)]
Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Percent = Annotated[int, Meta(ge=0, le=100)]
Millimetres = Annotated[int, Meta(ge=50, le=10_000)]


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
