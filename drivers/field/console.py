"""How a tool speaks to the technician at the keyboard. Tests bring one with the answers written down."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Console(Protocol):
    """Says and asks."""

    def say(self, text: str = "") -> None:
        """Say a line."""
        ...

    async def ask(self, question: str, usual: str = "") -> str:
        """Ask, and return what was typed; ``usual`` where nothing was. The end of input is ``EOFError``."""
        ...


class Terminal:
    """The keyboard and the screen."""

    def say(self, text: str = "") -> None:
        """See ``Console``."""
        print(text, flush=True)

    async def ask(self, question: str, usual: str = "") -> str:
        """See ``Console``. The question waits in a thread, so that devices are served meanwhile."""
        hint = f" [{usual}]" if usual else ""
        answer = await asyncio.to_thread(input, f"{question}{hint} ")
        return answer.strip() or usual


async def yes(console: Console, question: str) -> bool | None:
    """Ask a question of yes and no; None = the technician cannot say."""
    while True:
        answer = (await console.ask(f"{question} (y/n/?)")).lower()
        if answer in {"y", "yes", "是", "j"}:
            return True
        if answer in {"n", "no", "否"}:
            return False
        if answer in {"?", ""}:
            return None
        console.say("y = 是 yes, n = 否 no, ? = 不清楚 cannot tell")
