"""The screens of waiting, in no language: for an answer, and for money or paper that moves."""

from __future__ import annotations

from kiosk.screen import Action, Drawing, Kind, Screen
from kiosk.words import Words, say


def wait_screen(title: Words, drawing: Drawing = Drawing.NONE) -> Screen:
    """What is being waited for."""
    return Screen(Kind.WAIT, title, lead=say("wait.lead"), detail=say("wait.long"), drawing=drawing, home=False)


def moving_screen(
    title: Words, lead: Words, drawing: Drawing, *, acts: bool = False, unwanted: Action | None = None
) -> Screen:
    """Money or paper moves: what to do now, and what is happening.

    ``acts``: the patient has something to do, and so is not told to be patient. ``unwanted``: how to end it.
    """
    return Screen(
        Kind.PROGRESS,
        title,
        lead=lead,
        detail=None if acts else say("wait.long"),
        drawing=drawing,
        secondary=unwanted,
        home=False,
    )
