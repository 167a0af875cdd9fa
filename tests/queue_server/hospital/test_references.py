"""Who of the hospital's patients has which reference, and what of them is written when."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from queue_server.hospital.references import PeopleUnavailable
from queue_server.hospital.sample import SampleHospital
from tests.queue_server.hospital.wards import DAY, MINUTE, START


async def test_people_keep_their_reference_and_are_written_once(make, table):
    mirror = make()
    await mirror.refresh()
    person, kept = table.of("P00001"), table.kept
    assert kept == 300
    await mirror.refresh()
    assert (table.of("P00001"), table.kept) == (person, kept)
    # A new process knows nothing of what it wrote, and finds the references in the table.
    again = make()
    await again.refresh()
    assert table.of("P00001") == person


async def test_a_changed_file_is_written_again(make, ward, table):
    mirror = make()
    await mirror.refresh()
    kept = table.kept

    def renamed(found):
        people = [msgspec.structs.replace(one, name="王样改") if one.id == "P00001" else one for one in found.people]
        return msgspec.structs.replace(found, people=people)

    ward.change = renamed
    await mirror.refresh()
    assert table.kept == kept + 1
    assert table.files[table.of("P00001")].name == "王样改"


async def test_once_a_day_everybody_is_written_anew_and_who_is_in_no_list_erased(make, table, clock):
    mirror = make(people_days=2)
    for _ in range(2):
        await mirror.refresh()
    assert (table.kept, table.erased_before) == (300, [START - 2 * 24 * 60 * MINUTE])
    clock.advance(24 * 60 * MINUTE)
    await mirror.refresh()
    assert (table.kept, len(table.erased_before)) == (600, 2)


async def test_nothing_is_taken_over_while_people_cannot_be_kept(make, table):
    mirror = make()
    table.is_down = True
    with pytest.raises(PeopleUnavailable):
        await mirror.refresh()
    assert not mirror.has_list


async def test_a_fresh_record_of_somebody_erased_meanwhile_stays_out(make, ward, table):
    mirror = make()
    await mirror.refresh()
    story = ward.story_patient(DAY)
    person = table.of("P00001")
    answered = asyncio.Event()

    async def slowly(appointment):
        await mirror.forget(person)
        answered.set()
        return await SampleHospital.appointment(ward.sample, appointment)

    ward.sample.appointment = slowly
    assert (await mirror.fresh_appointment(story.appointment)).person == person
    assert answered.is_set()
    assert mirror.appointment(story.appointment) is None
    assert mirror.appointments_of(person) == []


async def test_an_erased_person_is_gone_and_stays_gone(make, table, tmp_path):
    mirror = make()
    await mirror.refresh()
    person = table.of("P00001")
    appointment = mirror.appointments_of(person)[0].id
    del table.files[person]
    await mirror.forget(person)
    for _ in range(2):
        assert mirror.appointments_of(person) == []
        assert mirror.appointment(appointment) is None
        assert f'"{person}"' not in (tmp_path / "days" / f"{DAY}.json").read_text(encoding="utf-8")
        await mirror.refresh()
    assert "P00001" not in [file.id for file in table.files.values()]


@pytest.mark.parametrize("when", ["references", "keep"])
async def test_a_person_who_is_erased_while_a_round_is_under_way_stays_gone(make, table, monkeypatch, when, tmp_path):
    await make().refresh()
    person = table.of("P00001")
    mirror = make()  # a new process: it asks for every reference and writes everybody
    await mirror.refresh()
    mirror._references.write_all_anew()
    if when == "references":
        mirror._references._by_patient.pop("P00002")  # somebody new has come
    works = getattr(table, when)

    async def meanwhile(asked):
        found = await works(asked)
        await mirror.forget(person)
        table.files.pop(person, None)
        return found

    monkeypatch.setattr(table, when, meanwhile)
    await mirror.refresh()
    assert person not in table.files
    assert mirror.appointments_of(person) == []
    assert f'"{person}"' not in (tmp_path / "days" / f"{DAY}.json").read_text(encoding="utf-8")
    monkeypatch.setattr(table, when, works)
    await mirror.refresh()
    assert mirror.appointments_of(person) == []
