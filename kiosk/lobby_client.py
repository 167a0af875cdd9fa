"""The lobby's server over HTTP: commands that are repeated until answered, and a feed that tells when it is away."""

from __future__ import annotations

import asyncio
import ssl
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TypeVar

import httpx
import msgspec
import structlog

from kiosk.data import DataError, DataFolder
from kiosk.ports import AnswerLostError, AwayError, Clock, CredentialError, PrintReport, RefusedError
from queue_server.contract import (
    CheckInAsked,
    Credential,
    Done,
    Enrol,
    HallInfo,
    Identify,
    IdentifyReply,
    JoinAsked,
    PrintAsked,
    Problem,
    TicketAsked,
    TicketDone,
    TicketView,
)

_log = structlog.get_logger(__name__)
_Reply = TypeVar("_Reply")

ATTEMPT_TIMEOUT = httpx.Timeout(5.0, connect=2.0)
FEED_TIMEOUT = httpx.Timeout(25.0, connect=2.0)
"""The server's heartbeat comes every 10 s; two may be lost."""
PAUSES = (0.3, 1.0, 2.0)
"""Seconds between repeats of a command whose answer was lost."""
RECONNECT = (0.5, 1.0, 2.0, 5.0)
"""Seconds between attempts to find the server again; the last one stays."""
CLOCK_TOLERANCE = 2.0
"""Seconds by which the carried server time may be off before the frame is told."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_UNAUTHORISED = frozenset({httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN})


class _Heartbeat(msgspec.Struct):
    server_time: datetime | None = None


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
                "/api/devices/enrol", content=msgspec.json.encode(Enrol(code=code, name=name)), headers=_JSON
            )
        except httpx.TransportError as error:
            raise AwayError(str(error)) from error
        return _read(answer, Credential)


_JSON = {"Content-Type": "application/json"}


def _read(answer: httpx.Response, kind: type[_Reply]) -> _Reply:
    """Read an answer; a problem document becomes an error."""
    if answer.is_success:
        return msgspec.json.decode(answer.content, type=kind)
    if answer.status_code in _UNAUTHORISED:
        raise CredentialError(f"The server answered {answer.status_code}.")
    try:
        problem = msgspec.json.decode(answer.content, type=Problem)
    except msgspec.DecodeError as error:
        raise AwayError(f"The server answered {answer.status_code} without saying why.") from error
    raise RefusedError(problem)


class LobbyClient:
    """The ``Lobby`` port. ``run`` keeps in touch with the server for as long as the kiosk is on.

    Args:
        http: from ``make_client``.
        folder: where outcomes of paper wait until the server has them.
        clock: for pauses.
    """

    def __init__(self, http: httpx.AsyncClient, folder: DataFolder, clock: Clock) -> None:
        self._http = http
        self._folder = folder
        self._clock = clock
        self._online = False
        self._hall: HallInfo | None = None
        self._hall_heard = 0.0
        self._version = 0
        self._news = asyncio.Event()
        self._unsettled = folder.prints()
        self._to_settle = asyncio.Event()

    # -- in touch

    @property
    def online(self) -> bool:
        """See ``Lobby``."""
        return self._online

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
        if self._hall is None:
            return datetime.now().astimezone()
        zone = timezone(timedelta(minutes=self._hall.utc_offset_min))
        return (self._hall.server_time + timedelta(seconds=self._clock.now() - self._hall_heard)).astimezone(zone)

    async def changed(self, since: int) -> None:
        """See ``Lobby``."""
        while self._version == since:
            self._news.clear()
            await self._news.wait()

    def _tell(self, *, online: bool) -> None:
        if online != self._online:
            _log.info("server_in_reach" if online else "server_away", online=online)
        self._online = online
        self._version += 1
        self._news.set()

    async def run(self) -> None:
        """Keep in touch: learn the hall, settle what is open about paper, listen; begin again when contact is lost."""
        settling = asyncio.ensure_future(self._settle())
        asked_pending = False
        attempt = 0
        try:
            while True:
                try:
                    self._hear(await self._get("/api/kiosk/hall", HallInfo))
                    if not asked_pending:
                        await self._ask_pending()
                        asked_pending = True
                    self._tell(online=True)
                    self._to_settle.set()
                    attempt = 0
                    await self._listen()
                except CredentialError:
                    _log.error("not_enrolled", attempt=attempt)  # revoked; it may be given back
                except (AwayError, AnswerLostError, RefusedError) as error:
                    _log.debug("no_contact", attempt=attempt, exception_type=type(error).__name__)
                if self._online or self._version == 0:
                    self._tell(online=False)
                await self._clock.sleep(RECONNECT[min(attempt, len(RECONNECT) - 1)])
                attempt += 1
        finally:
            settling.cancel()
            await asyncio.gather(settling, return_exceptions=True)

    def _hear(self, hall: HallInfo) -> None:
        self._hall = hall
        self._hall_heard = self._clock.now()

    async def _listen(self) -> None:
        """Follow the feed until it ends."""
        try:
            async with self._http.stream("GET", "/api/kiosk/feed", timeout=FEED_TIMEOUT) as answer:
                if answer.status_code in _UNAUTHORISED:
                    raise CredentialError(f"The server answered {answer.status_code}.")
                if not answer.is_success:
                    raise AwayError(f"The feed answered {answer.status_code}.")
                async for event, data in _events(answer.aiter_lines()):
                    if event == "heartbeat":
                        self._adjust_time(data)
        except httpx.TransportError as error:
            raise AwayError(str(error)) from error

    def _adjust_time(self, data: str) -> None:
        try:
            moment = msgspec.json.decode(data, type=_Heartbeat).server_time
        except msgspec.DecodeError:
            _log.warning("heartbeat_unreadable")
            return
        if moment is None or self._hall is None:
            return
        if abs((moment - self.now()).total_seconds()) > CLOCK_TOLERANCE:
            self._hear(msgspec.structs.replace(self._hall, server_time=moment))
            self._tell(online=True)

    # -- questions and commands

    def new_intent(self) -> str:
        """See ``Lobby``."""
        return str(uuid.uuid4())

    async def identify(self, asked: Identify) -> IdentifyReply:
        """See ``Lobby``."""
        return await self._post("/api/kiosk/identify", asked, IdentifyReply)

    async def check_in(self, intent: str, person: str, appointment: str) -> TicketView:
        """See ``Lobby``."""
        asked = CheckInAsked(command_id=uuid.UUID(intent), person=person, appointment=appointment)
        return (await self._post("/api/kiosk/check-in", asked, TicketDone)).ticket

    async def join(self, intent: str, queue: str, person: str | None, registration: str | None) -> TicketView:
        """See ``Lobby``."""
        asked = JoinAsked(command_id=uuid.UUID(intent), queue=queue, person=person, registration=registration)
        return (await self._post("/api/kiosk/join", asked, TicketDone)).ticket

    async def rejoin(self, intent: str, ticket: str) -> TicketView:
        """See ``Lobby``."""
        asked = TicketAsked(command_id=uuid.UUID(intent), ticket=ticket, reason="patient")
        return (await self._post("/api/kiosk/rejoin", asked, TicketDone)).ticket

    async def ticket(self, ticket: str) -> TicketView:
        """See ``Lobby``."""
        return await self._get(f"/api/kiosk/tickets/{ticket}", TicketView)

    async def _get(self, path: str, kind: type[_Reply]) -> _Reply:
        return await self._repeat("GET", path, None, kind)

    async def _post(self, path: str, asked: msgspec.Struct, kind: type[_Reply]) -> _Reply:
        return await self._repeat("POST", path, msgspec.json.encode(asked), kind)

    async def _repeat(self, method: str, path: str, body: bytes | None, kind: type[_Reply]) -> _Reply:
        """Ask, and ask again with the same bytes while the answer is lost.

        Raises:
            AwayError: no attempt reached the server.
            AnswerLostError: one may have.
        """
        maybe_heard = False
        for pause in (*PAUSES, None):
            try:
                return _read(await self._http.request(method, path, content=body, headers=_JSON), kind)
            except _NOT_SENT as error:
                lost: httpx.TransportError = error
            except httpx.TransportError as error:
                lost, maybe_heard = error, True
            if pause is None:
                break
            await self._clock.sleep(pause)
        if maybe_heard and body is not None:
            raise AnswerLostError(type(lost).__name__) from lost
        raise AwayError(type(lost).__name__) from lost

    # -- what became of paper

    def settle_print(self, ticket: str, outcome: PrintReport, *, reprint: bool) -> None:
        """See ``Lobby``."""
        asked = PrintAsked(command_id=uuid.uuid4(), ticket=ticket, outcome=outcome, reprint=reprint)
        self._unsettled.append(asked)
        self._keep()
        self._to_settle.set()

    def _keep(self) -> None:
        try:
            self._folder.keep_prints(self._unsettled)
        except DataError as error:
            # The outcome is still held in memory, and a restart would ask about the ticket as pending.
            _log.error("prints_not_kept", exception_type=type(error).__name__, pending=len(self._unsettled))

    async def _ask_pending(self) -> None:
        """After a start: of tickets whose paper nobody knows of, tell the server just that."""
        known = {asked.ticket for asked in self._unsettled}
        for view in await self._get("/api/kiosk/pending-prints", list[TicketView]):
            if view.ticket not in known:
                self.settle_print(view.ticket, "unknown", reprint=False)

    async def _settle(self) -> None:
        """Report outcomes of paper, one after the other, whenever the server is in reach."""
        while True:
            await self._to_settle.wait()
            self._to_settle.clear()
            while self._unsettled and self._online:
                asked = self._unsettled[0]
                try:
                    await self._post("/api/kiosk/print", asked, Done)
                except (AwayError, AnswerLostError, CredentialError):
                    break
                except RefusedError as refused:
                    _log.warning("print_report_refused", code=refused.problem.code)
                    if refused.problem.status >= httpx.codes.INTERNAL_SERVER_ERROR:
                        break
                self._unsettled.remove(asked)
                self._keep()


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
