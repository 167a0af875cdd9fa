"""Erasable personal data: who a random reference is.

The log carries the reference only. A name stands here in clear so that it can be masked for a screen; identity
numbers, card numbers and telephone numbers stand here as keyed hashes (HMAC-SHA-256), so that a card finds its file
and the table gives no number away. ``erase`` takes all of it back; the log still replays.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec
from sqlite_utils import Database

from queue_server.log import triage_notes
from queue_server.log.binding import sqlite3
from queue_server.log.erasing import rewrite

IdentityKind = Literal["id_card", "hospital_card", "code", "phone"]


class Identity(msgspec.Struct, frozen=True):
    """Something by which a person is found: a number read from a card, scanned or typed."""

    kind: IdentityKind
    value: str

    def __repr__(self) -> str:
        """Without the number: this object may meet a log."""
        return f"Identity(kind={self.kind!r}, value=<redacted>)"


class PersonRecord(msgspec.Struct, frozen=True):
    """What is kept of a person. ``person`` is our random reference; see ``new_person``."""

    person: str
    name: str
    patient_id: str | None = None
    """By which the hospital's system knows the patient; on no paper, and shown to nobody."""
    birth_year: int | None = None
    identities: Sequence[Identity] = ()
    file_tail: str | None = None
    """The last places of the number on the hospital's papers (病案号), by which a patient tells the own file."""

    def __repr__(self) -> str:
        """Without anything about the person: this object may meet a log."""
        return f"PersonRecord(person={self.person!r}, <redacted>)"


class Person(msgspec.Struct, frozen=True):
    """A person as read back."""

    person: str
    name: str
    patient_id: str | None
    birth_year: int | None
    file_tail: str | None

    def __repr__(self) -> str:
        """Without anything about the person: this object may meet a log."""
        return f"Person(person={self.person!r}, <redacted>)"


_UPSERT_PERSON = """
    INSERT INTO people (person, patient_id, name, birth_year, file_tail, updated_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (person) DO UPDATE SET
        patient_id = excluded.patient_id, name = excluded.name, birth_year = excluded.birth_year,
        file_tail = excluded.file_tail, updated_at = excluded.updated_at
"""
_INSERT_IDENTITY = "INSERT OR IGNORE INTO identities (kind, mac, person) VALUES (?, ?, ?)"
_PERSON = "SELECT person, name, patient_id, birth_year, file_tail FROM people"


def new_person() -> str:
    """A fresh reference: 128 random bits, so that it tells nothing and is never met again."""
    return secrets.token_hex(16)


def identity_mac(key: bytes, kind: str, value: str) -> bytes:
    """The keyed hash by which an identity is found. Spaces and letter case do not count (``x`` in identity numbers)."""
    plain = "".join(value.split()).upper()
    return hmac.digest(key, f"{kind}\n{plain}".encode(), hashlib.sha256)


def upsert_all(conn: sqlite3.Connection, records: Iterable[PersonRecord], key: bytes, now: int) -> None:
    """Write ``records`` within the caller's transaction. A record's identities replace the person's former ones.

    A patient number that another reference held moves to the new one: the hospital's number has one file only.
    """
    for record in records:
        conn.execute(
            "UPDATE people SET patient_id = NULL WHERE patient_id = ? AND person <> ?",
            (record.patient_id, record.person),
        )
        written = (record.person, record.patient_id, record.name, record.birth_year, record.file_tail, now)
        conn.execute(_UPSERT_PERSON, written)
        conn.execute("DELETE FROM identities WHERE person = ?", (record.person,))
        conn.executemany(
            _INSERT_IDENTITY,
            [(one.kind, identity_mac(key, one.kind, one.value), record.person) for one in record.identities],
        )


class People:
    """Reading: for the thread that owns ``database``.

    Args:
        database: a connection of that thread.
        key: the secret of the keyed hashes.
    """

    def __init__(self, database: Database, key: bytes) -> None:
        self._conn = database.conn
        self._key = key

    def get(self, person: str) -> Person | None:
        """The person behind a reference; ``None`` when unknown or erased."""
        row = self._conn.execute(f"{_PERSON} WHERE person = ?", (person,)).fetchone()
        return Person(*row) if row else None

    def name(self, person: str) -> str | None:
        """The full name behind a reference, for masking; ``None`` when unknown or erased."""
        row = self._conn.execute("SELECT name FROM people WHERE person = ?", (person,)).fetchone()
        return str(row[0]) if row else None

    def find_by_identity(self, kind: str, value: str) -> list[Person]:
        """Everybody an identity leads to, by reference: several when one card serves a family."""
        rows = self._conn.execute(
            "SELECT p.person, p.name, p.patient_id, p.birth_year, p.file_tail "
            "FROM identities i JOIN people p USING (person) WHERE i.kind = ? AND i.mac = ? ORDER BY p.person",
            (kind, identity_mac(self._key, kind, value)),
        )
        return [Person(*row) for row in rows]

    def by_patient_id(self, patient_id: str) -> Person | None:
        """The person with the hospital's patient number, so that the reference stays the same from day to day."""
        row = self._conn.execute(f"{_PERSON} WHERE patient_id = ?", (patient_id,)).fetchone()
        return Person(*row) if row else None


def erase(database: Database, person: str) -> bool:
    """Delete everything about ``person`` within the caller's transaction; whether there was anything.

    The bytes leave the disk with the truncating checkpoint that ``Service.erase_person`` adds.
    """
    conn = database.conn
    conn.execute("DELETE FROM identities WHERE person = ?", (person,))
    erased = conn.execute("DELETE FROM people WHERE person = ?", (person,)).rowcount > 0
    if erased:
        rewrite(conn, ("people", "identities"))
    return triage_notes.erase_of_person(conn, person) or erased


def erase_unused(database: Database, before: int) -> int:
    """Delete everybody not written since ``before`` (UTC microseconds) within the caller's transaction; how many.

    Their triage notes go with them, and every other note of that age, whether its patient was known or not.
    """
    conn = database.conn
    triage_notes.erase_unused(conn, before)
    conn.execute("DELETE FROM identities WHERE person IN (SELECT person FROM people WHERE updated_at < ?)", (before,))
    erased = int(conn.execute("DELETE FROM people WHERE updated_at < ?", (before,)).rowcount)
    if erased:
        rewrite(conn, ("people", "identities"))
    return erased
