"""Which of the server's refusals patients may read in its own words."""

from __future__ import annotations

from queue_server.contract import Problem, Text

FOR_PATIENTS = frozenset(
    {
        *(
            "already_checked_in",
            "not_today",
            "too_early",
            "too_late",
            "day_not_open",
            "session_cancelled",
            "session_over",
        ),
        *("unknown_session", "appointment_cancelled", "unknown_appointment", "unknown_registration"),
        *("registration_unpaid", "registration_withdrawn", "registration_needed", "queue_closed", "limit_reached"),
        *(
            "number_missing",
            "number_taken",
            "unknown_ticket",
            "ticket_over",
            "not_missed",
            "list_unavailable",
            "token_unchecked",
        ),
        *("order_unpaid", "order_withdrawn", "order_done", "order_not_today", "unknown_order"),
        *("needs_missing", "needs_in_a_ring", "too_many_stops", "no_stops"),
    }
)
"""Refusals whose sentence the server wrote for patients. All others are for staff, and patients read ours instead."""


def sentence_of(problem: Problem) -> Text | None:
    """Why the server refused, where patients may read it, without the full stop: a title ends without one."""
    if problem.code not in FOR_PATIENTS:
        return None
    return Text(problem.message.zh.removesuffix("。"), problem.message.en.removesuffix("."))
