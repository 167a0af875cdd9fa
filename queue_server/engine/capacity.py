"""Room in a clinic session: its limit, and the places in it that are kept for referrals."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from queue_server.engine.booking import kept_for_referrals
from queue_server.engine.entries import REFERRAL
from queue_server.engine.refusals import Refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from queue_server.engine.site import ClinicSession
    from queue_server.engine.state import State


class Room(NamedTuple):
    """What is left of a session: places for anybody, and beside them those that only a referral may take."""

    anybody: int
    referrals: int

    def admits(self, *, referral: bool) -> bool:
        """Whether one more may come."""
        return self.anybody > 0 or (referral and self.referrals > 0)

    def without(self, *, referral: bool) -> Room:
        """The room after one more: a referral takes a kept place first, so that the others lose none to it."""
        if referral and self.referrals > 0:
            return Room(self.anybody, self.referrals - 1)
        return Room(self.anybody - 1, self.referrals)


def room_in(state: State, session: ClinicSession, now: int) -> Room | None:
    """The room in a session at ``now`` (UTC microseconds); ``None``: it has no limit.

    A kept place is a referral's whatever became of the rest: patients over the limit (加号) do not take it.
    """
    if not session.limit:
        return None
    issued = state.per_session.get(session.id, 0)
    rules = state.index.site.booking if state.index else None
    if rules is None or not rules.referral_percent:
        return Room(session.limit - issued, 0)
    kept = sum(kept_for_referrals(rules, session, slot, now) for slot in range(max(1, len(session.slots))))
    left = max(0, kept - state.referred.get(session.id, 0))
    return Room(session.limit - issued - left, left)


def no_room(state: State, session: ClinicSession, credits: Iterable[str], now: int) -> Refusal | None:  # noqa: A002 - the field's name
    """Why nobody with these credits gets a number of the session any more; ``None``: there is room."""
    room = room_in(state, session, now)
    if room is None or state.index is None or room.admits(referral=REFERRAL in credits):
        return None
    return refusal("kept_for_referrals" if room.referrals else "limit_reached", desk=state.index.site.desk)


def room_for(state: State, session: ClinicSession, each: Iterable[bool], now: int) -> int | None:
    """How many of several more may come into the session; ``None``: all of them.

    Args:
        state: the lobby.
        session: where they are to go.
        each: of every one of them, whether it is a referral.
        now: UTC microseconds.
    """
    room = room_in(state, session, now)
    if room is None:
        return None
    found, is_short = 0, False
    for referral in each:
        if room.admits(referral=referral):
            found, room = found + 1, room.without(referral=referral)
        else:
            is_short = True
    return found if is_short else None
