"""The lobby's server over HTTP: what a journey asks of it, and a feed that tells when it is away."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import msgspec
import structlog

from kiosk.answer import UNAUTHORISED, read
from kiosk.asking import JSON, Asking
from kiosk.data import DataError, DataFolder
from kiosk.paper_reports import PaperReports
from kiosk.ports import (
    AnswerLostError,
    Away,
    AwayError,
    BusyError,
    Clock,
    CredentialError,
    LobbyError,
    PrintReport,
    RefusedError,
)
from queue_server.contract import (
    CheckInAsked,
    Credential,
    DeviceReport,
    DevicesAsked,
    Enrol,
    GuideSlip,
    HallInfo,
    Heartbeat,
    Identify,
    IdentifyReply,
    ItineraryAsked,
    JoinAsked,
    SlipDone,
    TicketAsked,
    TicketDone,
    TicketView,
    WhyAsked,
    WhyReply,
)

_log = structlog.get_logger(__name__)

ATTEMPT_TIMEOUT = httpx.Timeout(5.0, connect=2.0)
FEED_TIMEOUT = httpx.Timeout(25.0, connect=2.0)
"""The server's heartbeat comes every 10 s; two may be lost."""
RECONNECT = (0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to find the server again; the last one stays."""
CLOCK_TOLERANCE = 2.0
"""Seconds by which the carried server time may be off before the frame is told."""


def make_client(
    url: str, ca: Path | None, token: str | None, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    """Make the HTTP client. ``ca``: the hospital's own certificate authority."""
    verify = ssl.create_default_context(cafile=str(ca)) if ca is not None else True
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    # No proxy from the environment: a kiosk talks to its own server and to nobody else.
    return httpx.AsyncClient(
        base_url=url, headers=headers, verify=verify, timeout=ATTEMPT_TIMEOUT, trust_env=False, transport=transport
    )


async def enrol(
    url: str, ca: Path | None, code: str, name: str, transport: httpx.AsyncBaseTransport | None = None
) -> Credential:
    """Exchange a one-time code for this kiosk's credential.

    Raises:
        RefusedError: the code is wrong, used or too old.
        AwayError: the server was not reached.
    """
    async with make_client(url, ca, None, transport) as http:
        try:
            answer = await http.post(
                "/api/devices/enrol", content=msgspec.json.encode(Enrol(code=code, name=name)), headers=JSON
            )
        except httpx.TransportError as error:
            raise AwayError(str(error)) from error
        try:
            return read(answer, Credential)
        except (AnswerLostError, BusyError) as error:
            raise AwayError(str(error)) from error


def _lasting(hall: HallInfo) -> HallInfo:
    """What of a hall is worth keeping over a restart: all but the moment."""
    return msgspec.structs.replace(hall, server_time=_NEVER, position=0, issuing=True)


_NEVER = datetime.min.replace(tzinfo=UTC)


class LobbyClient:
    """The ``Lobby`` port. ``run`` keeps in touch with the server for as long as the kiosk is on.

    Args:
        http: from ``make_client``.
        folder: where outcomes of paper wait until the server has them.
        clock: for pauses.
    """

    def __init__(self, http: httpx.AsyncClient, folder: DataFolder, clock: Clock) -> None:
        self._http = http
        self._asking = Asking(http, clock)
        self._folder = folder
        self._clock = clock
        self._away: Away | None = Away.UNREACHED
        self._away_since: datetime | None = None
        self._hall = folder.hall()
        self._heard: tuple[datetime, float] | None = None
        """The server's time, and when by our clock it said so."""
        self._version = 0
        self._news = asyncio.Event()
        self._paper = PaperReports(self._asking, folder, clock, lambda: self.online)
        self._devices: list[DeviceReport] = []
        self._devices_to_tell = asyncio.Event()

    # -- in touch

    @property
    def online(self) -> bool:
        """See ``Lobby``."""
        return self._away is None

    @property
    def away_because(self) -> Away | None:
        """See ``Lobby``."""
        return self._away

    @property
    def away_since(self) -> datetime | None:
        """See ``Lobby``."""
        return self._away_since

    @property
    def hall(self) -> HallInfo | None:
        """See ``Lobby``."""
        return self._hall

    @property
    def version(self) -> int:
        """See ``Lobby``."""
        return self._version

    def now(self) -> datetime:
        """The server's time, carried forward from its last word; the machine's own before the first."""
        if self._hall is None or self._heard is None:
            return datetime.now().astimezone()
        moment, at = self._heard
        zone = timezone(timedelta(minutes=self._hall.utc_offset_min))
        return (moment + timedelta(seconds=self._clock.now() - at)).astimezone(zone)

    async def changed(self, since: int) -> None:
        """See ``Lobby``."""
        while self._version == since:
            self._news.clear()
            await self._news.wait()

    def _tell(self, away: Away | None) -> None:
        """Let everybody know how things stand; ``None``: numbers can be had."""
        if away is not self._away:
            if away is None:
                _log.info("server_in_reach", online=True)
            else:
                _log.warning("server_away", online=False, error=away.value)
            self._away_since = None if away is None or self._heard is None else self.now()
        self._away = away
        self._version += 1
        self._news.set()
        if away is None:
            self._paper.in_reach()
        if self._is_in_touch:
            self._devices_to_tell.set()  # a server that was away may have begun anew and know nothing of them

    @property
    def _is_in_touch(self) -> bool:
        return self._away in {None, Away.NOT_ISSUING}

    async def run(self) -> None:
        """Keep in touch: learn the hall, settle what is open about paper, listen; begin again when contact is lost."""
        reporting = [asyncio.ensure_future(one) for one in (self._paper.run(), self._keep_devices_told())]
        attempt = 0
        try:
            while True:
                try:
                    hall = await self._asking.get("/api/kiosk/hall", HallInfo)
                    self._hear(hall)
                    await self._paper.look()
                    self._tell(self._issues(hall))
                    attempt = 0
                    await self._listen()
                    away = Away.UNREACHED
                except CredentialError:
                    away = Away.NOT_ENROLLED  # revoked; it may be given back
                except LobbyError as error:
                    _log.debug("no_contact", attempt=attempt, exception_type=type(error).__name__)
                    away = Away.UNREACHED
                if away is not self._away or self._version == 0:
                    self._tell(away)
                await self._clock.sleep(RECONNECT[min(attempt, len(RECONNECT) - 1)])
                attempt += 1
        finally:
            for task in reporting:
                task.cancel()
            await asyncio.gather(*reporting, return_exceptions=True)

    def _hear(self, hall: HallInfo) -> None:
        if self._hall is None or _lasting(hall) != _lasting(self._hall):
            try:
                self._folder.keep_hall(hall)
            except DataError as error:
                _log.error("hall_not_kept", exception_type=type(error).__name__)  # a restart then knows less at first
        self._hall = hall
        self._heard = hall.server_time, self._clock.now()

    @staticmethod
    def _issues(said: HallInfo | Heartbeat) -> Away | None:
        return None if said.issuing else Away.NOT_ISSUING

    async def _listen(self) -> None:
        """Follow the feed until it ends."""
        try:
            async with self._http.stream("GET", "/api/kiosk/feed", timeout=FEED_TIMEOUT) as answer:
                if answer.status_code in UNAUTHORISED:
                    raise CredentialError(f"The server answered {answer.status_code}.")
                if not answer.is_success:
                    raise AwayError(f"The feed answered {answer.status_code}.")
                async for event, data in _events(answer.aiter_lines()):
                    if event == "heartbeat":
                        self._beat(data)
        except httpx.TransportError as error:
            raise AwayError(str(error)) from error

    def _beat(self, data: str) -> None:
        """Follow the server's clock, and whether it issues numbers."""
        try:
            beat = msgspec.json.decode(data, type=Heartbeat)
        except msgspec.DecodeError:
            _log.warning("heartbeat_unreadable")
            return
        if self._hall is None:
            return
        is_off = abs((beat.server_time - self.now()).total_seconds()) > CLOCK_TOLERANCE
        if is_off:
            self._hear(msgspec.structs.replace(self._hall, server_time=beat.server_time))
        away = self._issues(beat)
        if is_off or away is not self._away:
            self._tell(away)

    # -- questions and commands

    def new_intent(self) -> str:
        """See ``Lobby``."""
        return str(uuid.uuid4())

    async def identify(self, asked: Identify) -> IdentifyReply:
        """See ``Lobby``."""
        return await self._asking.ask("POST", "/api/kiosk/identify", msgspec.json.encode(asked), IdentifyReply)

    async def check_in(self, intent: str, person: str, appointment: str) -> TicketView:
        """See ``Lobby``."""
        asked = CheckInAsked(command_id=uuid.UUID(intent), person=person, appointment=appointment)
        return await self._issued("/api/kiosk/check-in", asked)

    async def join(self, intent: str, queue: str, person: str | None, registration: str | None) -> TicketView:
        """See ``Lobby``."""
        asked = JoinAsked(command_id=uuid.UUID(intent), queue=queue, person=person, registration=registration)
        return await self._issued("/api/kiosk/join", asked)

    async def rejoin(self, intent: str, ticket: str) -> TicketView:
        """See ``Lobby``."""
        asked = TicketAsked(command_id=uuid.UUID(intent), ticket=ticket, reason="patient")
        return (await self._asking.post("/api/kiosk/rejoin", asked, TicketDone)).ticket

    async def ticket(self, ticket: str) -> TicketView:
        """See ``Lobby``."""
        return await self._asking.get(f"/api/kiosk/tickets/{ticket}", TicketView)

    async def why(self, one: str, other: str) -> WhyReply:
        """See ``Lobby``."""
        return await self._asking.ask("POST", "/api/kiosk/why", msgspec.json.encode(WhyAsked(one, other)), WhyReply)

    async def look_ahead(self, person: str) -> GuideSlip:
        """See ``Lobby``."""
        return await self._asking.get(f"/api/kiosk/itinerary/{person}/ahead", GuideSlip)

    async def guide_slip(self, person: str) -> GuideSlip:
        """See ``Lobby``."""
        return await self._asking.get(f"/api/kiosk/itinerary/{person}", GuideSlip)

    async def take_slip(self, intent: str, person: str, orders: Sequence[str]) -> GuideSlip:
        """See ``Lobby``."""
        asked = ItineraryAsked(command_id=uuid.UUID(intent), person=person, orders=list(orders))
        try:
            slip = (await self._asking.post("/api/kiosk/itinerary", asked, SlipDone)).slip
        except AnswerLostError:
            self._paper.answer_lost()
            raise
        self._paper.given(stop.ticket for stop in slip.stops)
        return slip

    async def _issued(self, path: str, asked: CheckInAsked | JoinAsked) -> TicketView:
        """Have a number issued.

        Raises:
            LobbyError: as ``Asking.post``.
        """
        try:
            ticket = (await self._asking.post(path, asked, TicketDone)).ticket
        except AnswerLostError:
            self._paper.answer_lost()
            raise
        self._paper.given([ticket.ticket])
        return ticket

    # -- what became of paper

    def settle_print(self, ticket: str, outcome: PrintReport, *, reprint: bool) -> None:
        """See ``Lobby``."""
        self._paper.settle(ticket, outcome, reprint=reprint)

    def visit_over(self) -> None:
        """See ``Lobby``."""
        self._paper.visit_over()

    # -- how the devices are

    def tell_devices(self, devices: Sequence[DeviceReport]) -> None:
        """See ``Lobby``."""
        self._devices = list(devices)
        self._devices_to_tell.set()

    async def _keep_devices_told(self) -> None:
        """Tell the present, whenever it changed and whenever the server is found again; never what has passed."""
        while True:
            await self._devices_to_tell.wait()
            self._devices_to_tell.clear()
            if not self._devices or not self._is_in_touch:
                continue
            body = msgspec.json.encode(DevicesAsked(self._devices))
            try:
                await self._asking.repeat("POST", "/api/kiosk/devices", body, type(None))
            except RefusedError as refused:
                _log.warning("devices_refused", code=refused.problem.code)
            except LobbyError as error:
                _log.debug("devices_not_told", exception_type=type(error).__name__)
                await self._clock.sleep(RECONNECT[-1])  # nothing else wakes this while the feed lives
                self._devices_to_tell.set()


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    """Read server-sent events (WHATWG HTML, section 9.2): yield (event, data)."""
    event = "message"
    data: list[str] = []
    async for line in lines:
        if not line:
            if data:
                yield event, "\n".join(data)
            event, data = "message", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            event = value
        elif field == "data":
            data.append(value)
