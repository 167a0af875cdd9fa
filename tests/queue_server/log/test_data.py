"""The data directory: for its owner alone."""

from __future__ import annotations

import pytest

from queue_server.log.data import DataDirectory
from queue_server.log.errors import LogUnusableError


def mode(path):
    return path.stat().st_mode & 0o777


def test_a_new_directory_is_for_its_owner_alone(tmp_path):
    data = tmp_path / "data"
    DataDirectory.take(data).release()
    assert mode(data) == 0o700


def test_a_directory_that_was_open_to_others_is_closed(tmp_path):
    data = tmp_path / "data"
    DataDirectory.take(data).release()
    (data / "houzhen.sqlite3-wal").touch()
    data.chmod(0o755)
    DataDirectory.take(data).release()
    assert mode(data) == 0o700


def test_a_directory_that_others_need_is_left_alone(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "somebody else's").touch()
    with pytest.raises(LogUnusableError, match="open to others and holds other things"):
        DataDirectory.take(shared)
    assert mode(shared) == 0o777
    assert [path.name for path in shared.iterdir()] == ["somebody else's"]
