"""What staff are told of the devices, in the words of their own pages: asked of the server, as those pages are."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from virtual_lobby.client import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from virtual_lobby.client import LobbyClient
    from virtual_lobby.device_words import Words

PAUSE_SECONDS = 2.0


class StaffNews:
    """The troubles that staff are told of.

    Args:
        words: the pages' words, ``words.json``.

    Attributes:
        told: a sentence in Chinese and English, by the name of the device in trouble.
    """

    def __init__(self, words: Path) -> None:
        self.told: dict[str, Words] = {}
        self._words: Mapping[str, Mapping[str, str]] = json.loads(words.read_text(encoding="utf-8"))

    async def follow(self, administrator: LobbyClient) -> None:
        """Ask again and again. A server whose power is cut is asked until it is back."""
        while True:
            try:
                devices = await administrator.get("/api/admin/devices")
                displays = await administrator.get("/api/admin/displays")
            except (RefusedError, TimeoutError):
                continue
            finally:
                await asyncio.sleep(PAUSE_SECONDS)
            self.take(devices, displays)

    def take(self, devices: list[dict[str, Any]], displays: list[dict[str, Any]]) -> None:
        """Take what the server said of kiosks and of call displays."""
        reports = [report for device in devices for report in device["reports"] if report["trouble"] is not None]
        told = {report["name"]: self._of_part(report["kind"], report["trouble"]) for report in reports}
        silent = [display for display in displays if display["trouble"] is not None]
        told |= {display["name"]: self._of_display(display) for display in silent}
        self.told = told

    def _of_part(self, kind: str, trouble: str) -> Words:
        sentence, part = self._words[f"kiosks.trouble.{trouble}"], self._words[f"kiosks.part.{kind}"]
        return sentence["zh"].format(part=part["zh"]), sentence["en"].format(part=part["en"])

    def _of_display(self, display: Mapping[str, Any]) -> Words:
        unknown = self._words[f"displays.why.{display['trouble']}"]
        sentence = self._words.get(f"displays.why.{display['error']}", unknown)
        at = display["since"][11:16]  # the minute of an ISO moment
        return sentence["zh"].format(time=at), sentence["en"].format(time=at)
