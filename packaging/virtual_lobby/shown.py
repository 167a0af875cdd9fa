"""What the demo page shows of the lobby."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from virtual_lobby.call_boards import BOARDS
from virtual_lobby.cards import MEANS
from virtual_lobby.device_words import words_of
from virtual_lobby.faults import DEVICES
from virtual_lobby.morning import HALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queue_server.hospital.sample import SampleCard
    from virtual_lobby.call_boards import CallBoard
    from virtual_lobby.faults import Device
    from virtual_lobby.lobby import Lobby

    Status = Mapping[str, Any]

NEWEST_PAPERS = 6


class Shown:
    """The lobby as the page shows it."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    async def everything(self) -> dict[str, Any]:
        """All of it, as JSON values."""
        statuses = await self._lobby.devices.statuses()
        return {
            "clock": f"{self._lobby.clock.now():%Y-%m-%d %H:%M:%S}",
            "kiosk": "none" if self._lobby.display is None else "virtual" if self._lobby.display.rfb else "window",
            "means": [
                {"id": means, "zh": zh, "en": en, "missing": self._lobby.devices.missing.get(reader, "")}
                for means, zh, en, reader in MEANS
            ],
            "laid": self._lobby.hands.lies(statuses),
            "cards": [self._card(card) for card in self._lobby.morning.cards],
            "devices": [self._device(device, statuses) for device in DEVICES],
            "boards": [self._board(board, statuses[board.name]) for board in BOARDS],
            "papers": sorted((path.name for path in self._lobby.devices.papers.glob("*.png")), reverse=True)[
                :NEWEST_PAPERS
            ],
            "power": self._power(),
            "addresses": self.addresses(),
            "trouble": self._lobby.trouble,
        }

    def _card(self, card: SampleCard) -> dict[str, Any]:
        return {
            "id": card.patient,
            "name": card.face.name,
            "note": list(self._lobby.morning.notes[card.patient]),
            "story": card is self._lobby.morning.cards[0],
        }

    def _device(self, device: Device, statuses: Mapping[str, Status]) -> dict[str, Any]:
        shown: dict[str, Any] = {"id": device.name, "zh": device.zh, "en": device.en, "faults": [], "bad": False}
        status = statuses.get(device.name)
        if status is None:
            lack = self._lobby.devices.missing.get(device.name, "")
            return shown | {"text": ["本机没有", f"not on this machine: {lack}"], "missing": True}
        shown["told"] = self._lobby.news.told.get(device.name)
        shown["faults"] = [{"id": one.id, "zh": one.zh, "en": one.en, "on": one.is_on(status)} for one in device.faults]
        if not status["plugged"]:
            return shown | {"text": ["已拔线", "unplugged"], "bad": True}
        return shown | {
            "text": list(words_of(device.name, status, statuses["cabinet"])),
            "bad": any(one["on"] for one in shown["faults"]),
        }

    @staticmethod
    def _board(board: CallBoard, status: Status) -> dict[str, Any]:
        return {
            "id": board.name,
            "zh": board.zh,
            "en": board.en,
            "text": status["shows"] if status["powered"] else "",
            "scrolls": status["scrolls"],
            "lit": status["powered"],
            "wire": status["wire"],
        }

    def _power(self) -> dict[str, Any]:
        if self._lobby.is_cut:
            return _power_text("服务器已断电，正在恢复", "The server is down and coming back", bad=True, busy=True)
        if self._lobby.last_count is None:
            done = len(self._lobby.acknowledged())
            return _power_text(f"至今已确认 {done} 条", f"{done} commands acknowledged so far")
        count = self._lobby.last_count
        return _power_text(count.in_chinese(), count.sentence(), bad=not count.holds)

    def addresses(self) -> list[dict[str, str]]:
        """Where everything is, and the generated log-ins."""
        return [
            {"name": "叫号台 Station", "url": f"{self._lobby.url}/station"},
            {"name": "分诊台 Desk", "url": f"{self._lobby.url}/desk"},
            {"name": "大屏 Board", "url": f"{self._lobby.url}/board/{HALL}"},
            {"name": "管理 Admin", "url": f"{self._lobby.url}/admin"},
            {"name": "护士 Nurse", "secret": f"{self._lobby.nurse.name} / {self._lobby.nurse.password}"},
            {
                "name": "管理员 Administrator",
                "secret": f"{self._lobby.administrator.name} / {self._lobby.administrator.password}",
            },
        ]


def _power_text(zh: str, en: str, *, bad: bool = False, busy: bool = False) -> dict[str, Any]:
    return {"zh": zh, "en": en, "bad": bad, "busy": busy}
