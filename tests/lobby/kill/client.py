"""A client that keeps each command's id until it is answered, through any number of kills, and remembers the answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.lobby.kill.server import Server


class RefusedError(Exception):
    """The server said no, and nothing changed."""

    def __init__(self, code: str, path: str) -> None:
        super().__init__(f"{path}: {code}")
        self.code = code

    def must_be(self, code: str) -> None:
        """Any other reason is a failure."""
        if self.code != code:
            raise self


@dataclass(frozen=True)
class Answer:
    """What a command was acknowledged with: the recorded part of the answer."""

    position: int
    ticket: str | None


@dataclass(frozen=True)
class Sent:
    """A command as it was sent."""

    path: str
    body: dict[str, Any]


@dataclass
class Record:
    """What everybody was told.

    Attributes:
        answers: each acknowledged command's answer, by command id.
        refused: the ids of the commands whose last word was a refusal.
        waiting: the ids of the commands that nobody has answered yet.
        repeated: how many commands had to be sent more than once before they were answered.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)
    repeated: int = 0


class Client:
    """One device, or a member of staff."""

    def __init__(self, server: Server, record: Record) -> None:
        # Without TLS, the world's authorities need not be read for each.
        self.http = httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=20), verify=False)
        self.server = server
        self._record = record
        self._done: list[Sent] = []

    async def enrol(self, code: str, name: str) -> None:
        """Exchange a one-time code for a credential."""
        credential = await self.ask("/api/devices/enrol", code=code, name=name)
        self.http.headers["Authorization"] = f"Bearer {credential['token']}"

    async def log_in(self, name: str) -> None:
        """Log in with a password that the first start printed."""
        answer = await self.ask("/api/auth/log-in", name=name, password=self.server.accounts[name])
        self.http.headers["X-CSRF-Token"] = answer["csrf"]

    async def ask(self, path: str, **body: Any) -> Any:
        """Ask something that is no command, until it is answered."""
        return await self._until_answered(Sent(path, body), None)

    async def do(self, path: str, **body: Any) -> Any:
        """Carry out a command: one id, however often it has to be sent. Raises ``RefusedError``."""
        command_id = str(uuid.uuid4())
        sent = Sent(path, {"command_id": command_id, **body})
        self._record.waiting.add(command_id)
        try:
            answer = await self._until_answered(sent, command_id)
        except RefusedError:
            self._record.refused.add(command_id)
            self._record.waiting.discard(command_id)
            raise
        self._record.answers[command_id] = answer_in(answer, command_id)
        self._record.waiting.discard(command_id)
        self._done.append(sent)
        return answer

    async def repeat_last(self, count: int) -> None:
        """Send acknowledged commands again, to a life that is not open to everybody yet: they get the same answer.

        The last of them is sent once more as something else, which is refused.
        """
        for sent in self._done[-count:]:
            command_id = sent.body["command_id"]
            response = await self.http.post(self.server.url + sent.path, json=sent.body)
            assert response.status_code == 200, response.text
            assert answer_in(response.json(), command_id) == self._record.answers[command_id]
        if self._done:
            other = {**self._done[-1].body, "expires_at": "2099-01-01T00:00:00Z"}
            response = await self.http.post(self.server.url + self._done[-1].path, json=other)
            assert response.status_code == 422, response.text

    async def _until_answered(self, sent: Sent, command_id: str | None) -> Any:
        life, tries = self.server.life, 0
        while True:
            tries += 1
            response = await self._try(sent)
            if response is None or response.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                life = await self.server.life_after(life)
                continue
            if command_id is not None and tries > 1:
                self._record.repeated += 1
            if response.is_success:
                return response.json()
            assert response.status_code in {404, 409, 429}, response.text
            raise RefusedError(response.json()["code"], sent.path)

    async def _try(self, sent: Sent) -> httpx.Response | None:
        async with self.server.talking():
            self.server.step()
            try:
                response = await self.http.post(self.server.url + sent.path, json=sent.body)
            except httpx.TransportError:
                return None
            self.server.step()
            return response


def answer_in(answer: dict[str, Any], command_id: str) -> Answer:
    """The recorded part of an answer, which says whose it is."""
    done = answer.get("done", answer)
    assert done["command_id"] == command_id
    return Answer(done["position"], done["ticket"])
