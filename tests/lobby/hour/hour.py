"""An hour of lobby life at one kiosk, compressed: patients come one after the other while chance plays with it all.

Whatever is asserted rests on what the simulators, the paper, the server's log and the kernel say of the kiosk.
"""

from __future__ import annotations

import random
import re
import shutil
import time
import uuid
from collections import defaultdict
from pathlib import Path

from kiosk.garbage import SOON_MS
from queue_server.config import load
from queue_server.engine import events as e
from queue_server.hospital import sample
from tests.lobby.hour.ends import CHIP_MISHAPS, MISHAPS, FarEnds, Mishap
from tests.lobby.hour.evidence import Log, Paper, files_with
from tests.lobby.hour.people import Person, Visited
from tests.lobby.hour.processes import PATIENCE, Kiosk, Resources, Server, write_configuration
from tests.lobby.kill.server import CONFIG

KEPT_CARDS = 60
"""For mishaps that want a card; as many as a long hour has of them, with those that come by chance."""
MOST_SCREENS = 40
IMPATIENT = 4.0
"""Seconds without another screen after which somebody touches what there is to touch."""
COLLECTED = [2 * ms / 1000 for ms in SOON_MS]
"""Seconds after a visit in which what it left in cycles has been collected, and once more."""
SETTLED = 0.3
"""Seconds in which a window that is at work would have shown more."""
STATIONS = ("enquiry1", "cashier1")
BOOKED = re.compile(r"预约 (08|09|10):\d\d \S+|挂号已付费 \S+|\w+已付费(；\w+已付费)*")


class Hour:
    """The processes, the patients of an hour, and what is known of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        config = folder / "config"
        self.server = Server(folder, config)
        shutil.copytree(CONFIG, config)
        self.ends = FarEnds(folder / "line", config / "devices.toml")
        write_configuration(config, self.server.port, self.ends.boards)
        self.config = config
        self.visits: list[Visited] = []
        self.log = Log(self.server.data)
        self.paper = Paper(self.log)
        self.codes: list[str] = []
        """What is printed on the slips of those who were here."""
        self.sheet: dict[str, str] = {}
        """The ticket that stands for each ticket's paper: a slip is the paper of several."""
        self.of_person: dict[str, str] = {}
        """The same by person: on a slip may stand numbers that the hospital gave."""
        self.attempts: dict[str, int] = defaultdict(int)
        """Of each sheet, how often it was asked for."""
        self.secrets: list[list[str]] = []
        """What must not stay, by visit."""
        self.rng = random.Random()
        self._cards: list = []

    def open(self) -> None:
        """Start the server and the kiosk, and open two windows."""
        self.server.start()
        self.server.enrol(self.folder / "kiosk")
        self.nurse = self.server.log_in("nurse")
        for station in STATIONS:
            self._staff("open", station, doctor=None)
        self.kiosk = Kiosk(self.folder, self.config)
        configuration = load(self.config)
        options = dict(configuration.hospital.options)
        hospital = sample.from_options(options, configuration.folder, configuration.zone)
        self._cards = [card for card in hospital.cards("2026-11-23") if BOOKED.fullmatch(card.note)]
        self.at_rest: set[str] = set()
        self.until_start()
        self.at_rest = self._at_rest()
        """What stands in the window while nobody is there."""

    def _at_rest(self) -> set[str]:
        """The window's texts once they have stopped to come: the first frame is drawn before all of them are there."""
        before: set[str] = set()
        while (texts := set(self.kiosk.order("remains")["texts"])) != before:
            before = texts
            self.kiosk.order("look", after=2**31, seconds=SETTLED)
        return texts

    def close(self) -> None:
        """Leave no process behind."""
        if hasattr(self, "kiosk"):
            self.kiosk.process.kill()
            self.kiosk.end()
        if hasattr(self, "nurse"):
            self.nurse.close()
        self.server.clean_up()
        self.ends.end()

    # -- rounds

    def begin(self, seed: int) -> None:
        """Another hour: everything that is random follows from ``seed``."""
        print(f"HOUZHEN_SEED={seed}; {self.ends.lack or 'with chip cards'}")  # noqa: T201 - shown with a failure, and with -s
        self.rng = random.Random(seed)
        self._cards.sort(key=lambda card: card.patient)
        self.rng.shuffle(self._cards)

    def mishaps(self, count: int | None = None) -> list[Mishap]:
        """So many, by chance, none of them twice; by default all there are."""
        known = MISHAPS + (CHIP_MISHAPS if self.ends.lack is None else [])
        return self.rng.sample(known, len(known) if count is None else count)

    def round(self, *mishaps: Mishap, way: str = "") -> Visited:
        """One patient comes, does what the screens say, and leaves; staff mend what is broken; all of it is checked."""
        person = self._somebody(next((one.way for one in mishaps if one.way), way))
        visited = Visited(" and ".join(one.name for one in mishaps), person.way)
        self.visits.append(visited)
        self.secrets.append(person.secrets)
        self._walk(person, visited, list(mishaps))
        self.ends.mend()
        if not self.server.is_up:
            self.server.start()
        self.until_start()
        self._learn(person, visited)
        self.check_paper(visited)
        self.check_nothing_stays(person, visited)
        return visited

    def _somebody(self, way: str) -> Person:
        ways = ["card", "voucher", "stripe", "walk_in", "walk_in"]
        ways += ["chip", "own_chip"] if self.ends.lack is None else []
        ways += ["code"] * bool(self.codes)
        if len(self._cards) <= KEPT_CARDS:
            ways = ["walk_in"]
        way = way or self.rng.choice(ways)
        if way == "code" and not self.codes:
            way = "voucher"
        card = None if way in {"walk_in", "code"} else self._cards.pop()
        if way == "chip" and not _can_stand_on_a_chip(card.face.name):
            way = "card"
        return Person(self.ends, way, card, self.rng.choice(self.codes) if way == "code" else "", self.rng)

    def _walk(self, person: Person, visited: Visited, mishaps: list[Mishap]) -> None:
        seen, screen = 0, None
        since = time.monotonic()
        for _ in range(MOST_SCREENS):
            came = self.kiosk.order("look", after=seen, seconds=IMPATIENT)
            if not self.server.is_up:
                self.server.start()
            if "same" in came:
                assert time.monotonic() < since + PATIENCE, f"{visited}: nothing came after {screen}"
                touched = person.impatient(screen)
            else:
                screen, seen, since = came, came["serial"], time.monotonic()
                self._happen(visited, mishaps, screen["kind"], late=False)
                if person.has_left(screen):
                    return
                if (whim := person.whim(screen)) is not None:
                    self.kiosk.order("touch", name=whim, on=seen)
                    came = self.kiosk.order("look", after=seen - 1, seconds=IMPATIENT)
                    screen, seen = came, came["serial"]
                touched = person.answer(screen, visited)
            if touched is not None:
                self.kiosk.order("touch", name=touched, on=seen)
            self._happen(visited, mishaps, screen["kind"], late=True)
        raise AssertionError(f"{visited}: no end after {MOST_SCREENS} screens, the last was {screen}")

    def _happen(self, visited: Visited, mishaps: list[Mishap], at: str, *, late: bool) -> None:
        for mishap in [one for one in mishaps if (one.at, one.late) == (at, late)]:
            mishap.act(self)
            mishaps.remove(mishap)
            visited.happened.append(mishap.name)

    @property
    def met(self) -> set[str]:
        """The mishaps that happened to somebody."""
        return {name for visited in self.visits for name in visited.happened}

    def recover(self) -> None:
        """Patients without a card come until one of them has his paper."""
        end = time.monotonic() + PATIENCE
        while self.round(way="walk_in").told != ["done"]:
            assert time.monotonic() < end, self.visits[-1]

    def until_start(self) -> None:
        """Wait until the kiosk waits for a patient, in reach of its server, and asks for all that can be read again."""
        end = time.monotonic() + PATIENCE
        seen, kind = 0, None
        while kind != "Start" or self._strange():
            assert time.monotonic() < end, (kind, self._strange())
            screen = self.kiosk.order("look", after=seen, seconds=IMPATIENT)
            seen, kind = screen.get("serial", seen), screen.get("kind", kind)

    def _strange(self) -> set[str]:
        """The window's texts that are not there while nobody is."""
        texts = {text for text in self.kiosk.order("remains")["texts"] if not re.fullmatch(r"\d\d:\d\d", text)}
        return texts - self.at_rest if self.at_rest else set()

    def _staff(self, what: str, station: str, **more: object) -> None:
        answer = self.nurse.post(
            f"/api/station/{what}", json={"command_id": str(uuid.uuid4()), "station": station, **more}
        )
        assert answer.status_code in {200, 409}, answer.text

    def call(self) -> None:
        """A window calls whoever is next."""
        self._staff("call-next", self.rng.choice(STATIONS), last_was="seen")

    def check_board(self) -> None:
        """Both windows call, and every call display shows what the log says. Somebody has to be waiting."""
        for station in STATIONS:
            self._staff("call-next", station, last_was="seen")
        self.log.read()
        number = self.log.called_last(STATIONS)
        assert number
        shown = {"board_numeric": f"{int(number[1:])}", "board_xunpeng": f"red {int(number[1:])}"}
        for board in self.ends.boards:
            self.ends.tell(board, "wait_shows", text=shown.get(board, number))

    def check_devices(self) -> None:
        """Staff read of every device that it is well again."""
        end = time.monotonic() + PATIENCE
        while True:
            (kiosk,) = self.nurse.get("/api/desk/devices").raise_for_status().json()
            told = {one["kind"]: one["trouble"] for one in kiosk["reports"]}
            if set(told.values()) <= {None, "tampered"}:
                break
            assert time.monotonic() < end, told
            self.round()
        self.ends.tell("cabinet", "wait_watchdog", seconds=60)
        assert set(told) == set(self.ends.kinds.values()) - {"call_display"}

    # -- evidence

    def _learn(self, person: Person, visited: Visited) -> None:
        """Read the log until it tells what became of the paper that was shown."""
        end = time.monotonic() + PATIENCE
        while True:
            for event in self.log.read():
                if isinstance(event, e.TicketIssued) and event.channel == "kiosk":
                    visited.issued.append(event.ticket)
                    self.codes.append(f"HZ:{event.link}")
                    self.sheet[event.ticket] = visited.issued[0]
                    if event.person is not None:
                        self.of_person[event.person] = visited.issued[0]
            visited.told = [one.outcome for one in self.log.reports[visited.issued[0]]] if visited.issued else []
            if not visited.issued or not visited.shown or visited.told:
                break
            assert time.monotonic() < end, f"{visited}: nothing was told of the paper"
            self.kiosk.order("look", after=2**31, seconds=0.05)
        if visited.issued:
            self.attempts[visited.issued[0]] += 1 + visited.copies
        elif person.code:
            self.attempts[self.sheet[self.log.by_link[person.code.removeprefix("HZ:")]]] += visited.copies

    def check_paper(self, visited: Visited) -> None:
        """Nothing was printed twice, nothing told as done that was not, and what is not known was told so."""
        self.paper.read(self.ends.papers())
        papers: dict[str, int] = defaultdict(int)
        for ticket, count in self.paper.of.items():
            of_person = self.of_person.get(self.log.state.tickets[ticket].person or "", ticket)
            papers[self.sheet.get(ticket, of_person)] += count
        for ticket, sheet in self.sheet.items():
            told = [one.outcome for one in self.log.reports[ticket]]
            assert papers[sheet] + told.count("not_done") <= self.attempts[sheet], (
                ticket,
                papers[sheet],
                told,
                visited,
            )
            assert papers[sheet] >= told.count("done"), (ticket, told, visited)
        if visited.told:
            meant = {"done": ("",), "unknown": ("P-06",)}.get(visited.told[0], ("P-01", "P-02", "P-03", "P-04", "P-05"))
            assert visited.shown[0] in meant, visited
            assert len([code for code in visited.shown if code]) >= len(
                [outcome for outcome in visited.told if outcome != "done"]
            ), visited

    def check_nothing_stays(self, person: Person, visited: Visited) -> None:
        """No patient's data in the window, in what the programs wrote, or in the kiosk's folder."""
        assert not self._strange(), visited
        assert files_with(person.secrets, self.kiosk.data, self.kiosk.log, self.server.log) == [], visited

    def check_memory(self, since: int = 0) -> None:
        """Nothing of those who were here, from visit number ``since`` on, stands in the kiosk's memory."""
        secrets = {text for secrets in self.secrets[since:] for text in secrets}
        remains = sorted(secrets)
        for seconds in COLLECTED:
            if remains:
                self.kiosk.order("look", after=2**31, seconds=seconds)
                remains = self.kiosk.found_in_memory(remains)
        if remains:
            by = self.kiosk.order("held", backwards=[text[::-1] for text in remains])["by"]
            raise AssertionError(f"{self.visits[since:]}: {remains} stands in memory, held by {by or 'nobody'}")

    def check_end(self) -> None:
        """What is told of all paper in the end."""
        self.log.read()
        self.paper.read(self.ends.papers())
        for visited in self.visits:
            for ticket in visited.issued:
                printed = self.log.state.tickets[ticket].print
                person = self.log.state.tickets[ticket].person
                same = [
                    one.id for one in self.log.state.tickets.values() if person is not None and one.person == person
                ]
                papers = sum(self.paper.of[one] for one in {*visited.issued, *same})
                assert papers or printed != "done", visited
                assert not papers or printed not in {"not_done", "pending"}, visited
                # Of some the answer was lost, and the patient was told so.
                assert not visited.shown or printed != "pending", visited
        assert self.ends.tell("cabinet", "status")["resets"] == 0, "the board's watchdog has pulled"
        assert self.kiosk.process.poll() is None
        lines = self.kiosk.log.read_text().splitlines()
        assert [line for line in lines if '"level": "error"' in line] == []

    def resources(self) -> Resources:
        return Resources.of(self.kiosk.process.pid)


def _can_stand_on_a_chip(name: str) -> bool:
    """Whether social-security cards have its characters: they are in GBK."""
    return name == name.encode("gbk", "ignore").decode("gbk")
