"""What the demo page shows of the lobby."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from virtual_lobby.faults import FAULTS
from virtual_lobby.lobby import HALL

if TYPE_CHECKING:
    from queue_server.hospital.sample import SampleCard
    from virtual_lobby.lobby import Lobby

NEWEST_PAPERS = 6
_SHINES = ("灭 out", "亮 on", "慢闪 slow", "快闪 quick")
"""How a light of the cabinet shines, by its pattern's number."""


class Shown:
    """The lobby as the page shows it."""

    def __init__(self, lobby: Lobby) -> None:
        self._lobby = lobby

    async def everything(self) -> dict[str, Any]:
        """All of it, as JSON values."""
        reader, printer, cabinet = await asyncio.gather(
            *(one.ask("status") for one in (self._lobby.reader, self._lobby.printer, self._lobby.cabinet))
        )
        lights = [_SHINES[pattern] for pattern, _ in cabinet["lights"]]
        return {
            "clock": f"{self._lobby.clock.now():%Y-%m-%d %H:%M:%S}",
            "kiosk": "none" if self._lobby.display is None else "virtual" if self._lobby.display.rfb else "window",
            "laid": self._lobby.laid,
            "cards": [self._card(card) for card in self._lobby.cards],
            "faults": [
                {"id": one.id, "zh": one.zh, "en": one.en, "on": self._lobby.switched[one.id]} for one in FAULTS
            ],
            "reader": self._device(reader, f"卡片 card: {reader.get('card', '?')} · 灯 light: {lights[0]}"),
            "printer": self._device(
                printer,
                f"纸 paper: {printer.get('paper', '?')} · 已打印 printed: {printer['tickets']} · 灯 light: {lights[1]}",
            ),
            "papers": sorted((path.name for path in self._lobby.papers.glob("*.png")), reverse=True)[:NEWEST_PAPERS],
            "power": self._power(),
            "addresses": self.addresses(),
            "trouble": self._lobby.trouble,
        }

    def _card(self, card: SampleCard) -> dict[str, Any]:
        return {
            "id": card.patient,
            "name": card.face.name,
            "note": self._lobby.notes[card.patient],
            "story": card is self._lobby.cards[0],
        }

    @staticmethod
    def _device(status: dict[str, Any], text: str) -> dict[str, Any]:
        if not status.get("plugged", True):
            return {"text": "已拔线 unplugged", "bad": True}
        return {"text": text, "bad": bool(status.get("offline"))}

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
