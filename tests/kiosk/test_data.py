from __future__ import annotations

import uuid

import pytest

from kiosk.data import DataError, DataFolder
from queue_server.contract import Credential, PrintAsked
from tests.kiosk import people

CREDENTIAL = Credential(device="d1", kind="kiosk", token="secret")


def test_the_credential_is_kept_for_this_account_alone(tmp_path):
    folder = DataFolder(tmp_path / "kiosk")
    folder.keep_credential(CREDENTIAL)
    assert folder.credential() == CREDENTIAL
    assert (tmp_path / "kiosk" / "credential.json").stat().st_mode & 0o777 == 0o600


def test_a_new_credential_replaces_the_old_one_whole(tmp_path):
    folder = DataFolder(tmp_path)
    folder.keep_credential(CREDENTIAL)
    folder.keep_credential(Credential(device="d2", kind="kiosk", token="other"))
    assert folder.credential().device == "d2"
    assert [path.name for path in tmp_path.iterdir()] == ["credential.json"]


def test_a_kiosk_without_credential_says_how_to_enrol(tmp_path):
    with pytest.raises(DataError, match="houzhen-kiosk enrol"):
        DataFolder(tmp_path).credential()


@pytest.mark.parametrize("name", ["credential.json", "prints.json"])
def test_a_damaged_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"{ half")
    folder = DataFolder(tmp_path)
    with pytest.raises(DataError, match=name):
        folder.credential() if name.startswith("cred") else folder.prints()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match="cannot be made"):
        DataFolder(tmp_path / "file" / "kiosk")


def test_the_hall_survives_and_a_damaged_one_is_none(tmp_path):
    folder = DataFolder(tmp_path)
    assert folder.hall() is None
    folder.keep_hall(people.HALL)
    assert DataFolder(tmp_path).hall() == people.HALL
    (tmp_path / "hall.json").write_bytes(b"{ half")
    assert folder.hall() is None


def test_outcomes_of_paper_survive(tmp_path):
    asked = PrintAsked(command_id=uuid.uuid4(), ticket="t1", outcome="unknown", reprint=False)
    DataFolder(tmp_path).keep_prints([asked])
    assert DataFolder(tmp_path).prints() == [asked]
    assert DataFolder(tmp_path / "new").prints() == []
