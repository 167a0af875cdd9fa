"""Whether the server issues numbers, and what needs looking after: for monitoring and pages; nothing about anybody."""

from __future__ import annotations

import msgspec
from litestar import get
from litestar.di import NamedDependency

from queue_server import contract as c
from queue_server.api.lobby import Lobby
from queue_server.certificates import is_ending


@get("/health", tags=["health"], sync_to_thread=False)
def health(lobby: NamedDependency[Lobby]) -> c.Health:
    """Whether numbers are issued; where not, ``problem`` says why. Answers 200 either way: the server does answer."""
    of_service = lobby.service.health()
    warnings = [*of_service.warnings, *_of_list(lobby), *_of_certificate(lobby)]
    return msgspec.structs.replace(of_service, server_time=lobby.views.server_time, warnings=warnings)


def _of_list(lobby: Lobby) -> list[c.Text]:
    mirror = lobby.mirror
    if not mirror.has_list:
        return [c.Text("还没有取到医院今天的名单。", "Today's list has not arrived from the hospital yet.")]
    if mirror.failing is None:
        return _of_sessions(len(mirror.complaints))
    # The reason may name machines of the hospital, and anybody may ask here: it is in the server's log.
    as_of = f"{lobby.views.moment(mirror.as_of):%H:%M}"
    return [
        c.Text(
            f"医院系统没有正常应答，名单是 {as_of} 的。原因见服务器日志。",
            f"The hospital's system does not answer properly; the list is of {as_of}. The server's log says why.",
        )
    ]


def _of_sessions(wrong: int) -> list[c.Text]:
    if not wrong:
        return []
    return [
        c.Text(
            f"今天的排班有 {wrong} 个时段不符合规定（过长、重叠或超出门诊时间），照常使用。明细见服务器日志。",
            f"{wrong} slots of today's sessions break the rules: too long, overlapping or outside their session. They "
            "are used all the same. The server's log names them.",
        )
    ]


def _of_certificate(lobby: Lobby) -> list[c.Text]:
    ends_at = lobby.certificate_ends_at
    if ends_at is None or not is_ending(ends_at, lobby.views.server_time):
        return []
    day = f"{ends_at.astimezone(lobby.configuration.zone):%Y-%m-%d}"
    return [
        c.Text(
            f"服务器证书 {day} 到期，请更新证书并重新启动服务器。",
            f"The server's certificate ends on {day}. Renew it and restart the server.",
        )
    ]
