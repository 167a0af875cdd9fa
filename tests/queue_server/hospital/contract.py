"""What every adapter to a hospital's system must do: subclass ``HospitalContract`` and give its fixtures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta

import msgspec
import pytest

from queue_server.hospital.port import HospitalAway, HospitalPort, NotFound, check


class HospitalContract:
    """Subclass it and override the four fixtures."""

    @pytest.fixture
    def hospital(self) -> HospitalPort:
        raise NotImplementedError

    @pytest.fixture
    def day(self) -> str:
        """A day with at least one session, appointment, registration and order."""
        raise NotImplementedError

    @pytest.fixture
    def go_away(self) -> Callable[[], None]:
        """Makes the hospital's system unreachable from now on."""
        raise NotImplementedError

    @pytest.fixture
    def come_back(self) -> Callable[[], None]:
        """Undoes ``go_away``."""
        raise NotImplementedError

    async def test_a_day_has_everything_and_agrees_with_itself(self, hospital: HospitalPort, day: str):
        found = check(await hospital.today(day))
        assert found.day == day
        assert found.sessions
        assert found.appointments
        assert found.registrations
        assert found.orders
        for session in found.sessions:
            assert session.limit >= 0
            assert session.slots == sorted(session.slots, key=lambda slot: slot.starts_at)

    async def test_every_slot_of_an_appointment_is_one_of_its_session(self, hospital: HospitalPort, day: str):
        found = await hospital.today(day)
        sessions = {session.id: session for session in found.sessions}
        for appointment in found.appointments:
            slots = [(slot.starts_at, slot.ends_at) for slot in sessions[appointment.session].slots]
            assert (appointment.slot_start, appointment.slot_end) in slots

    async def test_asked_twice_ids_and_people_stay_the_same(self, hospital: HospitalPort, day: str):
        first, second = await hospital.today(day), await hospital.today(day)
        assert [one.id for one in first.appointments] == [one.id for one in second.appointments]
        assert first.people == second.people

    async def test_ids_of_two_days_do_not_meet(self, hospital: HospitalPort, day: str):
        tomorrow = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        first, second = await hospital.today(day), await hospital.today(tomorrow)
        for kind in ("sessions", "appointments", "registrations", "orders"):
            ids = [{one.id for one in getattr(found, kind)} for found in (first, second)]
            assert not ids[0] & ids[1]

    async def test_one_record_is_the_same_as_in_the_list(self, hospital: HospitalPort, day: str):
        found = await hospital.today(day)
        assert await hospital.appointment(found.appointments[-1].id) == found.appointments[-1]
        assert await hospital.registration(found.registrations[-1].id) == found.registrations[-1]
        assert await hospital.order(found.orders[-1].id) == found.orders[-1]

    @pytest.mark.parametrize("unknown", ["", "no-such-record", "AP-20260230-0001", "AP-20260302-9999", "x" * 500])
    async def test_an_unknown_record_is_not_found(self, hospital: HospitalPort, unknown: str):
        with pytest.raises(NotFound):
            await hospital.appointment(unknown)
        with pytest.raises(NotFound):
            await hospital.registration(unknown)
        with pytest.raises(NotFound):
            await hospital.order(unknown)

    async def test_every_identity_leads_to_its_file(self, hospital: HospitalPort, day: str):
        for file in (await hospital.today(day)).people[:20]:
            for identity in file.identities:
                assert file in await hospital.patients(identity.kind, identity.value)

    async def test_an_unknown_identity_leads_nowhere(self, hospital: HospitalPort):
        assert await hospital.patients("id_card", "000000000000000000") == []

    async def test_a_token_of_nobody_leads_nowhere(self, hospital: HospitalPort):
        for kind in ("insurance_code", "health_card"):
            assert await hospital.holders(kind, "0" * 28) == []

    async def test_a_hospital_that_is_away_says_so_and_is_there_again(
        self, hospital: HospitalPort, day: str, go_away: Callable[[], None], come_back: Callable[[], None]
    ):
        before = await hospital.today(day)
        go_away()
        questions = [
            hospital.holders("insurance_code", "0" * 28),
            hospital.today(day),
            hospital.appointment(before.appointments[0].id),
            hospital.registration(before.registrations[0].id),
            hospital.order(before.orders[0].id),
            hospital.patients("id_card", "000000000000000000"),
        ]
        answers = await asyncio.gather(*questions, return_exceptions=True)
        assert [type(answer) for answer in answers] == [HospitalAway] * 6
        come_back()
        assert await hospital.today(day) == before

    async def test_records_survive_json(self, hospital: HospitalPort, day: str):
        found = await hospital.today(day)
        assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found

    async def test_nothing_of_a_person_is_in_a_repr(self, hospital: HospitalPort, day: str):
        file = (await hospital.today(day)).people[0]
        for shown in (repr(file), repr(file.identities[0])):
            assert file.name not in shown
            assert file.identities[0].value not in shown

    async def test_closing_twice_is_allowed(self, hospital: HospitalPort):
        await hospital.close()
        await hospital.close()
