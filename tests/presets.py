"""The rules of waiting that the product ships, at work in an invented hospital."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import msgspec

from queue_server.config import hospital_file
from queue_server.engine.site import ClinicSession, Site, Stamps
from tests.sites import session, small_site

CONFIG = Path(__file__).parents[1] / "config"
PRESETS = sorted(file.stem for file in (CONFIG / "stamps").glob("*.toml"))
SMALL = (Path(__file__).parent / "queue_server" / "config" / "hospital.toml").read_text(encoding="utf-8")


@cache
def preset_site(name: str) -> Site:
    """The smallest configuration with the preset, read as a hospital's would be."""
    table = tomllib.loads(SMALL)
    del table["stamps"]
    return hospital_file._read({**table, "stamps_preset": name}, CONFIG / "hospital.toml").site


def preset_sessions() -> list[ClinicSession]:
    """The one session of that site: a pool morning of half-hour slots, ``am``."""
    return [msgspec.structs.replace(session("am", "internal", None, "morning", "08:00", "12:00"), queue="internal")]


def preset_stamps(name: str) -> Stamps:
    """The preset's rules."""
    return next(queue.stamps for queue in preset_site(name).queues if queue.id == "internal")


def small_site_with(stamps: Stamps, **fields: object) -> Site:
    """The small hospital with these rules in its clinics."""
    site = small_site()
    queues = [
        msgspec.structs.replace(queue, stamps=stamps, **fields) if queue.kind == "clinic" else queue
        for queue in site.queues
    ]
    return msgspec.structs.replace(site, queues=queues)
