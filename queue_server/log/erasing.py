"""Rows that are erased leave no copy behind."""

from __future__ import annotations

from collections.abc import Sequence

from queue_server.log.binding import sqlite3

_MADE = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index'"


def rewrite(conn: sqlite3.Connection, tables: Sequence[str]) -> None:
    """Write ``tables`` and their indexes anew, within the caller's transaction.

    ``secure_delete`` overwrites a row where it stands. But rows move between pages as a table grows, and what stays
    behind in a page's unused space is a copy that no later deletion reaches. Pages that are given up whole are zeroed
    whole: so the tables are copied (in memory, where temporary tables are kept), dropped, and made again.

    Args:
        conn: the writer's connection.
        tables: names from our own schema, whoever is referred to before whoever refers to it.
    """
    made = [str(row[0]) for table in tables for row in conn.execute(_MADE, (table,)).fetchall()]
    for table in tables:
        conn.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM main.{table}")  # noqa: S608 - our own name
    for table in reversed(tables):
        conn.execute(f"DROP TABLE main.{table}")
    for statement in made:
        conn.execute(statement)
    for table in tables:
        conn.execute(f"INSERT INTO main.{table} SELECT * FROM temp.kept_{table}")  # noqa: S608 - the same
        conn.execute(f"DROP TABLE temp.kept_{table}")
