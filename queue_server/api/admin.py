"""What an administrator does: devices, enrolment, staff, the clock, erasing a person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlite_utils import Database

from queue_server import clock_file
from queue_server import contract as c
from queue_server.api import displays, reports, statistics
from queue_server.api.auth import Password
from queue_server.api.guards import require_staff, staff_of
from queue_server.api.lobby import Lobby
from queue_server.api.passwords import SHORTEST, hash_password
from queue_server.api.problems import ProblemError
from queue_server.clock import SettableClock
from queue_server.engine.commands import ConfirmClock
from queue_server.log import accounts

log = structlog.get_logger("houzhen.admin")

Call = Request[Any, Any, Any]
_MINUTE = 60_000_000


class EnrolmentCodeAsked(msgspec.Struct, frozen=True):
    """A one-time code for a device of this kind at this place: a hall's id, for a station's device the station's."""

    kind: c.DeviceKind
    place: str


class EnrolmentCode(msgspec.Struct, frozen=True):
    """Shown once. The server keeps a hash only."""

    code: str
    expires_at: datetime

    def __repr__(self) -> str:
        """Without the secret."""
        return "EnrolmentCode(<redacted>)"


class DeviceView(msgspec.Struct, frozen=True):
    """An enrolled device."""

    device: str
    kind: c.DeviceKind
    name: str
    place: str
    enrolled_at: datetime
    seen_at: datetime | None = None
    """When it last asked something or had a feed open; ``None``: not yet."""
    lost_since: datetime | None = None
    """Of a kiosk that is not connected: since when."""
    reports: list[c.DeviceReport] = []
    """How a kiosk's own devices are."""


class PendingScreen(msgspec.Struct, frozen=True):
    """What a screen that waits to be let in says it is. Anybody may say anything: look at the screen itself."""

    kind: c.DeviceKind
    name: str


class ConfirmScreen(msgspec.Struct, frozen=True):
    """The code a screen shows, and where that screen hangs."""

    screen_code: c.Short
    place: str


class Places(msgspec.Struct, frozen=True):
    """Where devices stand: kiosks and boards in halls, stations' own devices at stations."""

    halls: list[c.Choice]
    stations: list[c.Choice]


class StaffView(msgspec.Struct, frozen=True):
    """A staff account."""

    name: str
    role: c.Role
    is_active: bool


class StaffAsked(msgspec.Struct, frozen=True):
    """A new account. The name is part of addresses, so it holds letters, digits, dots, hyphens and underscores only."""

    name: Annotated[str, msgspec.Meta(pattern=accounts.STAFF_NAME)]
    role: c.Role
    password: Password

    def __repr__(self) -> str:
        """Without the password."""
        return f"StaffAsked(name={self.name!r}, role={self.role!r}, password=<redacted>)"


class PasswordAsked(msgspec.Struct, frozen=True):
    """A new password for an account."""

    password: Password

    def __repr__(self) -> str:
        """Without the password."""
        return "PasswordAsked(<redacted>)"


class ConfirmClockAsked(c.Asked, frozen=True, kw_only=True):
    """The clock has been checked."""


class ClockAsked(msgspec.Struct, frozen=True):
    """Where to move a demonstration's clock; never back."""

    to: c.Moment


class ClockNow(msgspec.Struct, frozen=True):
    """What the server's clock shows."""

    server_time: datetime
    is_settable: bool


class Erased(msgspec.Struct, frozen=True):
    """Whether anything was known of the person."""

    was_known: bool


@get("/waits", sync_to_thread=False)
def list_waits(lobby: NamedDependency[Lobby]) -> list[c.QueueWaits]:
    """How often what each queue said of waits held in the last week."""
    return lobby.views.queue_waits()


# --- devices ----------------------------------------------------------------------------------------------------------


@post("/enrolment-codes", status_code=201)
async def make_enrolment_code(
    request: Call, lobby: NamedDependency[Lobby], data: JSONBody[EnrolmentCodeAsked]
) -> EnrolmentCode:
    """A one-time code."""
    place = _place(lobby, data.kind, data.place)
    now, valid_for = lobby.clock.now(), lobby.configuration.server.enrolment_code_min * _MINUTE
    code, expires_at = await lobby.write(
        lambda database: accounts.make_enrolment_code(database, data.kind, place, now, valid_for)
    )
    log.info("enrolment_code_made", by=staff_of(request).name, kind=data.kind, place=place)
    return EnrolmentCode(code, lobby.views.moment(expires_at))


@get("/places", sync_to_thread=False)
def list_places(lobby: NamedDependency[Lobby]) -> Places:
    """The configured halls and stations, to choose from."""
    site = lobby.configuration.site
    halls = [c.Choice(one.id, c.Text(one.name.zh, one.name.en)) for one in site.halls]
    return Places(halls, [c.Choice(one.id, c.Text(one.name.zh, one.name.en)) for one in site.stations])


@get("/devices", sync_to_thread=False)
def list_devices(lobby: NamedDependency[Lobby]) -> list[DeviceView]:
    """Every enrolled device."""
    kiosks = {one.device: one for one in reports.kiosks(lobby)}
    seen = lobby.devices.seen
    return [
        DeviceView(
            one.device,
            one.kind,
            one.name,
            one.place or "",
            lobby.views.moment(one.enrolled_at),
            _moment(lobby, max(one.seen_at or 0, seen.get(one.device, 0))),
            lost_since=kiosks[one.device].lost_since if one.device in kiosks else None,
            reports=kiosks[one.device].reports if one.device in kiosks else [],
        )
        for one in accounts.devices(lobby.service.reader)
    ]


def _moment(lobby: Lobby, at: int) -> datetime | None:
    return lobby.views.moment(at) if at else None


@get("/devices/pending/{screen_code:str}", sync_to_thread=False)
def show_pending_screen(request: Call, lobby: NamedDependency[Lobby], screen_code: FromPath[str]) -> PendingScreen:
    """What the screen that shows this code says it is: to be read before it is let in."""
    lobby.limits.enrol.take(staff_of(request).actor)
    return _pending(lobby, screen_code)


@post("/devices/confirm", status_code=200)
async def confirm_screen(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[ConfirmScreen]) -> None:
    """Let the screen that shows this code in."""
    lobby.limits.enrol.take(staff_of(request).actor)
    now = lobby.clock.now()
    kind = _pending(lobby, data.screen_code).kind
    place = _place(lobby, kind, data.place)
    try:
        name = await lobby.write(lambda database: accounts.confirm_screen(database, data.screen_code, place, now))
    except accounts.UnknownCodeError:
        raise ProblemError("bad_code") from None
    log.info("screen_confirmed", by=staff_of(request).name, kind=kind, target=name, place=place)


def _pending(lobby: Lobby, screen_code: str) -> PendingScreen:
    found = accounts.pending_screen(lobby.service.reader, screen_code, lobby.clock.now())
    if found is None:
        raise ProblemError("bad_code")
    return PendingScreen(found.kind, found.name)


@delete("/devices/{device:str}", status_code=204)
async def revoke_device(request: Call, lobby: NamedDependency[Lobby], device: FromPath[str]) -> None:
    """Withdraw a device's credential at once; its open feeds end."""
    if not await lobby.write(lambda database: accounts.revoke_device(database, device)):
        raise ProblemError("unknown_device")
    lobby.devices.end(device)
    log.info("device_revoked", by=staff_of(request).name, device=device)


def _place(lobby: Lobby, kind: c.DeviceKind, place: str) -> str:
    site = lobby.configuration.site
    if kind == "station":
        if place not in {station.id for station in site.stations}:
            raise ProblemError("unknown_station")
    elif place not in {hall.id for hall in site.halls}:
        raise ProblemError("unknown_hall")
    return place


# --- staff ------------------------------------------------------------------------------------------------------------


@get("/staff", sync_to_thread=False)
def list_staff(lobby: NamedDependency[Lobby]) -> list[StaffView]:
    """Every account."""
    return [StaffView(one.name, one.role, one.is_active) for one in accounts.all_staff(lobby.service.reader)]


@post("/staff", status_code=201)
async def create_staff(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[StaffAsked]) -> StaffView:
    """A new account."""
    _check_password(data.password)
    kept, now = await hash_password(data.password), lobby.clock.now()
    try:
        await lobby.write(lambda database: accounts.add_staff(database, data.name, data.role, kept, now))
    except accounts.NameTakenError:
        raise ProblemError("account_exists") from None
    log.info("staff_created", by=staff_of(request).name, target=data.name, role=data.role)
    return StaffView(data.name, data.role, is_active=True)


@post("/staff/{name:str}/disable", status_code=200)
async def disable_staff(request: Call, lobby: NamedDependency[Lobby], name: FromPath[str]) -> None:
    """Nobody logs in with this account any more; its log-ins end at once."""
    if name == staff_of(request).name:
        raise ProblemError("own_account")
    staff = _account(lobby, name)
    await lobby.write(lambda database: accounts.set_active(database, staff, is_active=False))
    lobby.log_ins.end_of_staff(staff)
    log.info("staff_disabled", by=staff_of(request).name, target=name)


@post("/staff/{name:str}/reset", status_code=200)
async def reset_staff(
    request: Call, lobby: NamedDependency[Lobby], name: FromPath[str], data: JSONBody[PasswordAsked]
) -> None:
    """A new password; the account is in use again and its log-ins end."""
    _check_password(data.password)
    staff = _account(lobby, name)
    await _set_password(lobby, staff, data.password)
    log.info("staff_reset", by=staff_of(request).name, target=name)


def _account(lobby: Lobby, name: str) -> str:
    found = accounts.staff_by_name(lobby.service.reader, name)
    if found is None:
        raise ProblemError("unknown_account")
    return found[0].staff


async def _set_password(lobby: Lobby, staff: str, password: str) -> None:
    kept = await hash_password(password)

    def write(database: Database) -> None:
        accounts.set_password(database, staff, kept)
        accounts.set_active(database, staff, is_active=True)

    await lobby.write(write)
    lobby.log_ins.end_of_staff(staff)


def _check_password(password: str) -> None:
    if len(password) < SHORTEST:
        raise ProblemError("password_weak", words={"length": str(SHORTEST)})


# --- the clock, and people --------------------------------------------------------------------------------------------


@post("/clock/confirm", status_code=200)
async def confirm_clock(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[ConfirmClockAsked]) -> c.Done:
    """Go on issuing: the clock was checked."""
    done = await lobby.submit(ConfirmClock(), data, staff_of(request).actor)
    log.info("clock_confirmed", by=staff_of(request).name, target=lobby.views.server_time)
    return done


@get("/clock", sync_to_thread=False)
def show_clock(lobby: NamedDependency[Lobby]) -> ClockNow:
    """What the clock shows, and whether it can be moved."""
    return ClockNow(lobby.views.server_time, isinstance(lobby.clock, SettableClock))


@post("/clock", status_code=200, sync_to_thread=False)
def move_clock(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[ClockAsked]) -> ClockNow:
    """Move a demonstration's clock forward. A server that runs on real time has no such thing."""
    if not isinstance(lobby.clock, SettableClock):
        raise ProblemError("clock_fixed")
    moment = round(data.to.timestamp() * 1_000_000)
    if moment < lobby.clock.now():
        raise ProblemError("invalid_request", detail="to: is earlier than the clock, which never goes back")
    lobby.log_ins.clock_moved(moment - lobby.clock.now())
    lobby.clock.set(moment)
    clock_file.write(lobby.data, lobby.clock)
    log.info("clock_moved", by=staff_of(request).name, target=lobby.views.server_time)
    return ClockNow(lobby.views.server_time, is_settable=True)


@post("/people/{person:str}/erase", status_code=200)
async def erase_person(request: Call, lobby: NamedDependency[Lobby], person: FromPath[str]) -> Erased:
    """Delete everything that is known about a person, from the file's bytes too."""
    await lobby.mirror.forget(person)
    was_known = await lobby.service.erase_person(person)
    lobby.names.forget()
    # A reference that was one: it is in the event log too, and leads to nobody any more.
    log.info("person_erased", by=staff_of(request).name, target=person if was_known else "unknown")
    return Erased(was_known)


@post("/tickets/{ticket:str}/erase", status_code=200)
async def erase_ticket(request: Call, lobby: NamedDependency[Lobby], ticket: FromPath[str]) -> Erased:
    """Delete the triage notes of one ticket, from the file's bytes too: so an unknown patient's go."""
    was_known = await lobby.service.erase_ticket(ticket)
    log.info("ticket_erased", by=staff_of(request).name, target=ticket if was_known else "unknown")
    return Erased(was_known)


router = Router(
    "/api/admin",
    guards=[require_staff("administrator")],
    tags=["admin"],
    route_handlers=[
        list_waits, displays.list_displays, statistics.savings, statistics.no_shows,
        make_enrolment_code, list_places, list_devices, show_pending_screen, confirm_screen, revoke_device,
        list_staff, create_staff, disable_staff, reset_staff, confirm_clock, show_clock, move_clock, erase_person,
        erase_ticket,
    ],
)  # fmt: skip
