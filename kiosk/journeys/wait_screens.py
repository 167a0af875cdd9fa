"""The screen of waiting, in no language."""

from __future__ import annotations

from kiosk.screen import Drawing, Kind, Screen
from kiosk.words import Words, say


def wait_screen(title: Words, drawing: Drawing = Drawing.NONE) -> Screen:
    """What is being waited for."""
    return Screen(Kind.WAIT, title, lead=say("wait.lead"), detail=say("wait.long"), drawing=drawing, home=False)
