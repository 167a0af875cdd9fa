"""How the call displays are, for administrators."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency

from queue_server import contract as c
from queue_server.api.lobby import Lobby
from queue_server.boards import BoardTrouble


class DisplayView(msgspec.Struct, frozen=True):
    """A call display."""

    name: str
    stations: list[c.Choice]
    """Whose calls it shows."""
    text: str
    """What is to stand on it."""
    shown: Literal["pending", "shown", "sent", "superseded", "refused"] | None
    """What became of the text; ``sent``: this board answers nothing, so nobody knows. ``None``: not in use yet."""
    trouble: BoardTrouble | None
    since: datetime
    """Since when its device is in its present state."""
    error: str | None = None
    """Why, by the drivers' name for it (docs/call-displays.md), which the page has a sentence for in both languages."""
    message: str | None = None
    """The same in one English sentence for whoever looks after the devices."""


@get("/displays", sync_to_thread=False)
def list_displays(lobby: NamedDependency[Lobby]) -> list[DisplayView]:
    """Every call display that is configured: what is to stand on it, whether it does, and what is wrong."""
    if lobby.boards is None:
        return []
    names = {one.id: c.Text(one.name.zh, one.name.en) for one in lobby.configuration.site.stations}
    now = time.monotonic()
    return [
        DisplayView(
            view.device.info.name,
            [c.Choice(one, names[one]) for one in view.stations],
            view.text,
            None if view.shown is None else view.shown.value,
            view.trouble,
            lobby.views.server_time - timedelta(seconds=max(0.0, now - view.device.since)),
            view.error,
            view.message,
        )
        for view in lobby.boards.views()
    ]
