"""Drives ``server_process``: a client that repeats what was not answered, and a feed that resumes where it was."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from queue_server.engine.events import TicketIssued
from queue_server.log.data import DATABASE
from queue_server.log.sqlite import SqliteLog
from tests.queue_server.services import SITE, command_id

IN_FLIGHT = 24


class Client:
    """One client across every life of the server, with all that it was ever told.

    Attributes:
        answers: what each acknowledged command was told: position and ticket.
        events: what the feed saw: position and command id, in order.
        contradictions: answers that differ from the first answer to the same command.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self.answers: dict[str, tuple[int, str]] = {}
        self.events: list[tuple[int, str]] = []
        self.contradictions: list[str] = []
        self._sent = 0
        self._waiting: dict[str, None] = {}

    def live(self, lines: int | None, *, synchronous: str = "FULL", environment: dict[str, str] | None = None) -> None:
        """Run the server until it has printed ``lines`` lines, then kill it; ``None``: until all is answered."""
        cursor = self.events[-1][0] if self.events else 0
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.queue_server.server_process", self.data),
                *("--after", str(cursor), "--synchronous", synchronous),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **(environment or {})},
        )
        assert server.stdin is not None
        assert server.stdout is not None
        with server.stdin, server.stdout:
            last = 0
            for heard, line in enumerate(server.stdout, 1):
                if not line.endswith(b"\n"):
                    break
                word, *rest = line.decode().split()
                if word == "ready":
                    last = int(rest[0])
                    for name in self._waiting:
                        self._send(server, name)
                    self._fill(server, None if lines is not None else 0)
                elif word == "event":
                    self.events.append((int(rest[0]), rest[1]))
                else:
                    assert word == "done", line
                    self._answered(rest[0], (int(rest[1]), rest[2]))
                    last = max(last, int(rest[1]))
                    self._fill(server, None if lines is not None else 0)
                if heard == lines:
                    server.kill()
                    break
                if lines is None and not self._waiting and (self.events and self.events[-1][0] >= last):
                    # It ends with its input, and may still be telling of what nobody waits for.
                    server.stdin.close()
                    break
            for line in server.stdout:
                self._heard_at_the_end(line)
        if lines is None:
            assert server.wait(60) == 0
        else:
            server.wait(60)

    def _heard_at_the_end(self, line: bytes) -> None:
        # What was in the pipe when it ended was said, and counts.
        if not line.endswith(b"\n"):
            return
        word, *rest = line.decode().split()
        if word == "event":
            self.events.append((int(rest[0]), rest[1]))
        elif word == "done":
            self._answered(rest[0], (int(rest[1]), rest[2]))

    def _answered(self, name: str, answer: tuple[int, str]) -> None:
        if self.answers.setdefault(name, answer) != answer:
            self.contradictions.append(name)
        self._waiting.pop(name, None)

    def _fill(self, server: subprocess.Popen[bytes], wanted: int | None) -> None:
        while len(self._waiting) < (IN_FLIGHT if wanted is None else wanted):
            self._sent += 1
            name = command_id(self._sent)
            self._waiting[name] = None
            self._send(server, name)

    @staticmethod
    def _send(server: subprocess.Popen[bytes], name: str) -> None:
        assert server.stdin is not None
        server.stdin.write(f"{name}\n".encode())
        server.stdin.flush()


def faults(client: Client) -> set[str]:
    """What of the promises was broken."""
    log = SqliteLog(client.data / DATABASE, SITE, read_only=True)
    events = list(log.read(0))
    log.close()
    issues = [recorded for recorded in events if isinstance(recorded.event, TicketIssued)]
    issued = {recorded.command_id: (recorded.position, recorded.event.ticket) for recorded in issues}
    broken = {
        "answered twice, differently": client.contradictions,
        "carried out twice": [name for name, times in Counter(one.command_id for one in issues).items() if times > 1],
        "acknowledged and lost": [name for name in client.answers if name not in issued],
        "acknowledged as something else": [
            name for name, answer in client.answers.items() if issued.get(name, answer) != answer
        ],
        "one number for two": [no for no, times in Counter(one.event.number for one in issues).items() if times > 1],
        "feed is not the log": client.events != [(recorded.position, recorded.command_id) for recorded in events],
    }
    return {fault for fault, found in broken.items() if found}
