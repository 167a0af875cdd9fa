"""What must hold between the parts of a configuration: references, times, sentences."""

from __future__ import annotations

import ipaddress
import re
import string
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queue_server.engine.site import (
    Abandon,
    BookingRules,
    FeeRules,
    PlaceStamp,
    Queue,
    Site,
    Stamps,
    Station,
    Text,
    TimeStamp,
)
from queue_server.engine.stamps import all_rules
from queue_server.engine.triage_table import LEVELS
from queue_server.toml_reader import Complaints, listed

_HH_MM = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_PREFIX = re.compile(r"[A-Z]{0,2}")
_TIME_WORDS = ["slot", "check_in", "key", "allowance", "grace", "now", "slot_end", "credit", "reason"]
_PLACE_WORDS = ["calls", "now", "misses"]
_LATE_WORDS = ["slot", "check_in", "now"]
_LONGEST_SLOT_MIN = 60
_MOST_DAYS_AHEAD = 366
_DAY_MIN = 1440
_VOICE_WORDS = ["number", "room", "name"]
_DISPLAY_WORDS = ["number", "room", "room_en"]


def server(complaints: Complaints, host: str, public_url: str | None, certificate: str | None, key: str | None) -> None:
    """An address that can be listened on, encrypted unless it is this machine's own."""
    if (certificate is None) != (key is None):
        complaints.add("server.tls_certificate", "tls_certificate and tls_key belong together")
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        complaints.value("server.host", host, "must be an IP address or localhost")
        return
    if not loopback and certificate is None:
        complaints.value(
            "server.host", host, "needs tls_certificate and tls_key: without them only 127.0.0.1 is served"
        )
    if public_url is not None:
        parts = urlsplit(public_url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or public_url.endswith("/"):
            complaints.value(
                "server.public_url", public_url, "must be like https://example.org, without a slash at the end"
            )


def proxies(complaints: Complaints, networks: list[str]) -> None:
    """Addresses or networks."""
    for one in networks:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            complaints.value("server.trusted_proxies", one, "must be an address or a network such as 10.0.0.0/24")


def voice(complaints: Complaints, sentences: dict[str, Text], languages: list[str]) -> None:
    """Sentences, by key, that say number and room, and the languages to be spoken."""
    if not languages:
        complaints.add("voice.languages", "is empty; set enabled = false for silence")
    if len(set(languages)) != len(languages):
        complaints.add("voice.languages", "names a language twice")
    both = [(key, *pair) for key, one in sentences.items() for pair in (("zh", one.zh), ("en", one.en))]
    for key, language, words in both:
        used = _placeholders(complaints, f"voice.{key}.{language}", words, _VOICE_WORDS)
        for needed in ("number", "room"):
            if used is not None and needed not in used:
                complaints.value(f"voice.{key}.{language}", words, f"must say {{{needed}}}")


def display(complaints: Complaints, name: str, shown: list[str], stations: list[str], words: str) -> None:
    """Stations that there are, each once, and words that say the number."""
    key = f"displays.{name}"
    if not shown:
        complaints.add(f"{key}.stations", "is empty; name the stations whose calls it shows")
    if len(set(shown)) != len(shown):
        complaints.add(f"{key}.stations", "names a station twice")
    for one in shown:
        if one not in stations:
            complaints.value(f"{key}.stations", one, f"there is no such station; stations are {listed(stations)}")
    used = _placeholders(complaints, f"{key}.shows", words, _DISPLAY_WORDS)
    if used is not None and "number" not in used:
        complaints.value(f"{key}.shows", words, "must say {number}")


def volume(complaints: Complaints, hall: str, starts: list[str]) -> None:
    """Times of day, in order."""
    for index, moment in enumerate(starts, 1):
        _time_of_day(complaints, f"halls.{hall}.volume.{index}.starts", moment)
    if starts != sorted(set(starts)):
        complaints.add(f"halls.{hall}.volume", "must be in order of time, each time once")


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
    _time_of_day(complaints, "site.day_opens", site.day_opens)
    _not_negative(complaints, "site.max_clock_jump_min", site.max_clock_jump_min)
    _not_negative(complaints, "site.max_clock_step_min", site.max_clock_step_min)
    _not_negative(complaints, "site.max_closed_days", site.max_closed_days)
    _ids(complaints, ids)
    halls, clinics, rooms, queues = ids["halls"], ids["clinics"], ids["rooms"], ids["queues"]
    for clinic in site.clinics:
        _known(complaints, f"clinics.{clinic.id}.hall", clinic.hall, "hall", halls)
        _not_negative(complaints, f"clinics.{clinic.id}.check_in_opens_min", clinic.check_in_opens_min)
        if clinic.check_in_at == "own_hall" and not clinic.needs_check_in:
            path = f"clinics.{clinic.id}.check_in_at"
            complaints.value(path, "own_hall", "has no effect with needs_check_in = false")
    for doctor in site.doctors:
        _known(complaints, f"doctors.{doctor.id}.clinic", doctor.clinic, "clinic", clinics)
    for room in site.rooms:
        _known(complaints, f"rooms.{room.id}.hall", room.hall, "hall", halls)
    for queue in site.queues:
        _queue(complaints, queue, halls, clinics)
    _prefixes(complaints, site.queues)
    for station in site.stations:
        path = f"stations.{station.id}"
        _known(complaints, f"{path}.hall", station.hall, "hall", halls)
        _known(complaints, f"{path}.room", station.room, "room", rooms)
        if not station.queues:
            complaints.add(f"{path}.queues", "is empty; a station calls from at least one queue")
        for name in station.queues:
            _known(complaints, f"{path}.queues", name, "queue", queues)
        _serving(complaints, path, station)
        _room_list(complaints, path, station, site)
    _levels(complaints, site)
    _fees(complaints, site.fees, clinics)
    _booking(complaints, site.booking)


def _fees(complaints: Complaints, fees: FeeRules, clinics: list[str]) -> None:
    """Days of clinics that there are."""
    for clinic in fees.days_of_clinic:
        _known(complaints, "site.fees.days_of_clinic", clinic, "clinic", clinics)


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


def _levels(complaints: Complaints, site: Site) -> None:
    """Rooms that accept some levels of triage: of an emergency queue, and together all of them."""
    triaged = {queue.id for queue in site.queues if queue.triage}
    for station in site.stations:
        path = f"stations.{station.id}.levels"
        if station.levels and not triaged & set(station.queues):
            complaints.add(path, "is for a station that calls an emergency queue (triage = true)")
        if len(set(station.levels)) != len(station.levels):
            complaints.add(path, "names a level twice")
    for queue in sorted(triaged):
        calling = [station for station in site.stations if queue in station.queues]
        for level in LEVELS:
            if calling and all(station.levels and level not in station.levels for station in calling):
                complaints.add(f"queues.{queue}", f"no station that calls it accepts level {level}")


def _room_list(complaints: Complaints, path: str, station: Station, site: Site) -> None:
    """A room's list goes by rank, and takes from all of its queues or from none."""
    called = [queue for queue in site.queues if queue.id in station.queues]
    listed_ones = [queue.id for queue in called if queue.room_look_ahead > 0]
    if not listed_ones:
        return
    if station.serves != "merge" and len(station.queues) > 1:
        complaints.value(
            f"{path}.serves",
            station.serves,
            f'a room\'s list goes by rank, and room_look_ahead gives {listed(listed_ones)} one; use "merge", or '
            "room_look_ahead = 0 there",
        )
    elif len(listed_ones) < len(called):
        complaints.add(
            f"{path}.queues",
            f"mixes queues with room_look_ahead ({listed(listed_ones)}) and without; a room's list takes from all of "
            "its queues or from none",
        )


def _serving(complaints: Complaints, path: str, station: Station) -> None:
    """Turns or an order of queues need several, and turns say how many of each."""
    if len(set(station.queues)) != len(station.queues):
        complaints.add(f"{path}.queues", "names a queue twice")
    if station.serves != "merge" and len(station.queues) < 2:  # noqa: PLR2004 - several
        complaints.value(f"{path}.serves", station.serves, "needs two queues or more")
    if station.serves != "ratio":
        if station.ratio:
            complaints.add(f"{path}.ratio", 'is used with serves = "ratio" only')
        return
    for name, count in station.ratio.items():
        if name not in station.queues:
            complaints.add(f"{path}.ratio.{name}", f"is no queue of this station; they are {listed(station.queues)}")
        if count < 1:
            complaints.value(f"{path}.ratio.{name}", count, "must be 1 or more")
    for name in station.queues:
        if name not in station.ratio:
            complaints.add(f"{path}.ratio.{name}", "is missing; how many of this queue make a turn")


def _queue(complaints: Complaints, queue: Queue, halls: list[str], clinics: list[str]) -> None:
    path = f"queues.{queue.id}"
    _known(complaints, f"{path}.hall", queue.hall, "hall", halls)
    if queue.clinic is not None:
        _known(complaints, f"{path}.clinic", queue.clinic, "clinic", clinics)
    if queue.kind == "clinic" and queue.clinic is None:
        complaints.add(f"{path}.clinic", 'is missing; a queue of kind "clinic" belongs to one')
    if queue.kind == "open" and queue.numbers == "hospital":
        complaints.value(f"{path}.numbers", "hospital", "an open queue has no registration that could carry a number")
    if queue.kind == "order" and queue.numbers == "hospital":
        complaints.value(f"{path}.numbers", "hospital", "an order carries no number; its queue numbers by itself")
    if queue.kind != "order" and queue.needs_paid:
        complaints.value(f"{path}.needs_paid", queue.needs_paid, 'is for a queue of kind "order"')
    if queue.kind != "order" and queue.makes_ticket != "at_kiosk":
        complaints.value(f"{path}.makes_ticket", queue.makes_ticket, 'is for a queue of kind "order"')
    if not _PREFIX.fullmatch(queue.prefix):
        complaints.value(f"{path}.prefix", queue.prefix, "must be at most two letters A to Z")
    if queue.mean_service_min < 1:
        complaints.value(f"{path}.mean_service_min", queue.mean_service_min, "must be 1 or more")
    _not_negative(complaints, f"{path}.wait_limit_min", queue.wait_limit_min)
    _triage(complaints, path, queue)
    _numbered(complaints, path, queue)
    _stamps(complaints, f"{path}.stamps", queue.stamps)
    for name, stamps in queue.stamp_sets.items():
        _stamps(complaints, f"{path}.stamp_sets.{name}", stamps)


def _numbered(complaints: Complaints, path: str, queue: Queue) -> None:
    """A moment by the number needs the hospital's own: one that the queue gives counts check-ins, of all sessions."""
    if queue.numbers == "hospital":
        return
    for where, stamps in (
        ("stamps", queue.stamps),
        *((f"stamp_sets.{name}", one) for name, one in queue.stamp_sets.items()),
    ):
        if any(isinstance(rule, TimeStamp) and rule.anchor == "number" for rule in all_rules(stamps)):
            complaints.add(f"{path}.{where}", 'has the anchor "number", which needs numbers = "hospital"')


def _triage(complaints: Complaints, path: str, queue: Queue) -> None:
    """An emergency queue asks nobody for anything first, and turns nobody away."""
    if not queue.triage:
        return
    if queue.kind != "open":
        complaints.value(f"{path}.kind", queue.kind, 'must be "open": an emergency is treated before it is registered')
    walk_in = queue.stamps.walk_in
    if not isinstance(walk_in, TimeStamp) or walk_in.anchor != "check_in" or walk_in.allowance_min > 0:
        # Whom nobody has seen yet must not wait behind somebody who was seen and found able to wait.
        complaints.add(
            f"{path}.stamps.walk_in",
            'must be of type "time", anchored at "check_in" without an allowance: who was not triaged yet waits there',
        )
    for index, rule in enumerate(queue.stamps.missed, 1):
        if isinstance(rule, Abandon):
            complaints.add(f"{path}.stamps.missed.{index}", "must not end the ticket of an emergency")


def _stamps(complaints: Complaints, path: str, stamps: Stamps) -> None:
    for name, stamp in (("appointment", stamps.appointment), ("walk_in", stamps.walk_in), ("late", stamps.late)):
        _stamp(complaints, f"{path}.{name}", stamp)
    if stamps.returns is not None:
        # No call at all is a place of its own: next after the present patient.
        _stamp(complaints, f"{path}.returns", stamps.returns, fewest=0)
    _late_rules(complaints, path, stamps)
    anchor = stamps.walk_in.anchor if isinstance(stamps.walk_in, TimeStamp) else None
    if anchor in {"slot_start", "slot_start_within"}:
        complaints.value(f"{path}.walk_in.anchor", anchor, "a walk-in has no slot; use check_in or now")
    for index, rule in enumerate(stamps.missed, 1):
        _stamp(complaints, f"{path}.missed.{index}", rule)
        if isinstance(rule, Abandon) and index < len(stamps.missed):
            complaints.add(f"{path}.missed.{index}", "nothing can follow abandon; it must be the last rule")
    if not stamps.missed:
        complaints.add(f"{path}.missed", "is empty; say what becomes of a missed patient")
    for name in ("late_after_min", "max_credit_min", "max_severity_min", "lock"):
        _not_negative(complaints, f"{path}.{name}", getattr(stamps, name))
    _credits(complaints, path, stamps)


def _credits(complaints: Complaints, path: str, stamps: Stamps) -> None:
    for reason, minutes in stamps.credits.items():
        _not_negative(complaints, f"{path}.credits.{reason}", minutes)
    for reason, minutes in stamps.severity.items():
        _not_negative(complaints, f"{path}.severity.{reason}", minutes)
        if reason in stamps.credits:
            complaints.add(f"{path}.severity.{reason}", "is among the credits already; a reason counts once")


def _late_rules(complaints: Complaints, path: str, stamps: Stamps) -> None:
    before = stamps.late_after_min
    for index, late in enumerate(stamps.late_rules, 1):
        here = f"{path}.late_rules.{index}"
        if late.after_min <= before:
            complaints.value(
                f"{here}.after_min", late.after_min, f"must be more than {before}, the threshold before it"
            )
        before = max(before, late.after_min)
        _stamp(complaints, f"{here}.rule", late.rule, words=_LATE_WORDS)
        if isinstance(late.rule, Abandon) and index < len(stamps.late_rules):
            complaints.add(f"{here}.rule", "nothing can follow abandon; it must be the last rule")


def _stamp(
    complaints: Complaints,
    path: str,
    stamp: TimeStamp | PlaceStamp | Abandon,
    *,
    fewest: int = 1,
    words: list[str] | None = None,
) -> None:
    words = words or []
    if isinstance(stamp, TimeStamp):
        words = _TIME_WORDS
        _not_negative(complaints, f"{path}.grace_min", stamp.grace_min)
        if (stamp.anchor == "number") != (stamp.each_min > 0):
            expected = 'must be 1 or more with the anchor "number", and is used with no other'
            complaints.value(f"{path}.each_min", stamp.each_min, expected)
        if stamp.slots < -1:
            complaints.value(f"{path}.slots", stamp.slots, "must be -1 (last slot), 0 (current) or more")
    elif isinstance(stamp, PlaceStamp):
        words = _PLACE_WORDS
        if stamp.calls < fewest:
            complaints.value(f"{path}.calls", stamp.calls, f"must be {fewest} or more")
        _not_negative(complaints, f"{path}.calls_when_more", stamp.calls_when_more)
    used = [
        _placeholders(complaints, f"{path}.sentence.{language}", sentence, words)
        for language, sentence in (("zh", stamp.sentence.zh), ("en", stamp.sentence.en))
    ]
    if used[0] is not None and used[1] is not None and used[0] != used[1]:
        complaints.add(f"{path}.sentence", "zh and en do not use the same placeholders")


def _placeholders(complaints: Complaints, path: str, sentence: str, known: list[str]) -> set[str] | None:
    if not sentence.strip():
        complaints.value(path, sentence, "is empty")
        return None
    try:
        parts = list(string.Formatter().parse(sentence))
    except ValueError:
        complaints.value(path, sentence, "has a brace without its partner")
        return None
    # A bare name only: "{slot.x}" or "{slot!r}" would reach into objects or fail when the sentence is filled in.
    used = [
        f"{name}{'!' + conversion if conversion else ''}{':' + spec if spec else ''}"
        for _, name, spec, conversion in parts
        if name is not None
    ]
    strange = [name for name in used if name not in known]
    may_use = listed(known) if known else "none"
    for name in strange:
        complaints.value(path, sentence, f"unknown placeholder {{{name}}}; it may use {may_use}")
    return None if strange else set(used)


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


def _prefixes(complaints: Complaints, queues: list[Queue]) -> None:
    owner: dict[str, str] = {}
    for queue in queues:
        if queue.numbers == "hospital":
            continue
        if queue.prefix in owner:
            complaints.value(f"queues.{queue.id}.prefix", queue.prefix, f'is already that of "{owner[queue.prefix]}"')
        owner.setdefault(queue.prefix, queue.id)


def _known(complaints: Complaints, path: str, name: str, what: str, names: list[str]) -> None:
    if name not in names:
        complaints.value(path, name, f"there is no such {what}; there are {listed(names)}")


def _time_of_day(complaints: Complaints, path: str, moment: str) -> None:
    if not _HH_MM.fullmatch(moment):
        complaints.value(path, moment, "must be a time of day, HH:MM")


def _not_negative(complaints: Complaints, path: str, minutes: int) -> None:
    if minutes < 0:
        complaints.value(path, minutes, "must be 0 or more")


def stamps(complaints: Complaints, path: str, rules: Stamps) -> None:
    """Check one set of stamps, written at ``path``, that belongs to no site yet."""
    _stamps(complaints, path, rules)
