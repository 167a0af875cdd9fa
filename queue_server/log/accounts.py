"""Devices, staff and their log-ins. Of every secret a hash is kept and nothing else.

Every function takes the ``Database`` to use first. Those that write run within the writer's transaction:
``await service.write(lambda database: accounts.enrol(database, ...))``; those that read take ``service.reader``.
Moments are UTC microseconds. Tokens are 256 random bits, so that a plain SHA-256 hides them; passwords come as the
hash string of a slow password hash, made by the caller.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Literal

import msgspec
from sqlite_utils import Database

from queue_server.log.binding import sqlite3

DeviceKind = Literal["kiosk", "board", "station"]
Role = Literal["nurse", "administrator"]

_MINUTE = 60_000_000
CODE_VALID_FOR = 15 * _MINUTE
"""How long an enrolment code or a screen's code may be used."""
LOG_IN_VALID_FOR = 12 * 60 * _MINUTE
"""How long a log-in lasts: a shift."""

STAFF_NAME = r"^[\w.-]{1,64}\Z"
"""What a log-in name may look like: it is part of addresses and of command lines."""

_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# Without 0, 1, I and O, which a person copying a code from a screen confuses.
_CODE_LENGTH = 8


class UnknownCodeError(Exception):
    """There is no such code, or it was used, or it is too old. Nothing was changed."""


class NameTakenError(Exception):
    """Somebody else has this name. Nothing was changed."""


class AccountChangedError(Exception):
    """The account was disabled or got another password since it was read. Nothing was changed."""


class Device(msgspec.Struct, frozen=True):
    """An enrolled device. ``place`` is the hall or station that it was enrolled for."""

    device: str
    kind: DeviceKind
    name: str
    place: str | None
    enrolled_at: int
    seen_at: int | None


class Enrolled(msgspec.Struct, frozen=True):
    """A fresh device with its token, which is shown this once."""

    device: str
    kind: DeviceKind
    place: str | None
    token: str

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Enrolled(device={self.device!r}, kind={self.kind!r}, token=<redacted>)"


class ScreenCode(msgspec.Struct, frozen=True):
    """What a screen without a keyboard shows (``code``) and asks with (``poll``, secret)."""

    code: str
    poll: str
    expires_at: int


class PendingScreen(msgspec.Struct, frozen=True):
    """What a screen that waits to be let in says it is."""

    kind: DeviceKind
    name: str


class Staff(msgspec.Struct, frozen=True):
    """A member of staff."""

    staff: str
    name: str
    role: Role
    is_active: bool


class LogIn(msgspec.Struct, frozen=True):
    """A log-in that is good now."""

    staff: Staff
    expires_at: int


class NewLogIn(msgspec.Struct, frozen=True):
    """The cookie's token of a fresh log-in, shown this once."""

    token: str
    expires_at: int

    def __repr__(self) -> str:
        """Without the secrets."""
        return "NewLogIn(<redacted>)"


# --- devices ---------------------------------------------------------------------------------------------------------


def make_enrolment_code(
    database: Database, kind: DeviceKind, place: str | None, now: int, valid_for: int = CODE_VALID_FOR
) -> tuple[str, int]:
    """Write a one-time code with which a device of ``kind`` at ``place`` may enrol: the code and when it expires."""
    code = _new_code()
    database.conn.execute("DELETE FROM enrolment_codes WHERE expires_at <= ?", (now,))
    database.conn.execute(
        "INSERT INTO enrolment_codes (code_hash, kind, place, made_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        (token_key(code), kind, place, now, now + valid_for),
    )
    return code, now + valid_for


def enrol(database: Database, code: str, name: str, now: int) -> Enrolled:
    """Use up a one-time code and write the device it lets in.

    Raises:
        UnknownCodeError: there is no such code now.
    """
    row = database.conn.execute(
        "DELETE FROM enrolment_codes WHERE code_hash = ? AND expires_at > ? RETURNING kind, place",
        (token_key(_typed(code)), now),
    ).fetchone()
    if row is None:
        raise UnknownCodeError
    return _add_device(database, row[0], name, row[1], now)


def device_by_token(database: Database, token: str) -> Device | None:
    """The device whose token this is."""
    row = database.conn.execute(f"{_DEVICES} WHERE token_hash = ?", (token_key(token),)).fetchone()
    return Device(*row) if row else None


def devices(database: Database) -> list[Device]:
    """Every enrolled device, by name."""
    return [Device(*row) for row in database.conn.execute(f"{_DEVICES} ORDER BY name, device")]


def mark_seen(database: Database, seen: Mapping[str, int]) -> None:
    """Note when devices were last heard of."""
    rows = [(at, device) for device, at in seen.items()]
    database.conn.executemany("UPDATE devices SET seen_at = ? WHERE device = ?", rows)


def revoke_device(database: Database, device: str) -> bool:
    """Take the device's token back; whether there was such a device."""
    return database.conn.execute("DELETE FROM devices WHERE device = ?", (device,)).rowcount > 0


def make_screen_code(
    database: Database, kind: DeviceKind, name: str, now: int, valid_for: int = CODE_VALID_FOR
) -> ScreenCode:
    """Write a code for a screen to show until an administrator confirms it."""
    code, poll = _new_code(), _new_token()
    database.conn.execute("DELETE FROM screen_codes WHERE expires_at <= ?", (now,))
    database.conn.execute(
        "INSERT INTO screen_codes (code_hash, poll_hash, kind, name, expires_at) VALUES (?, ?, ?, ?, ?)",
        (token_key(code), token_key(poll), kind, name, now + valid_for),
    )
    return ScreenCode(code, poll, now + valid_for)


def pending_screen(database: Database, code: str, now: int) -> PendingScreen | None:
    """What the screen that shows ``code`` now says it is; ``None``: none does."""
    row = database.conn.execute(
        "SELECT kind, name FROM screen_codes WHERE code_hash = ? AND expires_at > ?", (token_key(_typed(code)), now)
    ).fetchone()
    return PendingScreen(*row) if row else None


def confirm_screen(database: Database, code: str, place: str, now: int) -> str:
    """Let in the screen that shows ``code``, for ``place``; the name it gave itself.

    Raises:
        UnknownCodeError: no screen shows this code now.
    """
    row = database.conn.execute(
        "UPDATE screen_codes SET place = ? WHERE code_hash = ? AND expires_at > ? RETURNING name",
        (place, token_key(_typed(code)), now),
    ).fetchone()
    if row is None:
        raise UnknownCodeError
    return str(row[0])


def claim_screen(database: Database, poll: str, now: int) -> Enrolled | None:
    """The credential of a confirmed screen, once; ``None`` while nobody has confirmed it.

    Raises:
        UnknownCodeError: the code is too old or its credential was already fetched: ask for another one.
    """
    row = database.conn.execute(
        "SELECT kind, name, place FROM screen_codes WHERE poll_hash = ? AND expires_at > ?", (token_key(poll), now)
    ).fetchone()
    if row is None:
        raise UnknownCodeError
    kind, name, place = row
    if place is None:
        return None
    database.conn.execute("DELETE FROM screen_codes WHERE poll_hash = ?", (token_key(poll),))
    return _add_device(database, kind, name, place, now)


_DEVICES = "SELECT device, kind, name, place, enrolled_at, seen_at FROM devices"


def _add_device(database: Database, kind: DeviceKind, name: str, place: str | None, now: int) -> Enrolled:
    device, token = secrets.token_hex(8), _new_token()
    database.conn.execute(
        "INSERT INTO devices (device, kind, name, place, token_hash, enrolled_at) VALUES (?, ?, ?, ?, ?, ?)",
        (device, kind, name, place, token_key(token), now),
    )
    return Enrolled(device, kind, place, token)


# --- staff -----------------------------------------------------------------------------------------------------------


def add_staff(database: Database, name: str, role: Role, password_hash: str, now: int) -> Staff:
    """Write a member of staff.

    Raises:
        NameTakenError: the name is in use.
    """
    staff = secrets.token_hex(8)
    try:
        database.conn.execute(
            "INSERT INTO staff (staff, name, role, password_hash, is_active, made_at) VALUES (?, ?, ?, ?, 1, ?)",
            (staff, name, role, password_hash, now),
        )
    except sqlite3.IntegrityError as error:
        raise NameTakenError(name) from error
    return Staff(staff, name, role, is_active=True)


def staff_by_name(database: Database, name: str) -> tuple[Staff, str] | None:
    """The member of staff with this log-in name, and the password's hash."""
    row = database.conn.execute(
        "SELECT staff, name, role, is_active, password_hash FROM staff WHERE name = ?", (name,)
    ).fetchone()
    return (_staff(row), row[4]) if row else None


def all_staff(database: Database) -> list[Staff]:
    """Everybody, by name."""
    return [
        _staff(row) for row in database.conn.execute("SELECT staff, name, role, is_active FROM staff ORDER BY name")
    ]


def set_password(database: Database, staff: str, password_hash: str) -> bool:
    """Set another password and end every log-in of theirs; whether there is such a member of staff."""
    end_log_ins(database, staff)
    return (
        database.conn.execute("UPDATE staff SET password_hash = ? WHERE staff = ?", (password_hash, staff)).rowcount > 0
    )


def set_active(database: Database, staff: str, *, is_active: bool) -> bool:
    """Let somebody in again or shut them out, ending every log-in; whether there is such a member of staff."""
    end_log_ins(database, staff)
    return database.conn.execute("UPDATE staff SET is_active = ? WHERE staff = ?", (is_active, staff)).rowcount > 0


def begin_log_in(
    database: Database, staff: str, password_hash: str, now: int, valid_for: int = LOG_IN_VALID_FOR
) -> NewLogIn:
    """Write a log-in and give its secret out.

    Args:
        database: within the writer's transaction.
        staff: who logs in.
        password_hash: that of the password that was found right.
        now: the moment.
        valid_for: how long it lasts, microseconds.

    Raises:
        AccountChangedError: the account is in use no more, or has another password by now.
    """
    is_same = database.conn.execute(
        "SELECT 1 FROM staff WHERE staff = ? AND password_hash = ? AND is_active", (staff, password_hash)
    ).fetchone()
    if is_same is None:
        raise AccountChangedError
    token = _new_token()
    database.conn.execute("DELETE FROM log_ins WHERE expires_at <= ?", (now,))
    database.conn.execute(
        "INSERT INTO log_ins (token_hash, staff, made_at, expires_at) VALUES (?, ?, ?, ?)",
        (token_key(token), staff, now, now + valid_for),
    )
    return NewLogIn(token, now + valid_for)


def log_in_by_token(database: Database, token: str, now: int) -> LogIn | None:
    """The log-in whose cookie this is, if it is good now and its member of staff is active."""
    row = database.conn.execute(
        "SELECT s.staff, s.name, s.role, s.is_active, l.expires_at "
        "FROM log_ins l JOIN staff s USING (staff) WHERE l.token_hash = ? AND l.expires_at > ? AND s.is_active",
        (token_key(token), now),
    ).fetchone()
    return LogIn(_staff(row), row[4]) if row else None


def end_log_in(database: Database, key: bytes) -> None:
    """End the log-in whose token has this ``token_key``."""
    database.conn.execute("DELETE FROM log_ins WHERE token_hash = ?", (key,))


def end_log_ins(database: Database, staff: str) -> None:
    """End every log-in of a member of staff."""
    database.conn.execute("DELETE FROM log_ins WHERE staff = ?", (staff,))


def _staff(row: tuple[str, str, Role, int]) -> Staff:
    return Staff(row[0], row[1], row[2], is_active=bool(row[3]))


def token_key(token: str) -> bytes:
    """What is kept of a token or a code: a plain hash, for a token has 256 random bits and a code minutes to live."""
    return hashlib.sha256(token.encode()).digest()


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))


def _typed(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper()
