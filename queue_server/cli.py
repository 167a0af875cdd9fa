"""``houzhen-server``: serve, look after the data, let devices and staff in.

Exit status: 0 done; 1 it could not be done, with the reason on standard error; 2 the command line was wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import uvloop
from sqlite_utils import Database

from queue_server import certificates, clock_file, logs
from queue_server.api.passwords import fresh_password, hash_now
from queue_server.certificates import CertificateError, CertificateFiles
from queue_server.clock import Clock, SettableClock, SystemClock
from queue_server.config import Configuration, load, service_days
from queue_server.contract import DeviceKind, Role
from queue_server.engine.events import ConfigurationActivated, decode
from queue_server.engine.fees import yuan
from queue_server.engine.site import Site
from queue_server.hospital.port import BadAnswer
from queue_server.log import accounts, maintenance, reports
from queue_server.log.data import DATABASE, DataDirectory
from queue_server.log.database import open_database
from queue_server.log.errors import LogUnusableError
from queue_server.replay import cli as replay
from queue_server.replay.changes import ChangeError
from queue_server.replay.past import PastError
from queue_server.simulation.toml_file import DescriptionError
from queue_server.toml_reader import ConfigurationError

FIRST_ACCOUNTS: tuple[tuple[str, Role], ...] = (("admin", "administrator"), ("nurse", "nurse"))
"""Made at the first start, with random passwords."""


_LONGEST_CODE_MIN = 10_080
_MOST_REPORT_DAYS = 366


class CommandError(Exception):
    """A command could not be done; the sentence says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit status.
    """
    # Whatever is written has names or keys in it, or lies beside them.
    os.umask(0o077)
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = options.run
    try:
        run(options)
    except (
        BadAnswer, CertificateError, ChangeError, CommandError, ConfigurationError, DescriptionError, LogUnusableError,
        PastError, OSError,
    ) as error:  # fmt: skip
        print(f"houzhen-server {options.command}: {error}", file=sys.stderr)
        return 1
    return 0


# --- serving ----------------------------------------------------------------------------------------------------------


def _serve(options: argparse.Namespace) -> None:
    # The framework takes longer to import than any other command takes in all: they do without.
    from queue_server import serving  # noqa: PLC0415 - as said
    from queue_server.app import running  # noqa: PLC0415 - as said
    from queue_server.connections import use_all_descriptors  # noqa: PLC0415 - as said

    configuration = load(options.config)
    clock = _clock(options.clock, configuration, options.data)
    tls, certificate_ends_at = _certificate(options, configuration)
    host = options.host or configuration.server.host
    port = configuration.server.port if options.port is None else options.port

    async def run() -> None:
        async with running(
            configuration, options.data, clock, is_secure=tls is not None, certificate_ends_at=certificate_ends_at
        ) as lobby:
            await serving.serve(
                lobby,
                host,
                port,
                tls=tls,
                told=lambda address: serving.tell(address, options.ready_file, options.ready_fd),
            )

    try:
        # Everything that can be told before anything is touched is told now.
        serving.check_address(host, tls)
        # Of a server that runs already nothing is touched; while this one runs it is held for good.
        DataDirectory.take(options.data).release()
        logs.configure()
        use_all_descriptors()
        clock_file.write(options.data, clock)
        _make_first_accounts(options.data, clock)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    except serving.ServingError as error:
        raise CommandError(str(error)) from error


def _clock(hour_minute: str | None, configuration: Configuration, data: Path) -> Clock:
    if hour_minute is None:
        return SystemClock()
    if hour_minute == "continue":
        return SettableClock(clock_file.now(data), rate=1.0)
    try:
        return SettableClock.today_at(hour_minute, configuration.site.time_zone)
    except ValueError:
        raise CommandError(f"--clock {hour_minute}: give a time of day such as 08:50.") from None


def _certificate(
    options: argparse.Namespace, configuration: Configuration
) -> tuple[tuple[Path, Path] | None, datetime | None]:
    """The certificate and its key, and until when it is valid.

    The hospital's own where one is configured; with ``--tls`` our authority's.
    """
    settings = configuration.server
    if settings.tls_certificate and settings.tls_key:
        pair = configuration.folder / settings.tls_certificate, configuration.folder / settings.tls_key
        return pair, certificates.check_pair(*pair)
    if not options.tls:
        return None, None
    files = CertificateFiles(options.data / "tls")
    return (files.server, files.server_key), certificates.check(files.folder)


def _make_first_accounts(data: Path, clock: Clock) -> None:
    passwords = {name: fresh_password() for name, _ in FIRST_ACCOUNTS}

    def make(database: Database) -> bool:
        if accounts.all_staff(database):
            return False
        for name, role in FIRST_ACCOUNTS:
            accounts.add_staff(database, name, role, hash_now(passwords[name]), clock.now())
        return True

    if maintenance.write(data, make):
        print("First start. These accounts were made; their passwords are shown this once:")
        for name, role in FIRST_ACCOUNTS:
            print(f"  {name}  {passwords[name]}  ({role})", flush=True)


# --- data -------------------------------------------------------------------------------------------------------------


def _rebuild(options: argparse.Namespace) -> None:
    counts = maintenance.rebuild(options.data)
    print(f"The log of {counts.events} events is whole. Rebuilt {counts.tickets} tickets and {counts.calls} calls.")


def _backup(options: argparse.Namespace) -> None:
    counts = maintenance.backup(options.data, options.to)
    print(f"Backed up {counts.events} events to {options.to} and checked them. Keep it as safe as the data itself.")


def _restore(options: argparse.Namespace) -> None:
    counts = maintenance.restore(options.source, options.data)
    print(f"Restored {counts.events} events to {options.data}.")


def _certificates(options: argparse.Namespace) -> None:
    folder = options.data / "tls"
    names = options.name
    if not names and CertificateFiles(folder).server.exists():
        names = certificates.server_names(folder)
    files = certificates.issue(folder, names or [], site=options.site)
    print(f"Server certificate for {', '.join(certificates.server_names(folder))}, valid until", end=" ")
    print(f"{certificates.check(folder):%Y-%m-%d}. Install {files.root} in browsers and kiosks, and keep")
    print(f"{files.root_key} off this machine between renewals.")


# --- devices and staff ------------------------------------------------------------------------------------------------


def _enrol_code(options: argparse.Namespace) -> None:
    place = options.station if options.kind == "station" else options.hall
    if place is None:
        raise CommandError(f"A {options.kind} needs {'--station' if options.kind == 'station' else '--hall'}.")
    site = _active_site(options.data) if options.config is None else load(options.config).site
    if site is None:
        raise CommandError("The server has never run on this data, so its halls are not known. Give --config.")
    _check_place(site, options.kind, place)
    now = clock_file.now(options.data)
    code, _ = maintenance.write(
        options.data,
        lambda database: accounts.make_enrolment_code(database, options.kind, place, now, options.minutes * 60_000_000),
    )
    print(code)


def _active_site(data: Path) -> Site | None:
    """The configuration that the log was last written under; ``None``: there is no log, or nothing in it."""
    if not (data / DATABASE).exists():
        return None
    database = open_database(data / DATABASE, read_only=True)
    try:
        row = database.conn.execute(
            "SELECT v, CAST(body AS BLOB) FROM events WHERE type = 'ConfigurationActivated' "
            "ORDER BY position DESC LIMIT 1"
        ).fetchone()
    finally:
        database.close()
    event = None if row is None else decode("ConfigurationActivated", *row)
    return event.site if isinstance(event, ConfigurationActivated) else None


def _check_place(site: Site, kind: DeviceKind, place: str) -> None:
    known = [one.id for one in (site.stations if kind == "station" else site.halls)]
    if place not in known:
        raise CommandError(
            f"There is no {'station' if kind == 'station' else 'hall'} {place!r}; known: {', '.join(known)}."
        )


def _staff(options: argparse.Namespace) -> None:
    name = options.name
    password = fresh_password()
    kept = hash_now(password)
    now = clock_file.now(options.data)

    def change(database: Database) -> None:
        if options.action == "add":
            accounts.add_staff(database, name, options.role, kept, now)
            return
        found = accounts.staff_by_name(database, name)
        if found is None:
            raise CommandError(f"There is no account {name!r}. Nothing was changed.")
        if options.action == "reset":
            accounts.set_password(database, found[0].staff, kept)
        accounts.set_active(database, found[0].staff, is_active=options.action == "reset")

    try:
        maintenance.write(options.data, change)
    except accounts.NameTakenError:
        raise CommandError(f"There is an account {name!r} already. Nothing was changed.") from None
    if options.action == "disable":
        print(f"{name} can log in no more; open pages of theirs end within a minute.")
    else:
        print(f"{name}  {password}  (shown this once)")


# --- reports ----------------------------------------------------------------------------------------------------------


def _report(options: argparse.Namespace) -> None:
    site = _active_site(options.data)
    if site is None:
        raise CommandError("The server has never run on this data, so there is nothing to report.")
    if not 0 <= (options.last - options.first).days < _MOST_REPORT_DAYS:
        raise CommandError(f"--from, --to: 1 to {_MOST_REPORT_DAYS} days, the first day first.")
    try:
        days = [reports.DayBounds(*day) for day in service_days(site, options.first, options.last)]
    except OverflowError:
        raise CommandError("--from, --to: the calendar ends there.") from None
    database = open_database(options.data / DATABASE, read_only=True)
    try:
        rows = reports.savings(database, days) if options.report == "savings" else reports.unkept(database, days)
    finally:
        database.close()
    for row in rows:
        print(*("-" if value is None else value for value in row), sep="\t")
    if options.report == "savings":
        saved = [row for row in rows if isinstance(row, reports.Saving)]
        print(f"{sum(row.visits for row in saved)} visits were spared {yuan(sum(row.fen for row in saved))} yuan.")
    else:
        missed = [row for row in rows if isinstance(row, reports.Unkept)]
        print(f"{sum(row.never_came + row.missed_their_call for row in missed)} bookings were not kept.")


# --- the command line -------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="houzhen-server", description="The queue server of a hospital's lobby.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = _command(commands, "serve", _serve, "serve kiosks, boards, consoles and patients")
    serve.add_argument("--config", type=Path, required=True, help="the folder with hospital.toml, or the file itself")
    serve.add_argument("--host", help="the address to listen at (default: as configured)")
    serve.add_argument("--port", type=_port, help="the port, 0 for any free one (default: as configured)")
    serve.add_argument("--tls", action="store_true", help="serve with the certificate in DATA/tls")
    serve.add_argument(
        "--clock",
        metavar="HH:MM",
        help="demonstration: begin today at this time, or 'continue' where it was; the clock can be moved",
    )
    serve.add_argument("--ready-file", type=Path, metavar="FILE", help="write the address here once ready")
    serve.add_argument("--ready-fd", type=int, metavar="N", help="write the address to this file descriptor once ready")

    _command(commands, "rebuild", _rebuild, "check the log and write the tables for queries afresh from it")
    backup = _command(commands, "backup", _backup, "copy the data, also while the server runs, and check the copy")
    backup.add_argument("to", type=Path, metavar="TO", help="a new directory")
    restore = _command(commands, "restore", _restore, "make a new data directory from a backup")
    restore.add_argument("source", type=Path, metavar="BACKUP")

    certificate = _command(commands, "certificates", _certificates, "make or renew the certificates in DATA/tls")
    certificate.add_argument("--name", action="append", help="a host name or address of the server; may be repeated")
    certificate.add_argument("--site", default="Houzhen", help="the hospital's name in the certificate")

    code = _command(commands, "enrol-code", _enrol_code, "print a one-time code with which a device enrols")
    code.add_argument("--kind", choices=get_args(DeviceKind), required=True)
    code.add_argument("--hall", help="the hall of a kiosk or board")
    code.add_argument("--station", help="the station of a station's device")
    code.add_argument("--minutes", type=_minutes, default=15, help="how long the code is good")
    code.add_argument(
        "--config", type=Path, help="where halls and stations are configured (default: as the server last ran)"
    )

    staff = commands.add_parser("staff", help="add an account, give one a new password, or disable one")
    actions = staff.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, words in (("add", "a new account"), ("reset", "a new password"), ("disable", "no more log-ins")):
        action = _command(actions, name, _staff, words)
        action.add_argument("name", type=_staff_name)
        if name == "add":
            action.add_argument("--role", choices=get_args(Role), required=True)
    _add_reports(commands)
    replay.add_commands(commands)
    return parser


def _add_reports(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    report = commands.add_parser("report", help="print what fee rules spared patients, or bookings that were not kept")
    kinds = report.add_subparsers(dest="report", required=True, metavar="REPORT")
    for name, words in (
        ("savings", "by day, clinic and rule: visits that cost less, and fen"),
        ("no-shows", "by day and clinic: who never came, and who checked in and missed the call"),
    ):
        kind = _command(kinds, name, _report, words)
        kind.add_argument("--from", dest="first", type=_day, required=True, metavar="YYYY-MM-DD", help="the first day")
        kind.add_argument("--to", dest="last", type=_day, required=True, metavar="YYYY-MM-DD", help="the last day")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    run: Callable[[argparse.Namespace], None],
    words: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=words, description=words)
    parser.add_argument("--data", type=Path, required=True, help="the data directory")
    parser.set_defaults(run=run)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:  # noqa: PLR2004 - the highest TCP port
        raise argparse.ArgumentTypeError(f"{text!r} is no port")
    return int(text)


def _minutes(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _LONGEST_CODE_MIN:
        raise argparse.ArgumentTypeError(f"{text!r}: a number of minutes from 1 to {_LONGEST_CODE_MIN}")
    return int(text)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; as in 2026-03-02") from None


def _staff_name(text: str) -> str:
    if not re.fullmatch(accounts.STAFF_NAME, text):
        raise argparse.ArgumentTypeError(f"{text!r}: 1 to 64 letters, digits, dots and hyphens")
    return text


if __name__ == "__main__":
    sys.exit(main())
