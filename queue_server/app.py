"""The one place that names adapters and joins the parts of a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State as AppState
from litestar.di import Provide
from litestar.exceptions import NotFoundException
from litestar.types import ASGIApp

from queue_server.api import admin, auth, board, desk, devices, health, kiosk, patient, station, triage, what_if
from queue_server.api.credentials import Device, Devices
from queue_server.api.description import openapi
from queue_server.api.direct import Direct
from queue_server.api.feed import Hub
from queue_server.api.headers import AnswerHeaders
from queue_server.api.lobby import Limits, Lobby
from queue_server.api.log_ins import LogIn, LogIns
from queue_server.api.problems import HANDLERS, answer_to
from queue_server.api.request_log import RequestLog
from queue_server.boards import CallBoards, make_displays
from queue_server.certificates import is_ending
from queue_server.clock import Clock
from queue_server.config import Configuration
from queue_server.contract import DeviceReport, Heartbeat
from queue_server.day_keeper import DayKeeper
from queue_server.engine.booking import bad_slots
from queue_server.engine.estimate import calibration
from queue_server.engine.events import TicketIssued
from queue_server.engine.rules import rules_of
from queue_server.hospital import sample
from queue_server.hospital.day_store import FolderStore
from queue_server.hospital.mirror import Mirror
from queue_server.hospital.people import LogPeople
from queue_server.hospital.port import HospitalPort
from queue_server.log import accounts
from queue_server.log.data import identity_key
from queue_server.order_keeper import OrderKeeper
from queue_server.service import RECENT, Service, Unavailable
from queue_server.toml_reader import ConfigurationError
from queue_server.views import Names, Views, Voice
from queue_server.voice import Announcer
from queue_server.web.pages import QueueRules, Rules, no_rules, no_such_page, pages_router

log = structlog.get_logger(__name__)

LARGEST_BODY = 64 * 1024
"""Bytes. The largest request there is, a station opening with all its queues, takes a few hundred."""

ADAPTERS: dict[str, Callable[[Configuration], HospitalPort]] = {
    "sample": lambda configuration: sample.from_options(
        dict(configuration.hospital.options), configuration.folder, configuration.zone
    ),
}
"""How to reach the hospital's systems, by ``[hospital] adapter``."""

SWEEP_S = 30
"""How soon an abandoned browser's feeds end, and what another process withdrew is noticed."""


def create_app(lobby: Lobby) -> ASGIApp:
    """The server as an ASGI application over the parts that ``running`` started."""
    app = Direct(create_routes(lobby), lobby, largest_body=LARGEST_BODY)
    return RequestLog(AnswerHeaders(app, is_secure=lobby.is_secure))


def create_routes(lobby: Lobby) -> Litestar:
    """Every handler at its path."""
    pages = pages_router(lobby.configuration.halls, lambda: rules_in(lobby), lobby.configuration.server.public_url)
    return Litestar(
        route_handlers=[
            kiosk.router, station.router, desk.router, triage.router, board.router, patient.router, admin.router,
            what_if.router, auth.router, devices.router, health.health, pages,
        ],
        dependencies={"lobby": Provide(lambda: lobby, sync_to_thread=False)},
        exception_handlers={**HANDLERS, NotFoundException: _on_not_found},
        state=AppState({"lobby": lobby}, deep_copy=False),
        openapi_config=openapi(),
        request_max_body_size=LARGEST_BODY,
        logging_config=None,
        debug=False,
    )  # fmt: skip


def _on_not_found(request: Request[Any, Any, Any], error: NotFoundException) -> Response[Any]:
    """A page for somebody who mistyped an address, and a problem for a program."""
    return no_such_page(request) or answer_to(request, error)


def rules_in(lobby: Lobby) -> Rules:
    """The rules by which the queues are run now."""
    state = lobby.service.committed
    index = state.index
    if index is None:
        return no_rules()
    queues = [
        QueueRules(queue.id, queue.name, rules_of(index.site, queue, calibration(state, [queue.id])))
        for queue in index.site.queues
    ]
    return Rules(index.site.name, queues)


@asynccontextmanager
async def running(
    configuration: Configuration,
    data: Path,
    clock: Clock,
    *,
    is_secure: bool = False,
    certificate_ends_at: datetime | None = None,
) -> AsyncIterator[Lobby]:
    """Start every part in order, and stop them in reverse.

    Args:
        configuration: the hospital.
        data: the data directory.
        clock: by which everything is decided.
        is_secure: it is served with TLS.
        certificate_ends_at: until when its certificate is valid.

    Raises:
        LogUnusable: the log cannot be opened.
        ConfigurationError: the hospital's adapter is not known or its options are wrong, or there is no such board.
    """
    adapter = ADAPTERS.get(configuration.hospital.adapter)
    if adapter is None:
        known = ", ".join(sorted(ADAPTERS))
        raise ConfigurationError([f"hospital.adapter: {configuration.hospital.adapter!r} is none of {known}"])
    settings = configuration.server
    displays = make_displays(configuration.displays, configuration.folder / settings.devices)
    async with AsyncExitStack() as stack:
        service = await Service.start(data, site=configuration.site.id, clock=clock)
        stack.push_async_callback(service.stop)
        names = Names(service.people.name)
        hospital = adapter(configuration)
        stack.push_async_callback(hospital.close)
        mirror = Mirror(
            hospital,
            LogPeople(service, identity_key(data, may_make=False), names),
            FolderStore(data / "hospital"),
            clock,
            configuration.service_day,
            refresh_s=settings.list_refresh_s,
            old_after_min=settings.list_old_after_min,
            people_days=settings.personal_data_days,
            wrong_in=lambda session: bad_slots(configuration.site.booking, session),
        )
        await mirror.start()
        stack.push_async_callback(mirror.stop)
        announcer = Announcer(configuration.voice, data / "voice")
        await announcer.start()
        stack.push_async_callback(announcer.stop)
        keeper = DayKeeper(configuration, service, mirror, clock)
        await keeper.begin()
        stack.push_async_callback(keeper.stop)
        orders = OrderKeeper(service, mirror, clock)
        await orders.begin()
        stack.push_async_callback(orders.stop)
        lobby = _join(configuration, data, clock, service, mirror, announcer, names, is_secure=is_secure)
        lobby.certificate_ends_at = certificate_ends_at
        boards = CallBoards(configuration.displays, displays, lambda: service.committed, service.subscribe)
        await boards.start()
        stack.push_async_callback(boards.stop)
        lobby.boards = boards
        await lobby.hub.start()
        stack.push_async_callback(lobby.hub.stop)
        sweeper = asyncio.create_task(_sweep(lobby), name="sweeper")
        stack.callback(sweeper.cancel)
        stack.push_async_callback(lobby.what_if.stop)
        yield lobby


def _join(  # noqa: PLR0913 - the parts that it joins
    configuration: Configuration,
    data: Path,
    clock: Clock,
    service: Service,
    mirror: Mirror,
    announcer: Announcer,
    names: Names,
    *,
    is_secure: bool,
) -> Lobby:
    voice = Voice(announcer.announce, announcer.announce_door)
    views = Views(
        lambda: service.committed,
        clock,
        names,
        public_url=configuration.server.public_url,
        voice=voice.addresses,
        door_voice=voice.door_addresses,
        issuing=lambda: service.health().issuing,
    )
    hub = Hub(
        service.subscribe,
        lambda: service.committed.position,
        lambda position: Heartbeat(position, views.server_time, views.issuing),
        service.since,
        heartbeat_s=configuration.server.feed_heartbeat_s,
        most_of_one=configuration.server.feeds_per_owner,
    )
    leaving: set[asyncio.Task[None]] = set()

    def forget_log_in(log_in: LogIn) -> None:
        hub.close_of(log_in.owner)
        task = asyncio.create_task(_delete_log_in(service, log_in))
        leaving.add(task)
        task.add_done_callback(leaving.discard)

    log_ins = LogIns(
        clock,
        lambda: service.reader,
        idle_min=configuration.server.log_in_idle_min,
        ended=forget_log_in,
    )
    reports: dict[str, list[DeviceReport]] = {}

    def forget_device(device: Device) -> None:
        reports.pop(device.id, None)
        hub.close_of(device.actor)

    lobby = Lobby(
        configuration=configuration,
        data=data,
        clock=clock,
        service=service,
        mirror=mirror,
        announcer=announcer,
        views=views,
        names=names,
        hub=hub,
        devices=Devices(clock, lambda: service.reader, ended=forget_device),
        log_ins=log_ins,
        limits=Limits.by(clock),
        is_secure=is_secure,
        reports=reports,
    )
    for recorded in service.since(max(0, service.committed.position - RECENT)) or ():
        if isinstance(recorded.event, TicketIssued):
            lobby.issued_by[recorded.event.ticket] = recorded.actor
    return lobby


async def _delete_log_in(service: Service, log_in: LogIn) -> None:
    try:
        await service.write(lambda database: accounts.end_log_in(database, log_in.key))
    except Unavailable as error:
        # It is over in memory all the same; its row runs out by itself.
        log.warning("log_in_row_kept", code=error.code)


async def _sweep(lobby: Lobby) -> None:
    warned = ""
    while True:
        day = lobby.configuration.service_day(lobby.clock.now())
        if warned != day:
            warned = day
            _warn_of_certificate(lobby)
        await asyncio.sleep(SWEEP_S)
        lobby.log_ins.sweep()
        await keep_seen(lobby)


async def keep_seen(lobby: Lobby) -> None:
    """End what another process withdrew, and write down when devices were last heard of."""
    seen = lobby.devices.sweep(lobby.hub.owners())
    if seen:
        with suppress(Unavailable):  # told elsewhere; the next round tries again
            await lobby.write(lambda database: accounts.mark_seen(database, seen))


def _warn_of_certificate(lobby: Lobby) -> None:
    ends_at = lobby.certificate_ends_at
    if ends_at is not None and is_ending(ends_at, lobby.views.server_time):
        log.warning("certificate_ends", until=ends_at.isoformat())
