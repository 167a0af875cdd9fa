"""Two states, and everything on its way from one to the other.

``ahead`` holds everything decided and is what ``decide`` reads; ``committed`` is what everything shown reads. Both are
folded by the same ``evolve`` in the loop's thread; the writer's thread says when a batch is durable. When a batch
fails, it and all that was decided on top of it is refused, and ``ahead`` begins again from ``committed``.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

import structlog

from queue_server import contract
from queue_server.engine.events import Event, Recorded
from queue_server.engine.lobby import evolve
from queue_server.engine.refusals import Refusal
from queue_server.engine.site import Text
from queue_server.engine.state import State, copy
from queue_server.log import snapshots
from queue_server.log.errors import UNKNOWN_OUTCOME, WRITER_ENDED, CommitUnknownError, LogError, LogUnusableError
from queue_server.log.event_log import Decided, Outcome, Write
from queue_server.log.sqlite import SqliteLog
from queue_server.log.writer import Work, Writer

T = TypeVar("T")

ANSWER_WITHIN_S = 10.0
"""How long a client waits for the result of a COMMIT that nobody knows before it is told so."""
_QUIET_TURNS = 2
# Turns of the loop without a decision that are a pause: in the first a request is read, in the second it is decided.
_LONGEST_GATHERED_S = 0.003
# How long commands that never pause are gathered for one transaction. A commit takes about as long.

SNAPSHOT_EVERY = 20_000
"""Events between two snapshots of the state: what a start has to fold at most.

Making one takes a tenth of a second of the loop with a busy day in the state; folding so many takes half a second.
"""

STOPPING = Text(
    "服务器正在停止，没有执行。请稍后再试。", "The server is stopping; this was not carried out. Try again shortly."
)

_log = structlog.get_logger(__name__)


class Unavailable(Exception):  # noqa: N818 - named after the HTTP status it becomes
    """The command was not carried out, or nobody knows yet (``outcome_unknown``). Sending it again is always safe.

    Attributes:
        code: ``log_unavailable``, ``outcome_unknown`` or ``stopping``.
        message: the sentence, in both languages.
    """

    def __init__(self, code: str, message: Text) -> None:
        super().__init__(f"{code}: {message.en}")
        self.code = code
        self.message = message


class Conflict(Exception):  # noqa: N818 - named after the HTTP status it becomes
    """The command id was used before, for something else: a client's mistake. Nothing was carried out."""

    def __init__(self, command_id: str) -> None:
        super().__init__(f"command id {command_id} was used before with another body")
        self.command_id = command_id


@dataclass(slots=True)
class _InFlight:
    """A command on its way to the log, and those who wait for it: each may give up by itself."""

    digest: str
    waiting: list[asyncio.Future[contract.Done]]


@dataclass(slots=True)
class _Held:
    """A refusal that waits until what it rests on is committed."""

    position: int
    refused: asyncio.Future[Refusal]
    because: Refusal = field(repr=False)


class Commits:
    """The two states and the writer between them. Used in the event loop's thread only.

    Args:
        open_log: opens the writing log; called in the writer's thread.
        publish: called with the events of every batch, once they are committed.

    Attributes:
        ahead: everything decided.
        committed: everything durable.
        available: set while the log can be written.
        suspended: why it cannot, else ``None``.
    """

    def __init__(self, open_log: Callable[[], SqliteLog], publish: Callable[[list[Recorded]], None]) -> None:
        self.committed = State()
        self.ahead = State()
        self.available = asyncio.Event()
        self.available.set()
        self.suspended: LogError | None = None
        self._publish = publish
        self._epoch = 0
        self._decided: deque[Decided] = deque()
        self._in_flight: dict[tuple[str, str], _InFlight] = {}
        self._writes: dict[int, tuple[Write, asyncio.Future[None]]] = {}
        self._held: deque[_Held] = deque()
        self._outgoing: list[tuple[Work, int]] = []
        self._snapshot_at = 0
        self._is_ending = False
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._writer = Writer(open_log, _Courier(self, self._loop))

    # --- start and stop ----------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Start the writer and wait until its log is open.

        Raises:
            LogUnusableError: it cannot be opened.
        """
        self._writer.start()
        await self._opened

    def begin_at(self, state: State) -> None:
        """Go on from ``state``, as folded from the log."""
        self.committed = state
        self.ahead = copy(state)
        self._snapshot_at = state.position

    def abandon(self) -> None:
        """End the writer's thread after a start that failed."""
        self._is_ending = True
        self._writer.stop()
        self._writer.join()

    async def finish(self) -> None:
        """Write what waits, keep a snapshot, and end the writer; what could not be written is refused."""
        if self.suspended is None and self.ahead.position > self._snapshot_at:
            waiting = [one for entry in self._in_flight.values() for one in entry.waiting]
            beside = [future for _, future in self._writes.values()]
            await asyncio.gather(*waiting, *beside, return_exceptions=True)
            self._keep_snapshot()
        self._hand_over()
        self._is_ending = True
        self._writer.stop()
        await self._ended
        self._writer.join()
        if isinstance(self.suspended, CommitUnknownError):
            self._refuse_all(Unavailable("outcome_unknown", UNKNOWN_OUTCOME))
        else:
            self._refuse_all(Unavailable("stopping", STOPPING))

    # --- what is on its way ------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Raise unless something may be decided and written now.

        Raises:
            Unavailable: the log cannot be written.
        """
        if self.suspended is not None:
            raise Unavailable("log_unavailable", self.suspended.message)

    def in_flight(self, actor: str, command_id: str, digest: str) -> Awaitable[contract.Done] | None:
        """The answer on its way to the same command, if there is one.

        Raises:
            Conflict: the command on its way has another body.
        """
        entry = self._in_flight.get((actor, command_id))
        if entry is None:
            return None
        if entry.digest != digest:
            raise Conflict(command_id)
        done: asyncio.Future[contract.Done] = self._loop.create_future()
        entry.waiting.append(done)
        return done

    def fold(self, events: list[Event], actor: str, command_id: str, now: int) -> Decided:
        """Fold what was just decided into ``ahead``; ``send`` it next."""
        decided = Decided(actor, command_id, now, self.ahead.position, [], None)
        try:
            for event in events:
                recorded = Recorded(self.ahead.position + 1, now, actor, command_id, event)
                evolve(self.ahead, recorded)
                decided.events.append(recorded)
                decided.rows.add(self.ahead, recorded)
        except BaseException:
            # A half-folded state must not decide anything: go back to what was decided before this command.
            self.ahead = copy(self.committed)
            for earlier in self._decided:
                for recorded in earlier.events:
                    evolve(self.ahead, recorded)
            raise
        self._decided.append(decided)
        return decided

    def send(self, decided: Decided) -> None:
        """Have ``decided`` written; nobody waits for it."""
        self._put(decided)

    def send_for(self, decided: Decided, outcome: Outcome) -> Awaitable[contract.Done]:
        """Have ``decided`` written with its outcome; the answer comes once it is durable."""
        decided.outcome = outcome
        done: asyncio.Future[contract.Done] = self._loop.create_future()
        self._in_flight[decided.actor, decided.command_id] = _InFlight(outcome.digest, [done])
        self.send(decided)
        return done

    async def refuse(self, because: Refusal) -> Refusal:
        """Answer with a refusal: it may rest on a decision not yet in the log, and must not outlive it."""
        if self.ahead.position == self.committed.position:
            return because
        held = _Held(self.ahead.position, self._loop.create_future(), because)
        self._held.append(held)
        return await held.refused

    def write(self, work: Write) -> Awaitable[None]:
        """Have ``work`` written with the next batch."""
        written: asyncio.Future[None] = self._loop.create_future()
        self._writes[id(work)] = (work, written)
        self._put(work)
        return written

    def _put(self, work: Work) -> None:
        # What the loop decides without a pause is handed over together, so that it is one transaction: woken for every
        # command by itself, the writer would take the interpreter from the loop again and again.
        if not self._outgoing:
            self._loop.call_soon(self._hand_over_after, 0, 0, self._loop.time() + _LONGEST_GATHERED_S)
        self._outgoing.append((work, self._epoch))

    def _hand_over_after(self, gathered: int, quiet: int, deadline: float) -> None:
        # A lone command waits for some turns of the loop, not for a time.
        quiet = quiet + 1 if len(self._outgoing) == gathered else 0
        if quiet < _QUIET_TURNS and self._loop.time() < deadline:
            self._loop.call_soon(self._hand_over_after, len(self._outgoing), quiet, deadline)
        else:
            self._hand_over()

    def _hand_over(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if outgoing:
            self._writer.put(outgoing)

    # --- what the writer says, in the loop's thread ------------------------------------------------------------------

    def on_opened(self, error: LogUnusableError | None) -> None:
        """The writer's log is open, or cannot be."""
        if error is None:
            self._opened.set_result(None)
        else:
            self._opened.set_exception(error)

    def on_committed(self, batch: list[Work]) -> None:
        """``batch`` is durable: show it, answer it, publish it."""
        news: list[Recorded] = []
        for work in batch:
            if isinstance(work, Write):
                _settle(self._writes.pop(id(work))[1], None)
                continue
            self._decided.popleft()
            for recorded in work.events:
                evolve(self.committed, recorded)
            news += work.events
            self._answer(work)
        while self._held and self._held[0].position <= self.committed.position:
            held = self._held.popleft()
            _settle(held.refused, held.because)
        if news:
            self._publish(news)
        if self.committed.position - self._snapshot_at >= SNAPSHOT_EVERY:
            self._keep_snapshot()

    def _answer(self, work: Decided) -> None:
        entry = self._in_flight.pop((work.actor, work.command_id), None)
        outcome = work.outcome
        if entry is not None and outcome is not None:
            done = contract.Done(UUID(work.command_id), outcome.position, outcome.ticket)
            for one in entry.waiting:
                _settle(one, done)

    def _keep_snapshot(self) -> None:
        self._snapshot_at = self.committed.position
        if (snapshot := snapshots.take(self.committed)) is not None:
            self._writer.keep(snapshot)

    def on_suspended(self, batch: list[Work], error: LogError) -> None:
        """``batch`` failed: refuse it and all that was decided after it, and decide nothing more."""
        _log.error("log unavailable", reason=str(error), position=self.committed.position)
        self.suspended = error
        self.available.clear()
        self._epoch += 1
        unknown = batch if isinstance(error, CommitUnknownError) else []
        self._refuse_all(Unavailable("log_unavailable", error.message), but=unknown)
        self._decided = deque(work for work in unknown if isinstance(work, Decided))
        self.ahead = copy(self.committed)
        if unknown:
            self._loop.call_later(ANSWER_WITHIN_S, self._give_up_waiting, unknown)

    def on_settled(self, batch: list[Work], *, committed: bool) -> None:
        """The result of a COMMIT that failed is known now."""
        if committed:
            self.on_committed(batch)
            self.ahead = copy(self.committed)
        else:
            self._decided.clear()
            message = self.suspended.message if self.suspended is not None else UNKNOWN_OUTCOME
            self._refuse_all(Unavailable("log_unavailable", message))

    def on_resumed(self) -> None:
        """The probe committed."""
        _log.info("log available again", position=self.committed.position)
        self.suspended = None
        self.available.set()

    def on_stopped(self) -> None:
        """The writer's thread has ended: as it was told to, or by a defect, and then nothing can be kept any more."""
        _settle(self._ended, None)
        if not self._is_ending:
            self.suspended = LogError(WRITER_ENDED)
            _log.critical("log writer ended", reason=str(self.suspended), position=self.committed.position)
            self.available.clear()
            # Some of it may be in the log: the next start folds it, and a repeat is answered from there.
            self._refuse_all(Unavailable("outcome_unknown", UNKNOWN_OUTCOME))
            self._decided.clear()
            self.ahead = copy(self.committed)

    def _give_up_waiting(self, batch: list[Work]) -> None:
        why = Unavailable("outcome_unknown", UNKNOWN_OUTCOME)
        for work in batch:
            if isinstance(work, Write):
                if id(work) in self._writes:
                    _fail(self._writes[id(work)][1], why)
            elif (entry := self._in_flight.get((work.actor, work.command_id))) is not None:
                _fail_all(entry.waiting, why)

    def _refuse_all(self, why: Unavailable, *, but: Sequence[Work] = ()) -> None:
        kept = {(work.actor, work.command_id) for work in but if isinstance(work, Decided)}
        kept_writes = {id(work) for work in but}
        for key in [key for key in self._in_flight if key not in kept]:
            _fail_all(self._in_flight.pop(key).waiting, why)
        for name in [name for name in self._writes if name not in kept_writes]:
            _fail(self._writes.pop(name)[1], why)
        while self._held:
            _fail(self._held.popleft().refused, why)


class _Courier:
    """Carries what the writer says from its thread into the loop's, one callback for each batch."""

    def __init__(self, commits: Commits, loop: asyncio.AbstractEventLoop) -> None:
        self._commits = commits
        self._loop = loop

    def opened(self, error: LogUnusableError | None) -> None:
        self._loop.call_soon_threadsafe(self._commits.on_opened, error)

    def committed(self, batch: list[Work]) -> None:
        self._loop.call_soon_threadsafe(self._commits.on_committed, batch)

    def suspended(self, batch: list[Work], error: LogError) -> None:
        self._loop.call_soon_threadsafe(self._commits.on_suspended, batch, error)

    def settled(self, batch: list[Work], *, committed: bool) -> None:
        self._loop.call_soon_threadsafe(functools.partial(self._commits.on_settled, batch, committed=committed))

    def resumed(self) -> None:
        self._loop.call_soon_threadsafe(self._commits.on_resumed)

    def stopped(self) -> None:
        self._loop.call_soon_threadsafe(self._commits.on_stopped)


def _settle(future: asyncio.Future[T], result: T) -> None:
    # One that was told "outcome unknown" meanwhile has its answer; its client asks again. One that gave up needs none.
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[T], why: Unavailable) -> None:
    if not future.done():
        future.set_exception(why)
        # Whoever asked may have gone; then nobody is left to hear it, and that is no error.
        future.exception()


def _fail_all(futures: list[asyncio.Future[T]], why: Unavailable) -> None:
    for one in futures:
        _fail(one, why)
