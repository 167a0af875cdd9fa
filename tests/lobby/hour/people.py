"""Somebody who does what the screens say, more or less."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from drivers.stand_ins import CARD_KEY
from queue_server.hospital.sample import SampleCard
from tests.lobby.hour.ends import FarEnds

TRIES = 2
"""How often somebody shows a card, or follows an offer to try again."""
SURE, AGAIN, COPY, WHIM = 0.95, 0.5, 0.4, 0.1
"""How many confirm what they are asked, follow an offer to try again, one to print, and like a screen otherwise."""


@dataclass
class Visited:
    """What came of one visit, as it was seen from before the window.

    Attributes:
        shown: of each screen with a number or a slip, what staff read in its corner.
        copies: how often the patient asked for the paper again.
    """

    mishaps: str
    way: str
    happened: list[str] = field(default_factory=list)
    screens: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    numbers: set[str] = field(default_factory=set)
    copies: int = 0
    issued: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)


class Person:
    """One patient.

    Args:
        ends: where cards are laid and codes are held.
        way: ``card``, ``chip``, ``own_chip``, ``stripe``, ``voucher``, ``code`` or ``walk_in``.
        card: who it is; None = nobody knows.
        code: the slip's that is scanned.
        rng: for what people do on a whim.
    """

    def __init__(self, ends: FarEnds, way: str, card: SampleCard | None, code: str, rng: random.Random) -> None:
        self.ends, self.way, self.card, self.code, self.rng = ends, way, card, code, rng
        self._begun = False
        self._shown = self._again = 0

    @property
    def secrets(self) -> list[str]:
        """What must not stay behind."""
        known = [] if self.code == "" else [self.code.removeprefix("HZ:")]
        if self.card is not None:
            face = self.card.face
            known += [face.name, face.number, self.card.hospital_card, self.card.insurance_code, self.card.health_card]
        return known

    def has_left(self, screen: dict) -> bool:
        return self._begun and screen["kind"] == "Start"

    def whim(self, screen: dict) -> str | None:
        """The other language, or larger letters, where somebody likes it."""
        if screen["kind"] not in {"Choose", "Prompt", "Confirm", "Ticket", "Guide"} or self.rng.random() > WHIM:
            return None
        return self.rng.choice([name for name in ("frame.language", "frame.senior") if name in screen["named"]])

    def answer(self, screen: dict, visited: Visited) -> str | None:
        """What is touched on a screen; None = nothing, since something was shown, or there is nothing to do."""
        visited.screens.append(f"{screen['kind']} {screen['code']}".strip())
        answers = {
            "Start": self._begin,
            "Choose": lambda: self._choose(screen["named"]),
            "Prompt": lambda: self._prompt(screen),
            "Confirm": lambda: "action.confirm" if self.rng.random() < SURE else "frame.home",
            "Ticket": lambda: self._take(screen, visited),
            "Guide": lambda: self._take(screen, visited),
            "Wait": lambda: None,
            "Progress": lambda: None,
        }
        # Where the server is away there is a screen before the first, with nothing on it to touch.
        is_before = screen["kind"] == "Start" or (screen["kind"] == "Outcome" and _goes(screen["named"]) is None)
        self._begun = self._begun or not is_before
        return answers.get(screen["kind"], lambda: self._go_on(screen["named"]))()

    def _go_on(self, named: dict) -> str | None:
        if "action.again" in named and self._again < TRIES and self.rng.random() < AGAIN:
            self._again += 1
            return "action.again"
        return _goes(named)

    def impatient(self, screen: dict) -> str | None:
        """What is touched when nothing happens."""
        if screen["kind"] == "Start":
            return "action.start"
        return next((name for name in ("action.no_card", "frame.home") if name in screen["named"]), None)

    def _begin(self) -> str | None:
        if self.way in {"code", "voucher"} and not self._shown and self.rng.random() < 0.5:
            self._scan()
            return None
        return "action.start"

    def _choose(self, named: dict) -> str:
        choices = sorted(name for name in named if name.startswith("choice."))
        if not self._shown and self.way != "walk_in":
            return choices[0]
        if not self._shown:
            return self.rng.choice(choices[1:])
        return self.rng.choice(choices)

    def _prompt(self, screen: dict) -> str | None:
        if screen["drawing"] in {"take_card", "pull_card"}:
            self.ends.tell("reader", "remove")
            if "chip_card" in self.ends.ends:
                self.ends.tell("chip_card", "remove")
            return None
        if (
            screen["drawing"] not in {"lay_card", "use_card", "scan_slip"}
            or self._shown >= TRIES
            or self.way == "walk_in"
        ):
            return self.impatient(screen)
        match self.way:
            case "card":
                self.ends.tell("reader", "remove")
                self.ends.tell("reader", "lay", document=self._document())
                self._shown += 1
            case "chip":
                self.ends.tell("chip_card", "remove")
                document = self._document()
                self.ends.tell(
                    "chip_card", "insert", document={key: document[key] for key in ("name", "number", "sex", "birth")}
                )
                self._shown += 1
            case "own_chip":
                self.ends.tell("chip_card", "remove")
                self.ends.tell("chip_card", "insert", kind="mifare", block=self.card.hospital_card, key=CARD_KEY)
                self._shown += 1
            case "stripe":
                self.ends.tell("stripe", "swipe", track2=self.card.hospital_card)
                self._shown += 1
            case _:
                self._scan()
        return None

    def _document(self) -> dict[str, str]:
        face = self.card.face
        sex = "1" if face.sex == "男" else "2"
        return {
            "kind": "resident", "name": face.name, "number": face.number, "birth": face.birth, "sex": sex,
            "valid_to": "20400101",
        }  # fmt: skip

    def _scan(self) -> None:
        code = self.code
        if self.way == "voucher":
            code = self.card.insurance_code if self.rng.random() < 0.5 else self.card.health_card
        self._shown += 1
        self.ends.tell("scanner", "scan", text=code)

    def _take(self, screen: dict, visited: Visited) -> str:
        named = screen["named"]
        if "action.take" in named:
            return "action.take"
        visited.shown.append(screen["code"])
        visited.numbers |= {text for name, text in named.items() if name.split(".")[0] == "number"}
        self.ends.tell("reader", "remove")
        if "action.print" in named and not visited.copies and self.rng.random() < COPY:
            visited.copies += 1
            return "action.print"
        return "action.finish"


def _goes(named: dict) -> str | None:
    """What leads away from a screen of an outcome; None = nothing does."""
    return next((name for name in ("action.finish", "frame.home", "action.again") if name in named), None)
