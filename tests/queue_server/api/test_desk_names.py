"""The desk looks for names: a beginning is enough, and then it asks."""

from __future__ import annotations

import pytest

from queue_server.api import patients
from tests.queue_server.api.rig import command


@pytest.fixture
async def nurse(site):
    return await site.staff()


async def find(nurse, name):
    answer = await nurse.post("/api/desk/find", json={"kind": "name", "value": name})
    assert answer.status_code == 200, answer.text
    return answer.json()


def names_today(site):
    """Full names of all who have an appointment that can be checked in, by reference."""
    people = site.lobby.service.people
    return {person: people.get(person).name for person, _ in site.bookings()}


async def test_the_beginning_of_a_name_lists_those_with_business_today_and_asks(site, nurse, monkeypatch):
    monkeypatch.setattr(patients, "MOST_BY_NAME", 1_000)
    names = names_today(site)
    family = next(iter(names.values()))[0]
    found = await find(nurse, family)
    listed = {each["person"] for each in found["patients"]}
    assert {person for person, name in names.items() if name.startswith(family)} <= listed
    assert found["is_sure"] is False
    assert all(each["appointments"] or each["registrations"] or each["tickets"] for each in found["patients"])
    assert all("*" in each["masked_name"] for each in found["patients"])


async def test_more_than_can_be_chosen_from_are_not_sent(site, nurse, monkeypatch):
    monkeypatch.setattr(patients, "MOST_BY_NAME", 1)
    family = next(iter(names_today(site).values()))[0]
    found = await find(nurse, family)
    assert (found["patients"], found["is_too_many"], found["is_sure"]) == ([], True, False)


async def test_a_whole_name_that_one_person_bears_is_sure(site, nurse):
    names = names_today(site)
    children = {child for one in names for child in site.lobby.mirror.children_of(one)}
    every = [row["name"] for row in site.lobby.service.reader.query("SELECT name FROM people")]
    person, name = next(
        (person, name)
        for person, name in names.items()
        if sum(other.startswith(name) for other in every) == 1
        and person not in children
        and not site.lobby.mirror.children_of(person)
    )
    found = await find(nurse, name)
    assert ([each["person"] for each in found["patients"]], found["is_sure"]) == ([person], True)


async def test_a_guardians_name_finds_the_child_and_asks(site, nurse):
    mirror, people = site.lobby.mirror, site.lobby.service.people
    child, guardian = next((one, mirror.guardians_of(one)[0]) for one, _ in site.bookings() if mirror.guardians_of(one))
    found = await find(nurse, people.get(guardian).name)
    assert child in [each["person"] for each in found["patients"]]
    assert found["is_sure"] is (len(found["patients"]) == 1 and found["patients"][0]["person"] == guardian)


async def test_nothing_typed_finds_nobody(nurse):
    assert (await find(nurse, "  "))["patients"] == []


async def test_a_name_with_a_number_and_no_appointment_is_found(site, nurse):
    ticket = await site.check_in(nurse, audience="desk")
    person = site.state.tickets[ticket["ticket"]].person
    await nurse.post("/api/desk/cancel", json=command(ticket=ticket["ticket"]))
    found = await find(nurse, site.lobby.service.people.get(person).name)
    assert person in [each["person"] for each in found["patients"]]
