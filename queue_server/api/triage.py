"""Triage at the nurse desk: findings become an assessment, and a nurse's decision a level and a place.

The assessment is support for a decision: nothing of it is stored until a nurse confirms or overrides it. What was
measured and the reason in words go to an erasable table beside the log; the level alone is in the log.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from queue_server import contract as c
from queue_server.api.guards import require_staff, staff_of
from queue_server.api.lobby import Lobby
from queue_server.api.problems import ProblemError
from queue_server.engine import commands, queries
from queue_server.engine.entries import Ticket
from queue_server.engine.triage import Assessment, assess
from queue_server.engine.triage_decision import Decision, confirm, override, rank_again, reassess_due, respond_again
from queue_server.engine.triage_findings import Findings, Refused
from queue_server.engine.triage_findings import Problem as Wrong
from queue_server.engine.triage_form import Scores, TriageForm, form_of, scores_of
from queue_server.engine.triage_table import TriageTable, decimal
from queue_server.log.triage_notes import TriageNote, notes_of
from queue_server.views import words

Call = Request[Any, Any, Any]

Reason = Annotated[str, msgspec.Meta(max_length=500)]
"""A few sentences."""


class AssessAsked(msgspec.Struct, frozen=True):
    """What was measured and seen. Nothing of it is stored."""

    findings: Findings

    def __repr__(self) -> str:
        """Without the findings: this object may meet a log."""
        return "AssessAsked(<redacted>)"


class AssessReply(msgspec.Struct, frozen=True):
    """What the table says of the findings, with both early warning scores beside it."""

    assessment: Assessment
    scores: Scores


class TriageAsked(c.Asked, frozen=True, kw_only=True):
    """Give a waiting ticket its level.

    Without ``level`` the suggestion for these findings is confirmed; another level needs a ``reason`` in words.
    """

    ticket: str
    findings: Findings
    level: str | None = None
    reason: Reason | None = None
    channel: str | None = None

    def __repr__(self) -> str:
        """Without anything about the person: this object may meet a log."""
        return f"TriageAsked(ticket={self.ticket!r}, <redacted>)"


class IdentityAsked(c.Asked, frozen=True, kw_only=True):
    """The unknown patient of ``ticket`` is ``person``, a reference as ``/api/desk/find`` gives it."""

    ticket: str
    person: str


class NoteView(msgspec.Struct, frozen=True):
    """What was found and why, of one triage of a ticket."""

    at: datetime
    by: str
    level: str
    findings: Findings
    reason: str | None

    def __repr__(self) -> str:
        """Without anything about the person: this object may meet a log."""
        return "NoteView(<redacted>)"


class EmergencyView(msgspec.Struct, frozen=True):
    """Who waits in the emergency queues, in the order of the calls. Alarms are with the desk's other waits."""

    waiting: list[c.TicketRow]
    position: int
    server_time: datetime


@get("/form", sync_to_thread=False)
def form(lobby: NamedDependency[Lobby]) -> TriageForm:
    """What can be measured, ticked and chosen; the emergency queues that give numbers."""
    queues = [queue for queue in lobby.configuration.site.queues if queue.triage]
    return form_of(_table(lobby), queues)


@get("/waiting", sync_to_thread=False)
def waiting(lobby: NamedDependency[Lobby]) -> EmergencyView:
    """Who waits in the emergency queues."""
    state = lobby.service.committed
    queues = [queue.id for queue in lobby.configuration.site.queues if queue.triage]
    rows = [lobby.views.row(ticket) for queue in queues for ticket in queries.queue_in_order(state, queue)]
    return EmergencyView(rows, state.position, lobby.views.server_time)


@post("/assess", status_code=200, sync_to_thread=False)
def assess_findings(lobby: NamedDependency[Lobby], data: JSONBody[AssessAsked]) -> AssessReply:
    """What the table suggests, and by which findings. Nothing is stored."""
    table = _table(lobby)
    return AssessReply(_assessment(table, data.findings), scores_of(table, data.findings))


@post("/", status_code=200)
async def give_level(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[TriageAsked]) -> c.TicketDone:
    """Confirm the suggested level, or give another one with a reason."""
    table = _table(lobby)
    note = TriageNote(msgspec.json.encode(data.findings, order="sorted").decode(), data.reason)

    async def find() -> commands.Triage:
        now = max(lobby.clock.now(), lobby.service.committed.now)
        decision = _decision(table, data, now)
        return _command(table, lobby.ticket(data.ticket), decision)

    # Of vital signs and words not even a digest stays: what was measured could be tried until the digest fits.
    told = msgspec.structs.replace(data, findings=Findings(), reason=None)
    return lobby.ticket_done(
        await lobby.submit_found(commands.Triage, find, told, staff_of(request).actor, note),
    )


@post("/identity", status_code=200)
async def merge_identity(request: Call, lobby: NamedDependency[Lobby], data: JSONBody[IdentityAsked]) -> c.TicketDone:
    """An unknown patient is known now."""

    async def find() -> commands.MergeIdentity:
        if lobby.service.people.get(data.person) is None:
            raise ProblemError("unknown_person")
        return commands.MergeIdentity(data.ticket, data.person)

    done = await lobby.submit_found(commands.MergeIdentity, find, data, staff_of(request).actor)
    return lobby.ticket_done(done)


@get("/notes/{ticket:str}", sync_to_thread=False)
def notes(lobby: NamedDependency[Lobby], ticket: FromPath[str]) -> list[NoteView]:
    """What was found and why, of every triage of a ticket of today; what was erased is gone."""
    lobby.ticket(ticket)
    kept = notes_of(lobby.service.reader, lobby.configuration.site.id, ticket)
    return [
        NoteView(
            lobby.views.moment(note.at),
            note.actor,
            note.level,
            msgspec.json.decode(note.findings, type=Findings),
            note.reason,
        )
        for note in kept
    ]


def _table(lobby: Lobby) -> TriageTable:
    if lobby.configuration.triage is None:
        raise ProblemError("no_triage")
    return lobby.configuration.triage


def _assessment(table: TriageTable, findings: Findings) -> Assessment:
    found = assess(table, findings)
    if isinstance(found, Refused):
        raise _refused(table, found)
    return found


def _decision(table: TriageTable, asked: TriageAsked, now: int) -> Decision:
    found = _assessment(table, asked.findings)
    if asked.level is None:
        decision = confirm(table, found, at=now, channel=asked.channel)
    else:
        decision = override(table, found, asked.level, asked.reason or "", at=now, channel=asked.channel)
    if isinstance(decision, Refused):
        raise _refused(table, decision)
    return decision


def _command(table: TriageTable, ticket: Ticket, decision: Decision) -> commands.Triage:
    tier, key = rank_again(table, decision.level, decision.at, ticket.triage)
    return commands.Triage(
        ticket=ticket.id,
        level=decision.level,
        suggested=decision.suggested,
        tier=tier,
        key=key,
        respond_by=respond_again(table, decision.level, decision.at, ticket.triage),
        reassess_at=reassess_due(table, decision.level, decision.at),
        channel=decision.channel,
        overridden=decision.overridden,
        version=decision.version,
    )


def _refused(table: TriageTable, refused: Refused) -> ProblemError:
    """The refusal as a problem: by the first reason, with every field. What was entered is not repeated."""
    fields = tuple(_field(table, wrong) for wrong in refused.problems)
    code = refused.problems[0].code
    said = c.Text("".join(field.message.zh for field in fields), " ".join(field.message.en for field in fields))
    detail = "; ".join(
        f"{field.field}: must be {field.low} to {field.high}"
        if field.low is not None
        else f"{field.field}: {field.code}"
        for field in fields
    )
    return ProblemError(code, detail=detail, words={"fields": said}, fields=fields)


def _field(table: TriageTable, wrong: Wrong) -> c.FieldProblem:
    measure = table.measures.get(wrong.field)
    if measure is None or wrong.low is None or wrong.high is None:
        return c.FieldProblem(wrong.field, wrong.code, ProblemError(wrong.code).problem().message)
    low, high = decimal(wrong.low, measure.decimals), decimal(wrong.high, measure.decimals)
    name, unit = words(measure.name), words(measure.unit)
    message = c.Text(
        f"{name.zh}应在 {low}–{high} {unit.zh}".rstrip() + "。",
        f"{name.en[:1].upper()}{name.en[1:]} lies between {low} and {high} {unit.en}".rstrip() + ".",
    )
    return c.FieldProblem(wrong.field, wrong.code, message, wrong.low, wrong.high)


router = Router(
    "/api/desk/triage",
    guards=[require_staff("nurse", "administrator")],
    tags=["triage"],
    route_handlers=[form, waiting, assess_findings, give_level, merge_identity, notes],
)
