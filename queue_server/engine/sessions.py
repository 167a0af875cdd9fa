"""Which clinic session a ticket belongs to, now that time has passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queue_server.engine.entries import Ticket
    from queue_server.engine.site import ClinicSession
    from queue_server.engine.state import State


def session_id_of(ticket: Ticket) -> str | None:
    """The session in which the ticket goes on: its own, or the one it was moved to."""
    return ticket.continues_in or ticket.session


def session_of(state: State, ticket: Ticket) -> ClinicSession | None:
    """The session in which the ticket's patient is or would be seen now.

    Whoever was missed in a morning that has ended comes back into the afternoon, as those who waited have moved there.
    """
    session = state.sessions.get(session_id_of(ticket) or "")
    if session is None or session.id not in state.ended or session.period != "morning":
        return session
    clinic = state.index.clinics.get(session.clinic) if state.index else None
    if clinic is None or clinic.leftovers != "afternoon_head":
        return session
    return afternoon_of(state, session) or session


def afternoon_of(state: State, session: ClinicSession) -> ClinicSession | None:
    """The afternoon that follows a morning: the same clinic's, queue's and doctor's (or pool's), and open."""
    return min(
        (
            other
            for other in state.sessions.values()
            if (other.clinic, other.queue, other.doctor, other.day)
            == (session.clinic, session.queue, session.doctor, session.day)
            and other.period == "afternoon"
            and other.status == "open"
        ),
        key=lambda other: (other.starts_at, other.id),
        default=None,
    )


def doctor_of(state: State, ticket: Ticket) -> str | None:
    """In whose list the ticket is called now: its session may have got another doctor while the patient was away."""
    session = session_of(state, ticket)
    return ticket.doctor if session is None or ticket.assigned else session.doctor
