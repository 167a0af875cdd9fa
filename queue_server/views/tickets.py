"""A ticket as its holder sees it, and as a console lists it."""

from __future__ import annotations

from collections.abc import Sequence

from queue_server import contract as c
from queue_server.engine import queries
from queue_server.engine.entries import Ticket
from queue_server.engine.reasons import words_of
from queue_server.engine.record import shown_min
from queue_server.engine.sessions import session_of
from queue_server.engine.stamps import in_force, missed_rule
from queue_server.engine.transitions import AT_A_STATION, LIVE
from queue_server.views.present import Present
from queue_server.views.words import kind_of, maybe_words, words

_AFTER_EXAMS = c.Text(
    "检查后回来，按回诊的规则安排位置。", "Once you are back with results, the rule for that gives your place."
)
_BACK_BY_RULE = c.Text(
    "过号后原来的位置不再保留，重新候诊时按过号的规则安排。",
    "After a miss the former place is no longer kept; the rule for missed patients gives the next one.",
)
_BACK_AS_BEFORE = c.Text("重新候诊时保留原来的排队时刻。", "Once back, the number keeps its queueing moment.")
_BACK_BY_LEVEL = c.Text("回来后仍按分诊级别排队。", "Once back, the place is still that of the level.")


class TicketViews(Present):
    """Tickets, each by itself."""

    def ticket(self, ticket: Ticket, *, with_history: bool = True) -> c.TicketView:
        """A ticket as its holder sees it."""
        state = self.state
        index = self.index
        callers = queries.callers_for(state, ticket)
        ahead = queries.ahead(state, ticket.id, callers)
        cancelled = self._cancelled(ticket)
        paused = cancelled or self._paused(ticket)
        wait = queries.expected_wait(state, ticket.id, callers, self._clock.now())
        return c.TicketView(
            ticket=ticket.id,
            number=ticket.number,
            status=ticket.status,
            hospital=words(index.site.name),
            clinic=self._clinic(ticket),
            doctor=self.doctor(ticket.doctor),
            period=self._period(ticket),
            area=self._area(ticket),
            room=self.room(ticket),
            masked_name=self._names.masked(ticket.person),
            slot_start=self._maybe(ticket.slot_start),
            slot_end=self._maybe(ticket.slot_end),
            ahead=ahead if cancelled is None else None,
            wait=None if wait is None or paused is not None else c.WaitRange(*wait),
            reason=self._reason(ticket),
            issued_at=self.moment(ticket.issued_at),
            printed=ticket.print,
            qr=self.code(ticket),
            position=state.position,
            server_time=self.server_time,
            history=self._history(ticket) if with_history else [],
            wait_at_issue=None if ticket.expected is None else c.WaitRange(*shown_min(ticket.expected)),
            promise=maybe_words(queries.promise(state, ticket.id)),
            back_at=self._maybe(ticket.back_at),
            paused=paused,
            stage=self._stage(ticket),
            door=self._door(ticket),
            door_since=self._maybe(ticket.door_since),
        )

    def code(self, ticket: Ticket) -> str:
        """What the code on a ticket's paper carries."""
        return f"{self._public_url}/t/{ticket.link}" if self._public_url else f"HZ:{ticket.link}"

    def room(self, ticket: Ticket) -> c.Text | None:
        """Where a ticket's holder is to go, once called."""
        room = self._room_of(ticket) if ticket.status in {"called", "serving"} else None
        return words(room.name) if room else None

    def row(self, ticket: Ticket) -> c.TicketRow:
        """A ticket as a console lists it."""
        return c.TicketRow(
            ticket=ticket.id,
            number=ticket.number,
            masked_name=self._names.masked(ticket.person),
            status=ticket.status,
            clinic=self._clinic(ticket),
            doctor=self.doctor(ticket.doctor),
            kind=kind_of(ticket),
            reason=words(ticket.stamp.sentence),
            issued_at=self.moment(ticket.issued_at),
            slot_start=self._maybe(ticket.slot_start),
            called_at=self._maybe(ticket.called_at),
            calls=ticket.calls,
            misses=ticket.misses,
            printed=ticket.print,
            backfilled=ticket.backfilled,
            period=self._period(ticket),
            triage=self._triage(ticket),
            back_at=self._maybe(ticket.back_at),
            by_proxy=ticket.by_proxy,
            extra=None if ticket.extra is None else words(words_of("extra", ticket.extra)),
            stage=self._stage(ticket),
            door=self._door(ticket),
        )

    def live_tickets(self, person: str) -> Sequence[Ticket]:
        """Today's live tickets of somebody."""
        return queries.live_tickets(self.state, person)

    def _triage(self, ticket: Ticket) -> c.TriageView | None:
        held = ticket.triage
        if held is None:
            return None
        return c.TriageView(
            level=held.level,
            is_overridden=held.overridden,
            channel=held.channel,
            at=self.moment(held.at),
            respond_by=self.moment(held.respond_by),
            reassess_since=self._maybe(held.due_since) if ticket.status == "waiting" else None,
        )

    def _reason(self, ticket: Ticket) -> c.Text:
        """Why the ticket stands where it does; whoever has no place just now is told of the next one instead."""
        if ticket.status == "away" and ticket.away == "exams":
            return _AFTER_EXAMS
        if ticket.status != "missed":
            return words(ticket.stamp.sentence)
        if ticket.triage is not None:
            return _BACK_BY_LEVEL
        queue = self.index.queues.get(ticket.queue)
        is_kept = queue is not None and missed_rule(in_force(queue, session_of(self.state, ticket)), 1) is None
        return _BACK_AS_BEFORE if is_kept else _BACK_BY_RULE

    def _paused(self, ticket: Ticket) -> c.Text | None:
        pause = self.state.paused.get(ticket.queue) if ticket.status in LIVE else None
        if pause is None:
            return None
        why = words_of("pause", pause.reason)
        return c.Text(
            f"暂停叫号（{why.zh}），恢复后再估计等候时间",
            f"Nobody is called for now ({why.en}); the wait is estimated again afterwards",
        )

    def _cancelled(self, ticket: Ticket) -> c.Text | None:
        """What the holder of a number does whose session is cancelled (停诊), until the desk has released it."""
        session = session_of(self.state, ticket) if ticket.status in LIVE - AT_A_STATION else None
        if session is None or session.status != "cancelled":
            return None
        desk = self.index.site.desk
        return c.Text(
            f"这个门诊停诊，请到{desk.zh}改到其他门诊或退号。",
            f"This clinic session is cancelled. Please ask at {desk.en} to change to another one or to cancel.",
        )

    def _history(self, ticket: Ticket) -> list[c.HistoryLine]:
        lines = self.state.history.get(ticket.id, ())
        return [c.HistoryLine(self.moment(at), words(sentence)) for at, sentence in lines]
