"""The morning as the sample hospital has it: whose card a visitor may lay down, who comes and when, who sits where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from queue_server.config import load
from queue_server.hospital import sample
from virtual_lobby.cards import in_english, named, worth_trying
from virtual_lobby.crowd import Identity

if TYPE_CHECKING:
    from pathlib import Path

    from queue_server.hospital.sample import SampleCard
    from virtual_lobby.clock import MorningClock
    from virtual_lobby.device_words import Words

HALL = "main"
VISITOR_STATION = "r101"
VISITOR_DOCTOR = "d101"
FROM, UNTIL = 8, 12


@dataclass(frozen=True)
class Morning:
    """What the lobby takes from the hospital's list.

    Attributes:
        cards: those that the visitor may lay on a reader, the story's patient first.
        notes: what each is good for, in Chinese and English, by patient.
        arrivals: who else comes, in the order of their times.
        same_doctor: who is booked with the visitor's doctor.
        rooms: the stations that staff call from, and who sits there; not the visitor's.
        room_names: what stands at the door of each station's room, in Chinese.
    """

    cards: list[SampleCard]
    notes: dict[str, Words]
    arrivals: list[Identity]
    same_doctor: list[Identity]
    rooms: dict[str, str | None]
    room_names: dict[str, str]


async def read_morning(folder: Path, clock: MorningClock) -> Morning:
    """The morning of the clock's day, by the configuration in ``folder``."""
    configuration = load(folder)
    hospital = sample.from_options(dict(configuration.hospital.options), configuration.folder, configuration.zone)
    clinics = {clinic.id: clinic.name.zh for clinic in configuration.site.clinics}
    english = {clinic.id: clinic.name.en for clinic in configuration.site.clinics}
    story, *others = hospital.cards(clock.day)
    cards = [story, *worth_trying(others)]
    today = await hospital.today(clock.day)
    english |= {order.name.zh: order.name.en for order in today.orders}
    # Whoever's card the visitor has does not come by himself.
    visitors_own = {card.patient for card in cards}
    faces = {
        card.patient: Identity(card.face.number, card.face.name) for card in others if card.patient not in visitors_own
    }
    opens, closes = (int(clock.at(hour).timestamp()) * 1_000_000 for hour in (FROM, UNTIL))
    starts = {one.id: one.starts_at for one in today.sessions if one.status == "open"}
    visitors = {one.id for one in today.sessions if one.doctor == VISITOR_DOCTOR and one.starts_at < closes}
    coming = [(one.slot_start, one.person) for one in today.appointments if one.status == "booked"]
    coming += [(starts[one.session], one.person) for one in today.registrations if one.session in starts]
    doors = {room.id: room.name.zh for room in configuration.site.rooms}
    # A demonstration's stations are called as the rooms are; whoever sits there this morning calls from there.
    stations = {station.id for station in configuration.site.stations if station.hall == HALL} - {VISITOR_STATION}
    return Morning(
        cards=cards,
        notes={card.patient: (named(card.note, clinics), in_english(card.note, english)) for card in cards},
        arrivals=[faces[person] for at, person in sorted(coming) if person in faces and opens <= at < closes],
        same_doctor=[
            faces[one.person]
            for one in today.appointments
            if one.session in visitors and one.status == "booked" and one.person in faces
        ],
        rooms={
            one.room: one.doctor
            for one in today.sessions
            if one.room is not None
            and one.room in stations
            and one.status == "open"
            and opens <= one.starts_at < closes
        },
        room_names={station.id: doors[station.room] for station in configuration.site.stations},
    )
