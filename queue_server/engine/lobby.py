"""The lobby: commands become events or a refusal, and events become the state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from queue_server.engine import (
    absences,
    assigning,
    calling,
    checkin,
    closures,
    commands,
    days,
    desk,
    due,
    follow,
    guiding,
    moving,
    slips,
    transfers,
    triaging,
)
from queue_server.engine.branch import branch
from queue_server.engine.context import Context
from queue_server.engine.events import ClockConfirmed, Event
from queue_server.engine.evolve import evolve
from queue_server.engine.publish import published
from queue_server.engine.refusals import Refusal
from queue_server.engine.state import State

__all__ = ["Context", "decide", "evolve"]

_Handler: TypeAlias = Callable[[State, Any, Context], list[Event] | Refusal]


def _tick(_state: State, _command: commands.Tick, _ctx: Context) -> list[Event] | Refusal:
    return []


_HANDLERS: dict[type, _Handler] = {
    commands.ActivateConfiguration: days.activate,
    commands.OpenDay: days.open_day,
    commands.UpdateSessions: days.update_sessions,
    commands.CheckIn: checkin.check_in,
    commands.CheckInWalkIn: checkin.check_in_walk_in,
    commands.CheckInOrder: slips.check_in_order,
    commands.IssueItinerary: slips.issue,
    commands.PlanItinerary: slips.plan_again,
    commands.OpenStation: calling.open_station,
    commands.CloseStation: calling.close_station,
    commands.CallNext: calling.call_next,
    commands.Recall: calling.recall,
    commands.MarkMissed: calling.mark_missed,
    commands.Rejoin: desk.rejoin,
    commands.StartService: calling.start_service,
    commands.Finish: calling.finish,
    commands.Cancel: desk.cancel,
    commands.Triage: triaging.triage,
    commands.MergeIdentity: triaging.merge_identity,
    commands.ReportPrint: desk.report_print,
    commands.RecordPaperCall: desk.record_paper_call,
    commands.Pick: calling.pick,
    commands.SendForExams: calling.send_for_exams,
    commands.ReturnWithResults: absences.return_with_results,
    commands.StepAway: absences.step_away,
    commands.StepBack: absences.step_back,
    commands.Transfer: transfers.transfer,
    commands.AssignDoctor: transfers.assign,
    commands.AssignRoom: assigning.assign_room,
    commands.Postpone: moving.postpone,
    commands.GrantCredit: moving.grant_credit,
    commands.MoveForward: moving.move_forward,
    commands.ReleaseSession: closures.release,
    commands.NoteUnkept: closures.note_unkept,
    commands.PauseQueue: closures.pause,
    commands.ResumeQueue: closures.resume,
    commands.Broadcast: closures.broadcast,
    commands.EndBroadcast: closures.end_broadcast,
    commands.Undo: desk.take_back,
    commands.Tick: _tick,
}


def decide(state: State, command: commands.Command, ctx: Context) -> list[Event] | Refusal:
    """What ``command`` brings about, without changing ``state``.

    What is due comes first, whatever the command. A refusal carries nothing with it: what is due then comes with the
    next command or ``Tick``. An empty list is a command that had nothing to change.

    Args:
        state: as folded from the log.
        command: one of ``commands.Command``.
        ctx: the moment and the makers of fresh ids.
    """
    confirms = isinstance(command, commands.ConfirmClock)
    refused = days.check_clock(state, ctx.now, confirms=confirms)
    if refused is not None:
        return refused
    if confirms:
        confirmed = ClockConfirmed(before=state.now, now=ctx.now)
        work = branch(state)
        follow.follow(work, ctx, confirmed)
        work, emitted = due.emit(work, ctx)
        return [
            confirmed,
            *published(work, [*emitted, *assigning.follow_up(work, [confirmed, *emitted], [], ctx)], ctx),
        ]
    work, emitted = due.emit(state, ctx)
    decided = _HANDLERS[type(command)](work, command, ctx)
    if isinstance(decided, Refusal):
        return decided
    decided = [*decided, *guiding.follow_up(work, decided, ctx)]
    to_rooms = assigning.follow_up(work, emitted, decided, ctx)
    return published(work, [*emitted, *decided, *to_rooms], ctx)
