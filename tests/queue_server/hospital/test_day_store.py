from __future__ import annotations

import pytest

from queue_server.engine.site import Appointment, ClinicSession, Registration, Slot
from queue_server.hospital.day_store import DayStoreError, FolderStore, Mirrored

DAY = "2026-03-02"
LIST = Mirrored(
    DAY,
    1_772_412_600_000_000,
    [ClinicSession("s1", DAY, "internal", "internal", None, "morning", 100, 200, 10, [Slot(100, 200)])],
    [Appointment("a1", "r1", "s1", DAY, 100, 200, credits=["elder"])],
    [Registration("g1", "r2", "s1", DAY, "paid", number="7")],
    {"r2": ["r1"]},
)


async def test_what_is_saved_comes_back(tmp_path):
    store = FolderStore(tmp_path / "made" / "here")
    await store.save(LIST)
    assert await store.load(DAY) == LIST
    assert await store.load("2026-03-03") is None
    assert [file.name for file in (tmp_path / "made" / "here").iterdir()] == [f"{DAY}.json"]


async def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / f"{DAY}.json").write_bytes(b'{"day": "2026-03-02"')
    with pytest.raises(DayStoreError, match=f"{DAY}.json: the saved list cannot be read"):
        await FolderStore(tmp_path).load(DAY)


async def test_a_folder_that_cannot_be_written_is_named_and_the_former_list_stays(tmp_path):
    store = FolderStore(tmp_path)
    await store.save(LIST)
    (tmp_path / f"{DAY}.part").mkdir()
    with pytest.raises(DayStoreError, match="today's list was not saved"):
        await store.save(LIST)
    assert await store.load(DAY) == LIST


async def test_old_days_are_dropped_and_other_files_left_alone(tmp_path):
    for name in ("2026-02-28.json", "2026-03-01.json", f"{DAY}.json", "note.json", "2026-01-01.txt"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    await FolderStore(tmp_path).drop_before(DAY)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["2026-01-01.txt", f"{DAY}.json", "note.json"]


async def test_an_old_day_that_cannot_be_dropped_is_told(tmp_path):
    (tmp_path / "2026-03-01.json").mkdir()
    with pytest.raises(DayStoreError, match="an old list was not deleted"):
        await FolderStore(tmp_path).drop_before(DAY)
