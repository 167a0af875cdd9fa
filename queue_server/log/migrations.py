"""The schema, step by step. A step that was ever released is never edited; a new one follows.

Names and times of people live in erasable tables (``people``, ``identities``, ``triage_notes``, ``staff``, ...) in the
same file and the same transactions as the log; the log and the projections carry random references only.
"""

from __future__ import annotations

import hashlib

from sqlite_utils import Database, Migrations

from queue_server.log.binding import sqlite3
from queue_server.log.chain import GENESIS, link, rows
from queue_server.log.errors import LogUnusableError, sentence_for

schema = Migrations("houzhen")

APPLICATION_ID = 0x486F757A
"""``Houz``, in the file's header, so that ``file`` and the server tell this database from any other."""


@schema()
def log(db: Database) -> None:
    """The log itself and what makes a repeated command harmless."""
    # Plain SQL: the table API has no WITHOUT ROWID, no CHECK and no triggers.
    db.execute(
        """
        CREATE TABLE events (
            site TEXT NOT NULL,
            position INTEGER NOT NULL CHECK (position > 0),
            decided_at INTEGER NOT NULL CHECK (decided_at < position),
            stream TEXT NOT NULL CHECK (stream IN ('lobby', 'payments', 'administration')),
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            command_id TEXT NOT NULL,
            type TEXT NOT NULL,
            v INTEGER NOT NULL,
            body TEXT NOT NULL,
            chain BLOB NOT NULL CHECK (length(chain) = 32),
            PRIMARY KEY (site, position)
        ) STRICT, WITHOUT ROWID
        """
    )
    for verb in ("UPDATE", "DELETE"):
        db.execute(
            f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events "
            "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        )
    db.execute(
        """
        CREATE TABLE outcomes (
            site TEXT NOT NULL,
            actor TEXT NOT NULL,
            command_id TEXT NOT NULL,
            digest TEXT NOT NULL,
            position INTEGER NOT NULL,
            ticket TEXT,
            PRIMARY KEY (site, actor, command_id)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.table("snapshots").create(
        {"site": str, "position": int, "engine": str, "digest": bytes, "state": bytes},
        pk="site",
        not_null={"site", "position", "engine", "digest", "state"},
        strict=True,
    )
    # One row a site: which batch the writer committed last. It answers "did that COMMIT happen?".
    db.table("batches").create({"site": str, "batch": str}, pk="site", not_null={"site", "batch"}, strict=True)
    db.table("probes").create({"id": int, "filler": bytes}, pk="id", not_null={"filler"}, strict=True)
    db.table("settings").create({"name": str, "value": str}, pk="name", not_null={"name", "value"}, strict=True)


@schema()
def lobby(db: Database) -> None:
    """Projections for queries and reports, rebuilt from the log whenever they are wanted afresh."""
    db.table("tickets").create(
        {
            "ticket": str,
            "number": str,
            "queue": str,
            "clinic": str,
            "session": str,
            "doctor": str,
            "person": str,
            "origin": str,
            "channel": str,
            "status": str,
            "rule": str,
            "slot_start": int,
            "issued_at": int,
            "called_at": int,
            "started_at": int,
            "ended_at": int,
            "station": str,
            "calls": int,
            "misses": int,
            "printed": str,
            "backfilled": int,
            "position": int,
        },
        pk="ticket",
        not_null={
            "ticket", "number", "queue", "origin", "channel", "status", "rule", "issued_at", "calls", "misses",
            "printed", "backfilled", "position",
        },
        strict=True,
    )  # fmt: skip
    db.table("tickets").create_index(["issued_at"])
    db.table("tickets").create_index(["person"])
    db.table("calls").create(
        {
            "position": int,
            "ticket": str,
            "queue": str,
            "station": str,
            "called_at": int,
            "kind": str,
            "withdrawn": int,
        },
        pk="position",
        not_null={"position", "ticket", "queue", "station", "called_at", "kind", "withdrawn"},
        foreign_keys=[("ticket", "tickets", "ticket")],
        strict=True,
    )
    db.table("calls").create_index(["ticket"])


@schema()
def people(db: Database) -> None:
    """Erasable personal data: who a random reference is, and how an identity finds it again."""
    db.table("people").create(
        {"person": str, "patient_id": str, "name": str, "birth_year": int, "updated_at": int},
        pk="person",
        not_null={"person", "name", "updated_at"},
        strict=True,
    )
    db.table("people").create_index(["patient_id"], unique=True)
    db.execute(
        """
        CREATE TABLE identities (
            kind TEXT NOT NULL,
            mac BLOB NOT NULL CHECK (length(mac) = 32),
            person TEXT NOT NULL REFERENCES people (person) ON DELETE CASCADE,
            PRIMARY KEY (kind, mac, person)
        ) STRICT, WITHOUT ROWID
        """
    )
    db.table("identities").create_index(["person"])


@schema()
def accounts(db: Database) -> None:
    """Devices, staff and their log-ins. Of every secret only a hash is kept."""
    db.table("enrolment_codes").create(
        {"code_hash": bytes, "kind": str, "place": str, "made_at": int, "expires_at": int},
        pk="code_hash",
        not_null={"code_hash", "kind", "made_at", "expires_at"},
        strict=True,
    )
    db.table("devices").create(
        {
            "device": str,
            "kind": str,
            "name": str,
            "place": str,
            "token_hash": bytes,
            "enrolled_at": int,
            "seen_at": int,
        },
        pk="device",
        not_null={"device", "kind", "name", "token_hash", "enrolled_at"},
        strict=True,
    )
    db.table("devices").create_index(["token_hash"], unique=True)
    db.table("screen_codes").create(
        {"code_hash": bytes, "poll_hash": bytes, "kind": str, "name": str, "expires_at": int, "place": str},
        pk="code_hash",
        not_null={"code_hash", "poll_hash", "kind", "name", "expires_at"},
        strict=True,
    )
    db.table("screen_codes").create_index(["poll_hash"], unique=True)
    db.table("staff").create(
        {"staff": str, "name": str, "role": str, "password_hash": str, "is_active": int, "made_at": int},
        pk="staff",
        not_null={"staff", "name", "role", "password_hash", "is_active", "made_at"},
        strict=True,
    )
    db.table("staff").create_index(["name"], unique=True)
    db.table("log_ins").create(
        {"token_hash": bytes, "staff": str, "csrf_hash": bytes, "made_at": int, "seen_at": int, "expires_at": int},
        pk="token_hash",
        not_null={"token_hash", "staff", "csrf_hash", "made_at", "seen_at", "expires_at"},
        foreign_keys=[("staff", "staff", "staff")],
        strict=True,
    )
    db.table("log_ins").create_index(["staff"])


@schema()
def log_ins_without_page_tokens(db: Database) -> None:
    """A page's token is computed from the cookie's, and a log-in's last use is in memory: neither is kept."""
    for column in ("csrf_hash", "seen_at"):
        db.execute(f"ALTER TABLE log_ins DROP COLUMN {column}")


@schema()
def chain_of_every_column(db: Database) -> None:
    """The chain of hashes covers the site, the stream and where an event was decided as well.

    Each value is checked as it was before it is computed anew: an altered log does not get a good chain.
    """
    db.execute("DROP TRIGGER events_no_update")
    site, before, value = "", GENESIS, GENESIS
    anew: list[tuple[bytes, str, int]] = []
    for row, stored in rows(db):
        if row.site != site:
            site, before, value = row.site, GENESIS, GENESIS
        head = f"{row.position}\n{row.at}\n{row.actor}\n{row.command_id}\n".encode()
        before = hashlib.sha256(before + head + row.body).digest()
        if before != stored:
            raise LogUnusableError(
                f"The log of {site} was altered at position {row.position}. Nothing was changed. Restore the latest "
                "backup with 'houzhen-server restore'."
            )
        value = link(value, row)
        anew.append((value, row.site, row.position))
        if len(anew) >= _IN_ONE_WRITE:
            db.conn.executemany(_SET_CHAIN, anew)
            anew.clear()
    db.conn.executemany(_SET_CHAIN, anew)
    db.execute(
        "CREATE TRIGGER events_no_update BEFORE UPDATE ON events "
        "BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
    )


@schema()
def days_found_at_once(db: Database) -> None:
    """Where days begin and what was configured is found without reading the whole log: a replay asks for one day."""
    db.execute(
        "CREATE INDEX events_of_days ON events (site, type, position) "
        "WHERE type IN ('ConfigurationActivated', 'DayOpened', 'DayEnded')"
    )


@schema()
def how_tickets_came(db: Database) -> None:
    """For reports: tickets over the limit (加号), checked in by somebody else, and back with results."""
    db.execute("ALTER TABLE tickets ADD COLUMN extra TEXT")
    for column in ("by_proxy", "returned"):
        db.execute(f"ALTER TABLE tickets ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")


@schema()
def triage_notes(db: Database) -> None:
    """Erasable: vital signs and free text beside a level of triage. No foreign key: a rebuild empties ``tickets``."""
    db.table("triage_notes").create(
        {"ticket": str, "position": int, "at": int, "findings": str, "reason": str},
        pk=("ticket", "position"),
        not_null={"ticket", "position", "at", "findings"},
        strict=True,
    )
    db.table("triage_notes").create_index(["at"])


@schema()
def fees_and_unkept_bookings(db: Database) -> None:
    """For reports and bans: what a registration cost and was spared, and bookings that nobody came to.

    A registration has one row, of the last ticket that it gave. No foreign keys: a rebuild empties ``tickets``.
    """
    db.table("fees").create(
        {
            "registration": str,
            "ticket": str,
            "clinic": str,
            "issued_at": int,
            "fen": int,
            "saved_fen": int,
            "rule": str,
        },
        pk="registration",
        not_null={"registration", "ticket", "issued_at", "fen", "saved_fen", "rule"},
        strict=True,
    )
    db.table("fees").create_index(["issued_at"])
    db.table("unkept").create(
        {"appointment": str, "person": str, "session": str, "clinic": str, "doctor": str, "slot_start": int},
        pk="appointment",
        not_null={"appointment", "person", "session", "clinic", "slot_start"},
        strict=True,
    )
    db.table("unkept").create_index(["person"])
    db.table("unkept").create_index(["slot_start"])


@schema()
def tails_of_file_numbers(db: Database) -> None:
    """What tells a patient's files apart on screens: the tail of the number on paper, not of the system's own id.

    Empty until the hospital's list is next taken over.
    """
    db.execute("ALTER TABLE people ADD COLUMN file_tail TEXT")


_IN_ONE_WRITE = 1_000
_SET_CHAIN = "UPDATE events SET chain = ? WHERE site = ? AND position = ?"

_STEPS = (
    log,
    lobby,
    people,
    accounts,
    log_ins_without_page_tokens,
    chain_of_every_column,
    days_found_at_once,
    how_tickets_came,
    triage_notes,
    fees_and_unkept_bookings,
    tails_of_file_numbers,
)


def migrate(db: Database) -> None:
    """Bring the schema up to date.

    Raises:
        LogUnusableError: the file is another program's, is damaged, or was written by a newer version of this one.
    """
    try:
        _refuse_foreign(db)
        schema.apply(db)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    except sqlite3.Error as error:
        raise LogUnusableError(
            f"The database cannot be brought up to date. {sentence_for(error).en} {error}"
        ) from error


def check_schema(db: Database) -> None:
    """Refuse a database that is not at exactly this version's schema, for connections that must not change it.

    Raises:
        LogUnusableError: the schema is older or newer than this version's, or is not ours.
    """
    _refuse_foreign(db)
    if schema.pending(db):
        raise LogUnusableError("The database is of an older version. Start the server once to bring it up to date.")


def _refuse_foreign(db: Database) -> None:
    found = db.conn.execute("PRAGMA application_id").fetchone()[0]
    tables = set(db.table_names())
    if tables and (found not in (0, APPLICATION_ID) or (found == 0 and schema.migrations_table not in tables)):
        raise LogUnusableError(
            "The file is another program's database. Nothing was changed. Choose another data directory."
        )
    known = {step.name for step in schema.pending(db)} | {step.__name__ for step in _STEPS}
    newer = sorted({step.name for step in schema.applied(db)} - known)
    if newer:
        raise LogUnusableError(
            f"The database was written by a newer version of Houzhen (it has the step {', '.join(newer)}). Nothing was "
            "changed. Install that version again, or restore a backup made before the upgrade with "
            "'houzhen-server restore'."
        )


__all__ = ["APPLICATION_ID", "check_schema", "migrate", "schema"]
