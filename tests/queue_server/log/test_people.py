"""Erasable personal data: found again by an identity, and gone from the file's bytes when erased."""

from __future__ import annotations

import random
from uuid import uuid4

import pytest

from queue_server.engine.canonical import canonical
from queue_server.engine.commands import CheckInWalkIn
from queue_server.log import people
from queue_server.log.data import DATABASE
from queue_server.log.database import open_database, transaction
from queue_server.log.migrations import migrate
from queue_server.log.people import Identity, People, PersonRecord
from tests.queue_server.services import do, open_lobby, running, text_of

KEY = b"k" * 32
WANG = PersonRecord(
    "ref-1", "王秀英", "PATIENT-77", 1956, [Identity("id_card", "11010519560101002X"), Identity("hospital_card", "C9")]
)


def put(database, *records):
    people.upsert_all(database.conn, records, KEY, 1000)


@pytest.mark.parametrize("typed", ["11010519560101002X", "11010519560101002x", "110105 19560101 002x"])
def test_an_identity_finds_its_person_however_it_is_written(database, typed):
    put(database, WANG)
    (found,) = People(database, KEY).find_by_identity("id_card", typed)
    assert (found.person, found.name, found.patient_id, found.birth_year) == ("ref-1", "王秀英", "PATIENT-77", 1956)


def test_the_kind_of_identity_counts(database):
    put(database, WANG)
    assert People(database, KEY).find_by_identity("hospital_card", "11010519560101002X") == []


def test_another_key_finds_nobody(database):
    put(database, WANG)
    assert People(database, b"x" * 32).find_by_identity("id_card", "11010519560101002X") == []


def test_identity_numbers_are_nowhere_in_clear(database):
    put(database, WANG)
    dump = text_of(database)
    assert "11010519560101002" not in dump
    assert "王秀英" in dump


def test_one_identity_may_lead_to_several_files(database):
    card = Identity("hospital_card", "FAMILY")
    put(database, PersonRecord("b", "王芳", identities=[card]), PersonRecord("a", "王刚", identities=[card]))
    assert [found.person for found in People(database, KEY).find_by_identity("hospital_card", "FAMILY")] == ["a", "b"]


def test_a_later_record_replaces_name_and_identities(database):
    put(database, WANG)
    put(database, PersonRecord("ref-1", "王秀英子", "PATIENT-77", 1956, [Identity("hospital_card", "NEW")]))
    known = People(database, KEY)
    assert known.name("ref-1") == "王秀英子"
    assert known.find_by_identity("hospital_card", "C9") == []
    assert len(known.find_by_identity("hospital_card", "NEW")) == 1


def test_a_patient_number_has_one_file(database):
    put(database, WANG)
    put(database, PersonRecord("ref-2", "王秀英", "PATIENT-77"))
    known = People(database, KEY)
    assert known.by_patient_id("PATIENT-77").person == "ref-2"
    assert known.get("ref-1").patient_id is None


def test_nobody_is_nobody(database):
    known = People(database, KEY)
    assert (known.get("x"), known.name("x"), known.by_patient_id("x")) == (None, None, None)


def test_nothing_about_a_person_shows_in_a_log_line(database):
    put(database, WANG)
    shown = f"{WANG!r} {WANG.identities!r} {People(database, KEY).get('ref-1')!r}"
    for secret in ("王", "1956", "PATIENT", "C9"):
        assert secret not in shown


def test_references_are_never_met_again():
    assert len({people.new_person() for _ in range(1000)}) == 1000


async def test_an_erasure_leaves_no_byte_of_the_name(tmp_path):
    """Raw bytes of the database and its journal, before and after; and the log still folds."""
    data = tmp_path / "data"
    secrets = ["王秀英".encode(), b"PATIENT-77"]

    def bytes_on_disk():
        return b"".join((data / name).read_bytes() for name in (DATABASE, f"{DATABASE}-wal"))

    async with running(data) as service:
        await open_lobby(service)
        walk_in = CheckInWalkIn(queue="q-ask", person=WANG.person)
        await service.submit(walk_in, actor="d1", command_id=str(uuid4()), people=[WANG])
        others = [PersonRecord(people.new_person(), "李" * 40, f"P{number}") for number in range(200)]
        await service.write(lambda database: people.upsert_all(database.conn, others, KEY, 1000))
        assert all(secret in bytes_on_disk() for secret in secrets)
        assert await service.erase_person(WANG.person)
        assert not any(secret in bytes_on_disk() for secret in secrets)
        assert service.people.get(WANG.person) is None
        assert service.people.find_by_identity("id_card", "11010519560101002X") == []
        assert not await service.erase_person(WANG.person)
        state = canonical(service.committed)
        assert WANG.person in state.decode()
    async with running(data) as service:
        assert canonical(service.committed) == state
        await do(service, CheckInWalkIn(queue="q-ask"))


async def test_an_erasure_that_a_reader_blocks_says_so(tmp_path):
    async with running(tmp_path / "data") as service:
        await open_lobby(service)
        await service.write(lambda database: people.upsert_all(database.conn, [WANG], KEY, 1000))
        await service.write(lambda database: database.conn.execute("PRAGMA busy_timeout = 1").fetchone())
        other = open_database(tmp_path / "data" / DATABASE, read_only=True)
        other.conn.execute("BEGIN")
        other.conn.execute("SELECT count(*) FROM people").fetchone()
        with pytest.raises(Exception, match="Erase once more"):
            await service.erase_person(WANG.person)
        assert service.people.get(WANG.person) is None
        other.conn.execute("ROLLBACK")
        other.close()
        await service.erase_person(WANG.person)
        journal = (tmp_path / "data" / f"{DATABASE}-wal").read_bytes()
        assert WANG.name.encode() not in journal


def name_of(dice: random.Random) -> str:
    return "".join(chr(dice.randrange(0x4E00, 0x9FA5)) for _ in range(dice.choice([2, 3, 3, 4])))


@pytest.mark.parametrize(("seed", "erasures"), [(6, 60), pytest.param(9, 150, marks=pytest.mark.slow)])
def test_no_copy_of_somebody_erased_is_left_anywhere_in_the_files(tmp_path, seed, erasures):
    # Days of growing tables, where rows move between pages and leave copies behind; then many erasures. With these
    # seeds a deletion by itself leaves patient numbers in the file.
    dice = random.Random(seed)
    path = tmp_path / DATABASE
    database = open_database(path)
    database.conn.execute("PRAGMA synchronous = OFF")
    migrate(database)
    known = {}
    for day in range(6):
        batch = []
        for number in range(250):
            patient_id, name = f"P{dice.randrange(10**8):08d}", f"{name_of(dice)}{day}{number:03d}"
            person = dice.randbytes(16).hex()
            known[person] = PersonRecord(person, name, patient_id, 1950, [Identity("code", patient_id)])
            batch.append(known[person])
        # Half of those who came before come again.
        batch += [known[person] for person in dice.sample(sorted(known), len(known) // 2)]
        with transaction(database):
            people.upsert_all(database.conn, batch, KEY, day)
    schema = database.schema
    for person in dice.sample(sorted(known), erasures):
        gone = known.pop(person)
        with transaction(database):
            assert people.erase(database, person)
        assert database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
        left = path.read_bytes() + path.with_name(path.name + "-wal").read_bytes()
        for trace in (gone.name, gone.patient_id, gone.person):
            assert trace.encode() not in left
        assert people.identity_mac(KEY, "code", gone.patient_id) not in left
    with transaction(database):
        assert people.erase_unused(database, 3) > 0
    database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    left = path.read_bytes()
    staying = {row[0] for row in database.conn.execute("SELECT person FROM people")}
    assert [one.name for one in known.values() if one.person not in staying and one.name.encode() in left] == []
    assert sorted(database.schema.splitlines()) == sorted(schema.splitlines())
    assert database.conn.execute("PRAGMA foreign_key_check").fetchall() == []
    assert database.conn.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    for record in [known[person] for person in sorted(staying)[:20]]:
        (found,) = People(database, KEY).find_by_identity("code", record.patient_id)
        assert (found.person, found.name) == (record.person, record.name)
    database.close()


def test_an_erasure_that_does_not_happen_changes_nothing(database):
    with transaction(database):
        put(database, WANG)
    database.conn.execute("BEGIN IMMEDIATE")
    assert people.erase(database, "ref-1")
    database.rollback()
    assert People(database, KEY).name("ref-1") == "王秀英"
    with transaction(database):
        assert not people.erase(database, "nobody")
