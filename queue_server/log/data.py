"""The data directory: what lies where, who holds it, and the keys.

::

    DATA/houzhen.sqlite3       the log, the projections, people, accounts (with -wal and -shm beside it while open)
    DATA/keys/identity.key     32 random bytes, owner only: the secret of the identities' keyed hashes
    DATA/tls/                  the server's certificates, where it has its own; see ``houzhen-server certificates``
    DATA/lock                  held by the one process that decides

A backup takes the database, the keys and the certificates. What else lies in DATA is fetched or made again.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from queue_server.log.errors import LogUnusableError

DATABASE = "houzhen.sqlite3"
IDENTITY_KEY = Path("keys") / "identity.key"
CERTIFICATES = "tls"
_KEY_BYTES = 32
_OTHERS = 0o077
_OURS = frozenset({"lock", "keys", CERTIFICATES, "hospital", "voice", "clock_offset"})


class DataDirectory:
    """A data directory that this process holds until ``release``. Make it with ``take``."""

    def __init__(self, path: Path, lock: int, identity_key: bytes) -> None:
        self.path = path
        self.identity_key = identity_key
        self._lock = lock

    @classmethod
    def take(cls, path: Path) -> DataDirectory:
        """Hold the directory at ``path`` alone, making it and its keys at the first start.

        A directory that others may enter is closed to them: the database in it has names.

        Raises:
            LogUnusableError: another process holds it, it cannot be written, its key is missing, its database is empty,
                or it is open to others and holds more than our own.
        """
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            _close_to_others(path)
            lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LogUnusableError(
                f"The data directory {path} cannot be used: {error.strerror}. Nothing was changed."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise LogUnusableError(
                f"Another process already uses the data directory {path}. Two would give the same numbers twice, so "
                "this one does not start. Stop the other one first."
            ) from error
        try:
            refuse_empty(path)
            return cls(path, lock, identity_key(path, may_make=not (path / DATABASE).exists()))
        except BaseException:
            os.close(lock)
            raise

    @property
    def database(self) -> Path:
        """The database file."""
        return self.path / DATABASE

    def release(self) -> None:
        """Let another process take the directory."""
        os.close(self._lock)


def refuse_empty(folder: Path) -> None:
    """Refuse a database file without a byte: SQLite would take it for a new one, and numbers would begin again at 1.

    Our own are so for a moment only, as the first start makes them.

    Raises:
        LogUnusableError: the file is there and empty.
    """
    try:
        is_empty = (folder / DATABASE).stat().st_size == 0
    except FileNotFoundError:
        return
    if is_empty:
        raise LogUnusableError(
            f"The database file {folder / DATABASE} is empty: what it held is lost, or the very first start was cut "
            "short. Nothing was changed. Move the directory aside and restore the latest backup with "
            "'houzhen-server restore'; where no number was ever issued, delete the file and start again."
        )


def _close_to_others(path: Path) -> None:
    if not path.stat().st_mode & _OTHERS:
        return
    # Never a directory that somebody else's programs need, such as /tmp given by mistake.
    if any(one.name not in _OURS and not one.name.startswith(DATABASE) for one in path.iterdir()):
        raise LogUnusableError(
            f"The data directory {path} is open to others and holds other things. Nothing was changed. Give a "
            f"directory of its own, or close this one: chmod 700 {path}"
        )
    try:
        path.chmod(0o700)
    except OSError as error:
        raise LogUnusableError(
            f"The data directory {path} is open to others and belongs to somebody else. Nothing was changed. Let its "
            f"owner run: chmod 700 {path}"
        ) from error


def identity_key(data: Path, *, may_make: bool) -> bytes:
    """The secret under which identities are hashed.

    Args:
        data: the data directory.
        may_make: make a fresh one when there is none: right only while there is no database yet.

    Raises:
        LogUnusableError: it is missing, or is not a key.
    """
    path = data / IDENTITY_KEY
    try:
        key = path.read_bytes()
    except FileNotFoundError as error:
        if may_make:
            return _make_key(path)
        raise LogUnusableError(
            f"The key {path} is missing, so no card would find its patient any more. Nothing was changed. Put the key "
            "back from a backup made by 'houzhen-server backup'."
        ) from error
    except OSError as error:
        raise LogUnusableError(f"The key {path} cannot be read: {error.strerror}.") from error
    if len(key) != _KEY_BYTES:
        raise LogUnusableError(
            f"The key {path} is damaged: it has {len(key)} bytes, not {_KEY_BYTES}. Put it back from a backup."
        )
    return key


def _make_key(path: Path) -> bytes:
    key = secrets.token_bytes(_KEY_BYTES)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        for folder in (path.parent, path.parent.parent):
            sync_directory(folder)
    except OSError as error:
        raise LogUnusableError(f"The key {path} cannot be written: {error.strerror}.") from error
    return key


def sync_directory(path: Path) -> None:
    """Make new names in ``path`` durable."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
