"""The configuration of a hospital: one TOML file, checked as a whole before anything starts.

``load`` reads ``hospital.toml`` into the engine's ``Site`` and the server's own settings. Everything that is wrong is
told in one go, each complaint with file, key and value, so that a mistake is corrected once and not found one restart
at a time. docs/configuration.md describes every key.
"""

from __future__ import annotations

from queue_server.config.configuration import Configuration, digest
from queue_server.config.days import service_days
from queue_server.config.hospital_file import FILE_NAME, load
from queue_server.config.settings import (
    Board,
    DisplaySettings,
    HallSettings,
    HospitalSettings,
    ServerSettings,
    VoiceSettings,
    Volume,
)

__all__ = [
    "FILE_NAME",
    "Board",
    "Configuration",
    "DisplaySettings",
    "HallSettings",
    "HospitalSettings",
    "ServerSettings",
    "VoiceSettings",
    "Volume",
    "digest",
    "load",
    "service_days",
]
