"""What the parts of a site say of each other: references, ids, booking and fees."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queue_server.config.checks.queues import check_prefixes, check_queue
from queue_server.config.checks.stations import check_levels, check_room_list, check_serving
from queue_server.config.checks.values import not_negative, reference, time_of_day
from queue_server.engine.site import BookingRules, FeeRules, Site
from queue_server.toml_reader import Complaints

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_LONGEST_SLOT_MIN = 60
_MOST_DAYS_AHEAD = 366
_DAY_MIN = 1440


def site(complaints: Complaints, site: Site, ids: dict[str, list[str]]) -> None:
    """Everything that the parts of a site say of each other.

    ``ids`` are those written in the file, by table: what could not be read was complained of already, and a reference
    to it is no second mistake.
    """
    try:
        ZoneInfo(site.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        complaints.value(
            "site.time_zone", site.time_zone, "there is no such time zone; an IANA name like Asia/Shanghai"
        )
    time_of_day(complaints, "site.day_opens", site.day_opens)
    not_negative(complaints, "site.max_clock_jump_min", site.max_clock_jump_min)
    not_negative(complaints, "site.max_clock_step_min", site.max_clock_step_min)
    not_negative(complaints, "site.max_closed_days", site.max_closed_days)
    _ids(complaints, ids)
    halls, clinics, rooms, queues = ids["halls"], ids["clinics"], ids["rooms"], ids["queues"]
    for clinic in site.clinics:
        reference(complaints, f"clinics.{clinic.id}.hall", clinic.hall, "hall", halls)
        not_negative(complaints, f"clinics.{clinic.id}.check_in_opens_min", clinic.check_in_opens_min)
        if clinic.check_in_at == "own_hall" and not clinic.needs_check_in:
            path = f"clinics.{clinic.id}.check_in_at"
            complaints.value(path, "own_hall", "has no effect with needs_check_in = false")
    for doctor in site.doctors:
        reference(complaints, f"doctors.{doctor.id}.clinic", doctor.clinic, "clinic", clinics)
    for room in site.rooms:
        reference(complaints, f"rooms.{room.id}.hall", room.hall, "hall", halls)
    for queue in site.queues:
        check_queue(complaints, queue, halls, clinics)
    check_prefixes(complaints, site.queues)
    for station in site.stations:
        path = f"stations.{station.id}"
        reference(complaints, f"{path}.hall", station.hall, "hall", halls)
        reference(complaints, f"{path}.room", station.room, "room", rooms)
        if not station.queues:
            complaints.add(f"{path}.queues", "is empty; a station calls from at least one queue")
        for name in station.queues:
            reference(complaints, f"{path}.queues", name, "queue", queues)
        check_serving(complaints, path, station)
        check_room_list(complaints, path, station, site)
    check_levels(complaints, site)
    _fees(complaints, site.fees, clinics)
    _booking(complaints, site.booking)


def _ids(complaints: Complaints, ids: dict[str, list[str]]) -> None:
    if not ids["halls"]:
        complaints.add("halls", "at least one hall is needed")
    for kind, names in ids.items():
        for name in sorted({name for name in names if names.count(name) > 1}):
            complaints.add(f"{kind}.{name}.id", "is used twice")
        for name in names:
            if not _ID.fullmatch(name):
                sentence = "an id is at most 40 of a-z, 0-9, - and _, and starts with a letter or digit"
                complaints.value(f"{kind}.id", name, sentence)


def _fees(complaints: Complaints, fees: FeeRules, clinics: list[str]) -> None:
    """Days of clinics that there are."""
    for clinic in fees.days_of_clinic:
        reference(complaints, "site.fees.days_of_clinic", clinic, "clinic", clinics)


def _booking(complaints: Complaints, booking: BookingRules) -> None:
    """Slots of an hour at most, and limits that mean something."""
    path = "site.booking"
    if booking.longest_slot_min > _LONGEST_SLOT_MIN:
        complaints.value(f"{path}.longest_slot_min", booking.longest_slot_min, "a slot is one hour (60) at most")
    if booking.referral_percent and booking.referral_until_min >= _DAY_MIN:
        said = f"must be less than {_DAY_MIN}, or no place is ever kept on the day"
        complaints.value(f"{path}.referral_until_min", booking.referral_until_min, said)
    if booking.ahead_days > _MOST_DAYS_AHEAD:
        complaints.value(f"{path}.ahead_days", booking.ahead_days, f"must be {_MOST_DAYS_AHEAD} or less")
    if booking.a_day_and_clinic < 1:
        complaints.value(f"{path}.a_day_and_clinic", booking.a_day_and_clinic, "must be 1 or more: 0 books nobody")
    if booking.no_shows:
        for name in ("no_show_days", "ban_days"):
            if not getattr(booking, name):
                complaints.value(f"{path}.{name}", 0, "must be 1 or more; no_shows = 0 bans nobody")
