"""A hand at the kiosk: taps what a patient would tap, and reads what the screen says.

The kiosk under the hand is the real one, drawn without a display; ``kiosk_hand.py`` is the program that runs it.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virtual_lobby.processes import ProgramError, python

if TYPE_CHECKING:
    from virtual_lobby.processes import Programs

ANSWER_SECONDS = 30.0


class Hand:
    """One kiosk and the hand in front of it."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log

    @classmethod
    async def at_kiosk(cls, programs: Programs, configuration: Path, data: Path) -> Hand:
        """Start the kiosk and wait for its first screen.

        Raises:
            ProgramError: it did not come up.
        """
        program = await programs.start(
            "kiosk",
            python(str(Path(__file__).with_name("kiosk_hand.py")), "--config", str(configuration), "--data", str(data)),
            announces=True,
            keyboard=True,
            environment={"QT_QUICK_BACKEND": "software"},
        )
        return cls(program.process, program.log)

    async def _order(self, **order: Any) -> Any:  # noqa: ANN401 -- JSON
        if self._process.stdin is None or self._process.stdout is None:
            raise ProgramError("the kiosk has no hand")
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), ANSWER_SECONDS)
        except TimeoutError as error:
            raise ProgramError(f"the kiosk did not answer to {order}") from error
        if not line:
            raise ProgramError(f"the kiosk ended:\n{self._log.read_text(encoding='utf-8')[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise ProgramError(f"the kiosk's hand could not {order}: {answer['error']}")
        return answer

    async def tap(self, name: str) -> None:
        """Touch the item called ``name`` in its middle, as soon as it is there and at rest."""
        await self._order(order="tap", name=name)

    async def screen(self, kind: str, *, without: str = "") -> list[str]:
        """Wait until the screen of ``kind`` stands, and return every text on it, top to bottom.

        ``without``: an item that must be gone, for a screen that follows another of its kind.
        """
        texts: list[str] = (await self._order(order="screen", kind=kind, without=without))["texts"]
        return texts

    async def picture(self, path: Path) -> None:
        """Save what the screen shows."""
        await self._order(order="picture", path=str(path))
