"""Triage notes: written with the level, read back, kept by backup, restore and rebuild, and gone when erased."""

from __future__ import annotations

from uuid import uuid4

import pytest

from queue_server.clock import SettableClock
from queue_server.engine.canonical import canonical
from queue_server.engine.commands import ActivateConfiguration, CheckInWalkIn, MergeIdentity, OpenDay, Triage, Undo
from queue_server.engine.refusals import Refusal
from queue_server.log import maintenance, people
from queue_server.log.data import DATABASE
from queue_server.log.people import Identity, PersonRecord
from queue_server.log.triage_notes import TriageNote, notes_of
from queue_server.service import SYSTEM
from tests.queue_server.services import SITE, do, running, text_of
from tests.sites import DAY, MINUTE, UTC_OFFSET_MIN, at, digest, emergency_site, small_sessions

REASON = "面色灰白，冒冷汗"
FINDINGS = '{"heart_rate":137}'
ZHAO = PersonRecord("ref-9", "赵国强", "PATIENT-9", 1950, [Identity("hospital_card", "C77")])


async def open_emergency(service):
    site = emergency_site()
    await do(service, ActivateConfiguration(site, digest(site)), actor=SYSTEM)
    await do(service, OpenDay(DAY, UTC_OFFSET_MIN, small_sessions()), actor=SYSTEM)


async def arrive(service, person=None):
    return (await do(service, CheckInWalkIn("q-er", person=person))).ticket


async def give(service, ticket, level="II", findings=FINDINGS, reason=REASON):
    now = service.clock.now()
    command = Triage(ticket, level, None, 1, now, now + 10 * MINUTE, None, None, overridden=True, version="1")
    done = await service.submit(
        command, actor="nurse", command_id=str(uuid4()), digest="body", note=TriageNote(findings, reason)
    )
    assert not isinstance(done, Refusal), done
    return done.position


def bytes_on_disk(data):
    return b"".join((data / name).read_bytes() for name in (DATABASE, f"{DATABASE}-wal"))


async def test_a_note_stands_beside_its_level_and_in_no_event(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_emergency(service)
        ticket = await arrive(service)
        position = await give(service, ticket)
        await give(service, ticket, "I", '{"heart_rate":38}', None)
        first, second = notes_of(service.reader, SITE, ticket)
        assert (first.position, first.level, first.findings, first.reason, first.actor) == (
            position, "II", FINDINGS, REASON, "nurse",
        )  # fmt: skip
        assert (second.level, second.reason) == ("I", None)
        events = repr(list(service.reader.query("SELECT * FROM events")))
        assert REASON not in events
        assert "heart_rate" not in events
        assert repr(first).find(REASON) == repr(TriageNote(FINDINGS, REASON)).find("137") == -1


async def test_a_refused_level_leaves_no_note(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_emergency(service)
        command = Triage("nobody", "II", None, 1, 0, 0, None, None, overridden=True, version="1")
        refused = await service.submit(
            command, actor="nurse", command_id=str(uuid4()), note=TriageNote(FINDINGS, REASON)
        )
        assert isinstance(refused, Refusal)
        assert REASON not in text_of(service.reader)


async def test_a_persons_notes_go_with_the_person_also_those_from_before_anybody_knew(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await open_emergency(service)
        await service.write(lambda database: people.upsert_all(database.conn, [ZHAO], b"k" * 32, 1000))
        unknown, other = await arrive(service), await arrive(service)
        await give(service, unknown)
        await give(service, other, reason="另一位")
        await do(service, MergeIdentity(unknown, ZHAO.person))
        row = next(service.reader.query("SELECT person FROM tickets WHERE ticket = ?", [unknown]))
        assert row == {"person": ZHAO.person}
        assert REASON.encode() in bytes_on_disk(data)
        assert await service.erase_person(ZHAO.person)
        assert REASON.encode() not in bytes_on_disk(data)
        assert notes_of(service.reader, SITE, unknown) == []
        assert len(notes_of(service.reader, SITE, other)) == 1
        assert not await service.erase_person(ZHAO.person)
        state = canonical(service.committed)
    async with running(data) as service:
        assert canonical(service.committed) == state


async def test_an_unknown_patients_notes_go_by_the_ticket(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await open_emergency(service)
        ticket = await arrive(service)
        await give(service, ticket)
        assert await service.erase_ticket(ticket)
        assert REASON.encode() not in bytes_on_disk(data)
        assert not await service.erase_ticket(ticket)


async def test_notes_go_with_age_known_or_not(tmp_path):
    clock = SettableClock(at("08:00"))
    async with running(tmp_path / "data", clock) as service:
        await open_emergency(service)
        await service.write(lambda database: people.upsert_all(database.conn, [ZHAO], b"k" * 32, at("07:00")))
        known, old = await arrive(service, ZHAO.person), await arrive(service)
        await give(service, old)
        clock.set(at("09:00"))
        await give(service, known)
        young = await arrive(service)
        await give(service, young)
        await service.write(lambda database: people.erase_unused(database, at("08:30")))
        left = [len(notes_of(service.reader, SITE, one)) for one in (known, old, young)]
        # Zhao was in no list since seven: his note goes with him although it is young.
        assert left == [0, 0, 1]


@pytest.mark.parametrize("undo", [False, True])
async def test_the_ticket_table_has_the_person_and_loses_it_with_an_undo_and_a_rebuild_agrees(tmp_path, undo):
    data = tmp_path / "data"
    async with running(data) as service:
        await open_emergency(service)
        ticket = await arrive(service)
        await give(service, ticket)
        await do(service, MergeIdentity(ticket, "ref-9"))
        if undo:
            await do(service, Undo(service.committed.position))
        rows = list(service.reader.query("SELECT * FROM tickets"))
        assert rows[0]["person"] == (None if undo else "ref-9")
    maintenance.rebuild(data)
    async with running(data) as service:
        assert list(service.reader.query("SELECT * FROM tickets")) == rows
        assert len(notes_of(service.reader, SITE, ticket)) == 1


async def test_backup_and_restore_keep_the_notes(tmp_path):
    data = tmp_path / "data"
    async with running(data) as service:
        await open_emergency(service)
        ticket = await arrive(service)
        await give(service, ticket)
        maintenance.backup(data, tmp_path / "backup")
    maintenance.restore(tmp_path / "backup", tmp_path / "again")
    async with running(tmp_path / "again") as service:
        (note,) = notes_of(service.reader, SITE, ticket)
        assert note.reason == REASON
        assert await service.erase_ticket(ticket)
