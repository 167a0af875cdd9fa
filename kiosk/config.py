"""The kiosk's configuration: ``kiosk.toml`` in a folder, with ``devices.toml`` beside it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from kiosk.codes import CodeKind, CodeRules, code_rule
from kiosk.durations import Durations
from kiosk.level_config import BrightnessKeys, LevelPlan, VolumeKeys, brightness_plan, volume_plan
from kiosk.panel import Panel
from kiosk.speech import Through, VoicePlan
from kiosk.words import Language

WATCHDOG = range(20, 256)
"""Seconds the cabinet's board may wait; less than a few feedings would restart a kiosk that is only busy."""

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ConfigurationError(ValueError):
    """The configuration cannot be used; names the file, the key and the value."""


class _PanelKeys(msgspec.Struct, forbid_unknown_fields=True):
    width_mm: float = Panel.width_mm
    height_mm: float = Panel.height_mm
    width_px: int = Panel.width_px
    height_px: int = Panel.height_px


class _DurationKeys(msgspec.Struct, forbid_unknown_fields=True):
    idle: float = Durations.idle
    idle_senior: float = Durations.idle_senior
    ticket: float = Durations.ticket
    countdown: int = Durations.countdown
    card: float = Durations.card
    payment: float = Durations.payment


class _CabinetKeys(msgspec.Struct, forbid_unknown_fields=True):
    watchdog: int = 0


class _TicketKeys(msgspec.Struct, forbid_unknown_fields=True):
    logo: str | None = None


class _VoiceKeys(msgspec.Struct, forbid_unknown_fields=True):
    through: Through
    device: str | None = None
    words_per_minute: Annotated[int, msgspec.Meta(ge=80, le=300)] = 140


class _CodeKeys(msgspec.Struct, forbid_unknown_fields=True):
    kind: CodeKind
    pattern: str


class _Keys(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    server: str
    ca: str | None = None
    devices: str = "devices.toml"
    language: Language = "zh"
    scanner: bool = True
    panel: _PanelKeys = msgspec.field(default_factory=_PanelKeys)
    durations: _DurationKeys = msgspec.field(default_factory=_DurationKeys)
    cabinet: _CabinetKeys = msgspec.field(default_factory=_CabinetKeys)
    ticket: _TicketKeys = msgspec.field(default_factory=_TicketKeys)
    volume: VolumeKeys | None = None
    brightness: BrightnessKeys | None = None
    voice: _VoiceKeys | None = None
    code: list[_CodeKeys] = []


class Configuration(msgspec.Struct, frozen=True):
    """One kiosk's configuration, checked.

    Attributes:
        name: how staff find the kiosk.
        server: the server's address; without TLS on this machine only.
        ca: the certificate authority's file, if the hospital has its own.
        devices: the device configuration's file.
        language: which language waits for patients.
        scanner: whether a scanner is there; only then the screens tell of it.
        panel: the touch panel.
        durations: idle times and the like.
        watchdog: seconds until the cabinet's board restarts a machine whose kiosk hangs; 0 = never.
        volume: the loudspeaker's volume by the time of day; ``None``: it is left alone.
        brightness: the screen's brightness by the time of day; ``None``: it is left alone.
        voice: how sentences are said; ``None``: not at all.
        logo: the image at the head of each ticket; ``None``: none.
        codes: what scanned codes are.
    """

    name: str
    server: str
    ca: Path | None
    devices: Path
    language: Language
    scanner: bool
    panel: Panel
    durations: Durations
    watchdog: int = 0
    volume: LevelPlan | None = None
    brightness: LevelPlan | None = None
    voice: VoicePlan | None = None
    logo: Path | None = None
    codes: CodeRules = msgspec.field(default_factory=CodeRules)


def load(folder: Path) -> Configuration:
    """Read and check ``kiosk.toml`` in ``folder``.

    Raises:
        ConfigurationError: a file or a key is missing, unknown or wrong.
    """
    path = folder / "kiosk.toml"
    try:
        keys = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Keys)
        panel = Panel(keys.panel.width_mm, keys.panel.height_mm, keys.panel.width_px, keys.panel.height_px)
        durations = Durations(**msgspec.structs.asdict(keys.durations))
        watchdog = _watchdog(keys.cabinet.watchdog)
        volume = None if keys.volume is None else volume_plan(keys.volume)
        brightness = None if keys.brightness is None else brightness_plan(keys.brightness)
        codes = CodeRules([code_rule(one.kind, one.pattern, f"code[{at}]") for at, one in enumerate(keys.code)])
    except FileNotFoundError as error:
        raise ConfigurationError(f"There is no {path}. Give the folder with --config.") from error
    except (OSError, UnicodeDecodeError, ValueError) as error:  # msgspec's and tomllib's errors are ValueErrors
        raise ConfigurationError(f"{path}: {error}") from error
    _check_server(path, keys.server)
    ca = None if keys.ca is None else folder / keys.ca
    if ca is not None and not ca.is_file():
        raise ConfigurationError(f"{path}: ca is {keys.ca!r}, and there is no such file in {folder}.")
    logo = None if keys.ticket.logo is None else folder / keys.ticket.logo
    if logo is not None:
        _check_logo(path, logo)
    return Configuration(
        keys.name,
        keys.server,
        ca,
        folder / keys.devices,
        keys.language,
        keys.scanner,
        panel,
        durations,
        watchdog=watchdog,
        volume=volume,
        brightness=brightness,
        voice=None if keys.voice is None else VoicePlan(**msgspec.structs.asdict(keys.voice)),
        logo=logo,
        codes=codes,
    )


def _watchdog(seconds: int) -> int:
    if seconds and seconds not in WATCHDOG:
        raise ValueError(f"cabinet.watchdog is {seconds}; it must be 0 or 20 to 255 seconds.")
    return seconds


def _check_logo(path: Path, logo: Path) -> None:
    """See that it can be printed, on the narrowest paper; before any patient comes."""
    from drivers.receipt_printer.logo import LogoError, load_logo  # noqa: PLC0415 - draws: for those who have one
    from drivers.receipt_printer.profile import PROFILES  # noqa: PLC0415 - see above

    try:
        load_logo(logo, min(profile.dots for profile in PROFILES.values()))
    except LogoError as error:
        raise ConfigurationError(f"{path}: ticket.logo: {error}") from error


def _check_server(path: Path, server: str) -> None:
    parts = urlsplit(server)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"{path}: server is {server!r}; it must be an address such as https://lobby:8600.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ConfigurationError(
            f"{path}: server is {server!r}; without TLS only this machine can be reached. Use https and set ca."
        )
