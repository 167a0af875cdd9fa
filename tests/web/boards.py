"""A hall's board as a test has it: its calls, and a loudspeaker that says what it was asked to play."""

from __future__ import annotations

import msgspec
from playwright.sync_api import expect

from queue_server import contract as c
from tests.web.fake_lobby import both

BOARD = "/api/board/lobby"
# An Audio that says what it was asked to play; it ends after a second of the page's clock.
LOUDSPEAKER = """() => {
    window.played = [];
    window.Audio = class extends EventTarget {
        constructor(address) { super(); this.address = address; }
        pause() {}
        async play() {
            if (window.soundIsBlocked) throw new DOMException("no gesture yet", "NotAllowedError");
            window.played.push(this.address);
            if (window.soundFails) this.dispatchEvent(new Event("error"));
            else setTimeout(() => this.dispatchEvent(new Event("ended")), 1000);
        }
    };
}"""


def call(position, number, station, *, status="called", repeat=0, name="王*芳", lobby=None):
    room = station.removeprefix("room")
    return c.CallView(
        call=position,
        ticket=f"t-{number}",
        number=number,
        masked_name=name,
        clinic=both("心内科", "Cardiology"),
        room=both(f"{room} 号诊室", f"Room {room}"),
        station=station,
        called_at=lobby.now if lobby else None,
        status=status,
        repeat=repeat,
        voice=[f"/api/board/voice/{number}-{repeat}.wav"],
    )


def upcoming(number, name="李*"):
    return c.NextView(f"t-{number}", number, name, both("心内科", "Cardiology"), None, None)


class Board:
    def __init__(self, lobby):
        self.lobby = lobby
        self.view = c.BoardView(
            hall="lobby",
            name=both("二层候诊大厅", "Second floor hall"),
            hospital=both("市第一医院", "First Hospital"),
            calls=[],
            next_up=[upcoming("A013"), upcoming("B004", "欧**明"), upcoming("A014", "张*"), upcoming("B005", "陈*英")],
            missed=[],
            waiting=23,
            position=lobby.position,
            server_time=lobby.now,
        )
        lobby.views[BOARD] = self.view

    def change(self, **changes):
        position = self.lobby.next_position()
        before = {(each.call, each.repeat) for each in self.view.calls}
        self.view = msgspec.structs.replace(self.view, position=position, **changes)
        fresh = [each for each in self.view.calls if (each.call, each.repeat) not in before]
        told = [c.Change(position, "Called", ticket=each.ticket, number=each.number, call=each) for each in fresh]
        self.lobby.push(BOARD, self.view, *told)

    def call(self, number, station, **more):
        made = call(self.lobby.position + 1, number, station, lobby=self.lobby, **more)
        rest = [each for each in self.view.calls if each.station != station]
        self.change(calls=[made, *rest])
        return made


def settled(board, page):
    """Past the silence after a gap. The feed is open, so that there is no other gap."""
    expect(page.locator("#frame")).to_be_visible()
    board.lobby.wait_for_feeds(1)
    page.clock.run_for(2000)
    return page


def until_shown(page, number):
    expect(page.locator("#pop .number")).to_have_text(number)
