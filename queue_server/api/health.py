"""Whether the server issues numbers: for monitoring, kiosks and pages; nothing about anybody."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.di import NamedDependency

from queue_server import contract as c
from queue_server.api.lobby import Lobby


@get("/health", tags=["health"], sync_to_thread=False)
def health(lobby: NamedDependency[Lobby]) -> c.Health:
    """Whether numbers are issued; where not, ``problem`` says why. Answers 200 either way: the server does answer."""
    return msgspec.structs.replace(lobby.service.health(), server_time=lobby.views.server_time)
