"""Disks that fail and come back: full ones, and one that nobody may write."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path

from queue_server.log.binding import sqlite3
from queue_server.log.data import DATABASE
from queue_server.log.sqlite import SqliteLog
from tests.queue_server.services import TAKE_NUMBER, do


class PageLimit:
    """SQLite's own limit on the file's size, on the writer's connection: SQLITE_FULL as on a full disk."""

    code = sqlite3.SQLITE_FULL

    def __init__(self, monkeypatch, folder):
        self._has_space = threading.Event()
        self._has_space.set()
        probe = SqliteLog.probe

        def probe_with_the_disk_as_it_is(log):
            if self._has_space.is_set():
                log.database.conn.execute("PRAGMA max_page_count = 1073741823")
            probe(log)

        monkeypatch.setattr(SqliteLog, "probe", probe_with_the_disk_as_it_is)
        self._folder = folder

    async def fill(self, service):
        self._has_space.clear()

        def limit(database):
            pages = database.conn.execute("PRAGMA page_count").fetchone()[0]
            database.conn.execute(f"PRAGMA max_page_count = {pages + 4}")

        await service.write(limit)

    def make_space(self):
        self._has_space.set()


class FileLimit:
    """The kernel's limit on a file's size for this process: the write itself fails."""

    code = sqlite3.SQLITE_IOERR

    def __init__(self, _monkeypatch, folder):
        self._folder = folder
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    async def fill(self, service):
        # The journal must not be able to begin again from its start, where it has room.
        await service.write(lambda _database: None, truncate=True)
        await do(service, TAKE_NUMBER)
        wal = self._folder / f"{DATABASE}-wal"
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 40_000, self._before[1]))

    def make_space(self):
        resource.setrlimit(resource.RLIMIT_FSIZE, self._before)


class FullFileSystem:
    """A file system of its own, filled to the last page: ENOSPC."""

    code = sqlite3.SQLITE_FULL

    def __init__(self, _monkeypatch, folder):
        self._filler = folder / "filler"

    async def fill(self, _service):
        with self._filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                assert error.errno == 28  # noqa: PT017 - the disk is full, which is what the loop is for

    def make_space(self):
        self._filler.unlink(missing_ok=True)


@contextmanager
def mounted(folder):
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


class Immutable:
    """Files that even the superuser may not write any more (``chattr +i``), while the server has them open."""

    code = sqlite3.SQLITE_IOERR

    def __init__(self, _monkeypatch, folder):
        self._files = [folder / DATABASE, folder / f"{DATABASE}-wal"]

    async def fill(self, _service):
        self._set("+i")

    def _set(self, flag):
        for file in self._files:
            if file.exists():
                subprocess.run(["chattr", flag, file], check=True)

    def make_space(self):
        self._set("-i")


def remount(folder, how):
    """Let the file system at ``folder`` be written (``rw``) or not (``ro``)."""
    subprocess.run(["mount", "-o", f"remount,{how}", folder], check=True, capture_output=True)


def _may_mount() -> bool:
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        try:
            stack.enter_context(mounted(Path(folder) / "probe"))
        except (OSError, subprocess.CalledProcessError):
            return False
    return True


def _may_make_immutable() -> bool:
    """Whether a file's owner can take the right to write from those who have it open: not on every file system."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        with path.open("wb", buffering=0) as file:
            try:
                subprocess.run(["chattr", "+i", path], check=True, capture_output=True)
            except (OSError, subprocess.CalledProcessError):
                return False
            try:
                file.write(b"x")
            except PermissionError:
                return True
            finally:
                subprocess.run(["chattr", "-i", path], check=True)
    return False


MAY_MOUNT = _may_mount()
DISKS = [
    PageLimit,
    FileLimit,
    *([FullFileSystem] if MAY_MOUNT else []),
    *([Immutable] if _may_make_immutable() else []),
]
"""A file system of one's own and the immutable flag take rights; the kernel's limit and SQLite's are always tried."""
