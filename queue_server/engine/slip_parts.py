"""A guide slip 检查检验指引单 as the state keeps it: its stops, the order they are in now, and what was done."""

from __future__ import annotations

from typing import Literal

import msgspec

from queue_server.engine.itinerary import Leg


class SlipStop(msgspec.Struct, frozen=True, gc=False):
    """A stop with the facts that its order brought. Moments are UTC microseconds.

    Attributes:
        stop: the order's id; of a return to the doctor the visit's ticket.
        ticket: the ticket with which it is done.
        kind: an order, or the return to the doctor with the results.
        needs: the stops and orders that have to be done before, with their results.
        fasting: nothing may be eaten before it.
        breaks_fast: something is eaten or drunk at it.
        full_bladder: the patient drinks before it.
        ready_at: not before this moment, because the preparation takes so long; 0: at any time.
        slot_start: the booked slot, where there is one.
        result_min: how long after it its result is there.
        for_doctor: it is an exam or a blood draw, so the return to the doctor comes after it.
        returns: of a return, how often the ticket had come back when the slip was issued.
    """

    stop: str
    ticket: str
    kind: Literal["order", "visit"]
    needs: tuple[str, ...] = ()
    fasting: bool = False
    breaks_fast: bool = False
    full_bladder: bool = False
    ready_at: int = 0
    slot_start: int | None = None
    result_min: int = 0
    for_doctor: bool = False
    returns: int = 0


class Slip(msgspec.Struct, frozen=True, gc=False):
    """One person's slip of the day.

    Attributes:
        stops: all of them, in the order in which they came onto the slip.
        legs: those that are left, in the present order; the patient is called at the first and nowhere else.
        done: the stops that are over, each with the moment its result is there (0: it will have none).
        opens_at: when the first one is ready, while only time stands before it.
        ended_at: when nothing was left.
        touched: the log position of the last event that changed it.
    """

    id: str
    person: str
    issued_at: int
    stops: tuple[SlipStop, ...]
    legs: tuple[Leg, ...] = ()
    done: tuple[tuple[str, int], ...] = ()
    opens_at: int | None = None
    ended_at: int | None = None
    touched: int = 0

    def stop(self, key: str) -> SlipStop:
        """The stop of this id.

        Raises:
            KeyError: the slip has no such stop.
        """
        for one in self.stops:
            if one.stop == key:
                return one
        raise KeyError(key)
