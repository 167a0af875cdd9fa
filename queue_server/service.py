"""A command's way: decide, append, publish.

One loop thread keeps two states folded by the same ``evolve``. ``ahead`` is what ``decide`` reads: it holds everything
decided. ``committed`` is what everything shown reads: it advances only when the writer reports a commit. An answer
leaves after the commit, and so does a refusal that rests on something not yet committed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import structlog
from sqlite_utils import Database

from queue_server import contract
from queue_server.clock import SECOND, Clock, StepGuard
from queue_server.commits import STOPPING, Commits, Conflict, Unavailable
from queue_server.engine.commands import AssignRoom, CallNext, Command, ConfirmClock, Tick
from queue_server.engine.context import Context
from queue_server.engine.due import next_due
from queue_server.engine.events import Called, Event, Recorded, RoomAssigned, RoomLeft, Stamped, TicketIssued, Undone
from queue_server.engine.lobby import decide
from queue_server.engine.refusals import Refusal, refusal
from queue_server.engine.site import Text
from queue_server.engine.state import State
from queue_server.log import people, snapshots, triage_notes
from queue_server.log.binding import sqlite3
from queue_server.log.data import DataDirectory
from queue_server.log.errors import LogUnusableError, sentence_for
from queue_server.log.event_log import Outcome, Write
from queue_server.log.id_filter import IdFilter
from queue_server.log.maintenance import check_file
from queue_server.log.people import People, PersonRecord
from queue_server.log.sqlite import SqliteLog
from queue_server.log.triage_notes import TriageNote
from queue_server.subscription import Subscription

T = TypeVar("T")

SYSTEM = "system"
"""The actor of the server's own commands."""

CLOCK_SLACK_US = 2 * SECOND
"""A clock that is set back by less than this is taken to stand still: time servers correct by a little all the time."""

TICK_AT_LEAST_EVERY_US = 60 * SECOND
RECENT = 4_096
"""The events kept in memory for feeds that resume."""
_TICKER_FAILED = Text(
    "服务器的定时任务出错，到点的事项不再执行。请重新启动服务器并联系维护人员。",
    "The server's timer failed, so nothing that is due happens. Restart the server and tell its maintainers.",
)
_CLOCK_CODES = frozenset({"clock_behind", "clock_jump"})

_log = structlog.get_logger(__name__)

__all__ = ["RECENT", "SYSTEM", "Conflict", "Service", "Subscription", "Unavailable"]


class Service:
    """The lobby in operation. Make it with ``start``; use it in the event loop's thread only.

    Attributes:
        committed: the state as committed; read only.
        people: names and identities, for this thread.
        reader: a read-only database connection for this thread, for accounts and reports.
        clock: the clock by which everything is decided.
        available: set while the log can be written; await it to hear when a failed disk is back.
    """

    def __init__(self, data: DataDirectory, site: str, clock: Clock) -> None:
        self.clock = clock
        self._data = data
        self._site = site
        self._guard = StepGuard(clock)
        self._clock_refusal: Refusal | None = None
        self._failure: Text | None = None
        self._day_problem: Text | None = None
        self._stopping = False
        self._subscribers: set[Subscription] = set()
        self._recent: deque[Recorded] = deque(maxlen=RECENT)
        self._commits = Commits(self._open_for_writing, self._publish)
        self._ticker: asyncio.Task[None] | None = None

    @property
    def committed(self) -> State:
        """The state as committed; read only."""
        return self._commits.committed

    @property
    def available(self) -> asyncio.Event:
        """Set while the log can be written; await it to hear when a failed disk is back."""
        return self._commits.available

    # --- start and stop ----------------------------------------------------------------------------------------------

    @classmethod
    async def start(cls, data: Path, *, site: str, clock: Clock, tick: bool = True) -> Service:
        """Open the log in the directory ``data``, fold it, and begin to decide.

        Args:
            data: the data directory, made when missing.
            site: whose log.
            clock: what tells the time.
            tick: post ``Tick`` when something is due, and at least once a minute.

        Raises:
            LogUnusableError: the log cannot be opened; the sentence says why and what to do.
        """
        directory = DataDirectory.take(data)
        service = cls(directory, site, clock)
        try:
            await service._commits.open()
            await service._check_and_read()
        except BaseException:
            service._commits.abandon()
            directory.release()
            raise
        if tick:
            service._ticker = asyncio.create_task(service._tick(), name="ticker")
            service._ticker.add_done_callback(service._on_ticker_ended)
        return service

    def _open_for_writing(self) -> SqliteLog:
        return SqliteLog(self._data.database, self._site, key=self._data.identity_key)

    async def _check_and_read(self) -> None:
        # The loop's thread folds while another one looks at the file's pages.
        checking = asyncio.create_task(asyncio.to_thread(check_file, self._data.database))
        await asyncio.sleep(0)
        try:
            self._read_log()
        except sqlite3.Error as error:
            await checking
            raise LogUnusableError(f"The log cannot be read. {sentence_for(error).en} {error}") from error
        except LogUnusableError:
            await checking
            raise
        await checking

    def _read_log(self) -> None:
        self._log = SqliteLog(self._data.database, self._site, read_only=True)
        self.reader: Database = self._log.database
        self.people = People(self.reader, self._data.identity_key)
        self._commits.begin_at(snapshots.fold(self._log))
        self._recent.extend(self._log.read(max(0, self.committed.position - RECENT)))
        self._ids = IdFilter(self._log.command_ids())

    async def stop(self) -> None:
        """Finish the batch in hand, keep a snapshot, and give the log up. Commands from now on are refused."""
        if self._stopping:
            return
        self._stopping = True
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.wait({self._ticker})
        await self._commits.finish()
        for subscription in list(self._subscribers):
            subscription.close()
        self._log.close()
        self._data.release()

    # --- commands ----------------------------------------------------------------------------------------------------

    async def submit(
        self,
        command: Command,
        *,
        actor: str,
        command_id: str,
        digest: str = "",
        expires_at: int | None = None,
        people: Sequence[PersonRecord] = (),
        note: TriageNote | None = None,
    ) -> contract.Done | Refusal:
        """Carry out ``command`` once, however often it is sent.

        Args:
            command: what is asked.
            actor: who asks: a device or a member of staff.
            command_id: the id that the client made (UUID).
            digest: a digest of the request's body, by which a repeat is told from another request.
            expires_at: the moment after which it must not be carried out any more, UTC microseconds.
            people: personal data to write in the same transaction.
            note: what goes with a level of triage into an erasable table, in the same transaction.

        Returns:
            the recorded outcome once it is durable, or why it was refused.

        Raises:
            Conflict: the id was used for another body.
            Unavailable: it was not carried out, because the log cannot be written or the server stops.
        """
        if (before := await self.repeated(actor=actor, command_id=command_id, digest=digest)) is not None:
            return before
        self._commits.check()
        now = self._now()
        if expires_at is not None and now > expires_at:
            return refusal("expired")
        events = self._decide(command, actor, now)
        if isinstance(events, Refusal):
            return await self._commits.refuse(events)
        decided = self._commits.fold(events, actor, command_id, now)
        decided.people, decided.note = people, note
        position = self._commits.ahead.position
        self._ids.add(command_id)
        return await self._commits.send_for(decided, Outcome(digest, position, _ticket_of(command, events)))

    async def repeated(self, *, actor: str, command_id: str, digest: str) -> contract.Done | Refusal | None:
        """The answer of a command that was sent before; ``None`` for a new one, whose facts are then worth finding.

        Raises:
            Conflict: the id was used for another body.
            Unavailable: the log cannot be read, or the server stops.
        """
        if (answer := self._commits.in_flight(actor, command_id, digest)) is not None:
            return await answer
        if self._stopping:
            raise Unavailable("stopping", STOPPING)
        if (outcome := self._recorded(actor, command_id)) is None:
            return None
        if outcome.digest != digest:
            raise Conflict(command_id)
        return contract.Done(UUID(command_id), outcome.position, outcome.ticket)

    def _recorded(self, actor: str, command_id: str) -> Outcome | None:
        if command_id not in self._ids:
            return None
        try:
            return self._log.outcome(actor, command_id)
        except sqlite3.Error as error:
            raise Unavailable("log_unavailable", sentence_for(error)) from error

    def _now(self) -> int:
        now = self.clock.now()
        last = self._commits.ahead.now
        return last if last - CLOCK_SLACK_US < now < last else now

    def _decide(self, command: Command, actor: str, now: int) -> list[Event] | Refusal:
        if self._was_set() and not isinstance(command, ConfirmClock):
            result: list[Event] | Refusal = refusal("clock_jump", position=self._commits.ahead.position)
        else:
            result = decide(self._commits.ahead, command, Context(now, actor, _new_id, _secret))
        self._clock_refusal = result if isinstance(result, Refusal) and result.code in _CLOCK_CODES else None
        if self._clock_refusal is None:
            self._guard.believe()
        return result

    def _was_set(self) -> bool:
        # After a start nothing is known of before; then the engine's own limits hold.
        site = self._commits.ahead.site
        return site is not None and self._guard.ahead() > site.max_clock_step_min * 60 * SECOND

    async def write(self, run: Callable[[Database], T], *, truncate: bool = False) -> T:
        """Run ``run`` within the writer's next transaction and return what it returned, once durable.

        It is called in the writer's thread with the writer's connection: it must only execute statements, and must
        touch neither the log's tables nor anything of this thread. When it raises, its changes alone are undone and
        the error comes out here.

        Args:
            run: what to do.
            truncate: empty the write-ahead log after the commit.

        Raises:
            Unavailable: nothing was written.
        """
        if self._stopping:
            raise Unavailable("stopping", STOPPING)
        self._commits.check()
        work = Write(run, truncate)
        await self._commits.write(work)
        if work.error is not None:
            raise work.error
        result: T = work.result
        return result

    async def erase_person(self, person: str) -> bool:
        """Delete everything that is known about ``person``, from the file's bytes too; whether there was anything.

        Raises:
            Unavailable: nothing was erased.
        """
        return await self.write(lambda database: people.erase(database, person), truncate=True)

    async def erase_ticket(self, ticket: str) -> bool:
        """Delete the triage notes of one ticket, from the file's bytes too; whether there were any.

        So an unknown patient's go, whom no reference leads to.

        Raises:
            Unavailable: nothing was erased.
        """
        return await self.write(lambda database: triage_notes.erase_of_ticket(database, ticket), truncate=True)

    # --- what others read --------------------------------------------------------------------------------------------

    def subscribe(self) -> Subscription:
        """Everything committed from now on. Close it, or use it as a context manager."""
        subscription = Subscription(self.committed.position, self._subscribers.discard)
        self._subscribers.add(subscription)
        return subscription

    def since(self, position: int) -> list[Recorded] | None:
        """The committed events after ``position``; ``None`` when they are no longer in memory: show the present."""
        if position > self.committed.position:
            return None
        missing = self.committed.position - position
        if missing > len(self._recent):
            return None
        return list(self._recent)[len(self._recent) - missing :]

    def report_day(self, problem: Text | None) -> None:
        """Say in ``health`` why the service day, its sessions or the configuration are not kept; ``None``: they are."""
        self._day_problem = problem

    def health(self) -> contract.Health:
        """Whether commands are carried out, and if not, why; a day that is not kept stops none of them."""
        problem: contract.Problem | None = None
        if (suspended := self._commits.suspended) is not None:
            problem = _problem("log_unavailable", suspended.message)
        elif self._clock_refusal is not None:
            problem = _problem(self._clock_refusal.code, self._clock_refusal.message)
        elif self._failure is not None:
            problem = _problem("timer_failed", self._failure)
        elif self._stopping:
            problem = _problem("stopping", STOPPING)
        issuing = problem is None
        day = _problem("day_not_kept", self._day_problem) if self._day_problem is not None else None
        return contract.Health(
            issuing=issuing,
            position=self.committed.position,
            server_time=datetime.fromtimestamp(self.clock.now() / SECOND, UTC),
            problem=problem or day,
            warnings=[] if day is None else [day.message],
        )

    def _publish(self, news: list[Recorded]) -> None:
        self._recent.extend(news)
        for subscription in list(self._subscribers):
            subscription.offer(news)

    # --- time --------------------------------------------------------------------------------------------------------

    async def _tick(self) -> None:
        ticked = self.clock.now()
        while True:
            now = self.clock.now()
            due = next_due(self._commits.ahead)
            # Looks again every second: any command may bring something due earlier.
            await self.clock.sleep_until(due if due is not None and now < due < now + SECOND else now + SECOND)
            now = self.clock.now()
            ticked = min(ticked, now)
            due = next_due(self._commits.ahead)
            if self._commits.suspended is None and (
                now - ticked >= TICK_AT_LEAST_EVERY_US or (due is not None and due <= now)
            ):
                ticked = now
                self._post_tick()

    def _post_tick(self) -> None:
        was = self._clock_refusal
        now = self._now()
        events = self._decide(Tick(), SYSTEM, now)
        if isinstance(events, Refusal):
            if was is None:
                _log.warning("no time passes", code=events.code, position=self.committed.position)
        elif events:
            self._commits.send(self._commits.fold(events, SYSTEM, str(uuid4()), now))

    def _on_ticker_ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.critical("the ticker failed: nothing due happens any more", exc_info=error)
            self._failure = _TICKER_FAILED


def _new_id() -> str:
    return secrets.token_hex(8)


def _secret() -> str:
    return secrets.token_urlsafe(16)


def _ticket_of(command: Command, events: list[Event]) -> str | None:
    """The ticket that the command made or called, else the one it changed; not one that merely became due.

    Of a call that only settled the one before, because nobody else was waiting, it is none.
    """
    for event in reversed(events):
        if isinstance(event, TicketIssued | Called):
            return event.ticket
    if isinstance(command, CallNext):
        return None
    if isinstance(command, AssignRoom):
        return command.ticket
    for event in reversed(events):
        if isinstance(event, Undone):
            return event.tickets[0] if event.tickets else None
        if not isinstance(event, Stamped | RoomAssigned | RoomLeft) and getattr(event, "due_at", None) is None:
            ticket: str | None = getattr(event, "ticket", None)
            if ticket is not None:
                return ticket
    return None


def _problem(code: str, message: Text) -> contract.Problem:
    return contract.Problem(
        type=f"urn:houzhen:problem:{code}",
        title=message.en,
        status=503,
        code=code,
        message=contract.Text(message.zh, message.en),
    )
