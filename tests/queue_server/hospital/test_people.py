from __future__ import annotations

import msgspec
import pytest

from queue_server.clock import SettableClock
from queue_server.hospital.people import LogPeople, record
from queue_server.hospital.port import Identity, PatientFile
from queue_server.hospital.references import PeopleUnavailable
from queue_server.log.data import identity_key
from queue_server.service import Service
from queue_server.views import Names

MOTHER = PatientFile(
    "P1", "700001", "王样春", "female", "1985-05-05", [Identity("id_card", "99999919850505002X", "王样春")]
)
CHILD = PatientFile(
    "P2",
    "700002",
    "李样秋",
    "male",
    "2019-01-01",
    [Identity("hospital_card", "8800", "李样秋"), Identity("id_card", "99999919850505002X", "王样春", "guardian")],
)


@pytest.fixture
async def service(tmp_path):
    running = await Service.start(
        tmp_path / "data", site="yunling", clock=SettableClock(1_772_412_600_000_000), tick=False
    )
    yield running
    await running.stop()


@pytest.fixture
def names(service):
    return Names(service.people.name)


@pytest.fixture
def people(service, names, tmp_path):
    return LogPeople(service, identity_key(tmp_path / "data", may_make=False), names)


async def test_people_are_found_by_what_they_carry(service, people):
    mother, child = people.new_reference(), people.new_reference()
    await people.keep({mother: MOTHER, child: CHILD})
    assert await people.references(["P1", "P2", "P3"]) == {"P1": mother, "P2": child}
    found = service.people.find_by_identity("id_card", "99999919850505002x")
    assert {person.person for person in found} == {mother, child}
    assert [person.name for person in service.people.find_by_identity("hospital_card", "8800")] == ["李样秋"]


async def test_people_in_no_list_any_more_are_erased(service, people):
    await people.keep({"r1": MOTHER})
    service.clock.advance(1_000)
    await people.keep({"r2": CHILD})
    assert await people.erase_unused(service.clock.now()) == 1
    assert service.people.get("r1") is None
    assert await people.references(["P1", "P2"]) == {"P2": "r2"}
    found = service.people.find_by_identity("id_card", "99999919850505002X")
    assert [person.person for person in found] == ["r2"]
    assert await people.erase_unused(service.clock.now()) == 0


async def test_a_name_that_the_hospital_corrects_is_shown_corrected(people, names):
    await people.keep({"r1": MOTHER})
    assert names.masked("r1") == "王*春"
    await people.keep({"r1": msgspec.structs.replace(MOTHER, name="汪样春")})
    assert names.masked("r1") == "汪*春"


async def test_nobody_is_looked_up_whom_a_list_has_brought(service, people, names, monkeypatch):
    await people.keep({"r1": MOTHER})
    monkeypatch.setattr(service.people, "name", None)
    assert names.masked("r1") == "王*春"


async def test_an_erased_name_is_shown_no_more(service, people, names):
    await people.keep({"r1": MOTHER})
    assert names.masked("r1") == "王*春"
    service.clock.advance(1_000)
    await people.erase_unused(service.clock.now())
    assert names.masked("r1") is None


async def test_while_the_log_cannot_be_written_it_says_so(service, people):
    await service.stop()
    with pytest.raises(PeopleUnavailable):
        await people.keep({"r1": MOTHER})
    with pytest.raises(PeopleUnavailable):
        await people.erase_unused(0)


def test_a_birth_date_that_is_none_is_left_out():
    unknown = PatientFile("P3", "700003", "王样夏", "unknown", "", [])
    assert record("r3", unknown).birth_year is None
    assert record("r1", MOTHER).birth_year == 1985
