"""Two consoles at one station: a command that means somebody else is refused, and nobody is settled by mistake."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine import commands as c
from queue_server.engine.site import Text
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment, small_site


def ready(next_means: str = "ask") -> Lobby:
    site = small_site()
    stations = [msgspec.structs.replace(one, next_means=next_means) for one in site.stations]
    lobby = Lobby(msgspec.structs.replace(site, stations=stations))
    lobby.do("07:50", c.OpenStation("s1", "nurse", "d-lin"))
    for i in range(4):
        lobby.issue("08:40", c.CheckIn(appointment(f"a{i}", f"p{i}", "im-lin-am", "09:00")))
    return lobby


def test_two_that_press_next_at_once_call_one_patient():
    lobby = ready("seen")
    first = lobby.call("09:00", "s1")
    lobby.do("09:10", c.CallNext("s1", current=first.id))
    refused = lobby.refused("09:10", c.CallNext("s1", current=first.id))
    assert refused.code == "moved_on"
    assert refused.message == Text(
        "列表已变化，没有执行：现在是 A002。请看清后再操作。",
        "The list has changed and nothing was done: it is A002 now. Please look again.",
    )
    assert lobby.state.stations["s1"].current == refused.ticket == "t00002"
    assert lobby.state.tickets["t00002"].status == "called"


def test_a_miss_that_comes_late_misses_nobody_else():
    lobby = ready()
    first = lobby.call("09:00", "s1")
    lobby.do("09:01", c.MarkMissed("s1", first.id))
    assert (
        lobby.refused("09:01", c.MarkMissed("s1", first.id)).message.zh
        == "列表已变化，没有执行：现在没有叫到的患者。请看清后再操作。"
    )
    lobby.do("09:02", c.CallNext("s1", current=None))
    assert lobby.refused("09:02", c.MarkMissed("s1", first.id)).code == "moved_on"
    assert lobby.state.tickets["t00002"].status == "called"


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (c.Recall("s1"), "called"),
        (c.MarkMissed("s1"), "missed"),
        (c.StartService("s1"), "serving"),
        (c.CallNext("s1", "seen"), "finished"),
    ],
)
def test_who_does_not_say_whom_it_means_is_not_compared(command, status):
    lobby = ready()
    first = lobby.call("09:00", "s1")
    lobby.do("09:01", command)
    assert lobby.ticket(first).status == status
