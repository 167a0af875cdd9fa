"""One patient's story, from ID card to being called and seen, with power cuts in between; every step is looked at.

A kiosk without a display, a nurse's console and the hall's board in Chromium, the real server, the real drivers and the
simulated devices on their lines. A step that does not hold ends the check.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from playwright.async_api import Error as PageError

from virtual_lobby import browsers
from virtual_lobby.call_boards import at_station
from virtual_lobby.client import Acknowledged, RefusedError
from virtual_lobby.hand import Hand
from virtual_lobby.lobby import Lobby, Options
from virtual_lobby.morning import HALL, VISITOR_DOCTOR, VISITOR_STATION
from virtual_lobby.processes import ProgramError, Programs
from virtual_lobby.simulators import SimulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import Browser, Page, Response

STEP_MS = 20_000
VOICE = "/api/board/voice/"
CHIME = "chime.wav"
RULE = re.compile(r"再叫 (\d+) 位以后叫您")
HAND_SECONDS = 0.8
FAILURES = (ProgramError, RefusedError, SimulatorError, TimeoutError, PageError)


class StepError(ProgramError):
    """A step of the story did not hold; the sentence says what was seen instead."""


@dataclass
class Timeline:
    """What was done, when, and how long it took."""

    as_json: bool
    began: float = field(default_factory=time.monotonic)
    steps: int = 0

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Time one step and print it, whether it holds or not."""
        step = Step()
        started = time.monotonic()
        try:
            yield step
        except Exception as error:
            step.saw = f"{type(error).__name__}: {error}"
            self._print(name, started, step, holds=False)
            raise
        self._print(name, started, step, holds=True)
        self.steps += 1

    def _print(self, name: str, started: float, step: Step, *, holds: bool) -> None:
        at, took = (started - self.began) * 1000, (time.monotonic() - started) * 1000
        if self.as_json:
            row = {"at_ms": round(at), "took_ms": round(took, 1), "step": name, "holds": holds, "saw": step.saw}
            print(json.dumps(row, ensure_ascii=False), flush=True)
        else:
            print(f"{at:9.0f} ms  {'ok' if holds else 'NO'}  {took:8.1f} ms  {name}  {step.saw}".rstrip(), flush=True)


@dataclass
class Step:
    """What was seen at a step, for the timeline."""

    saw: str = ""


def expect(condition: object, otherwise: str) -> None:
    """Hold the story to ``condition``.

    Raises:
        StepError: it does not hold.
    """
    if not condition:
        raise StepError(otherwise)


async def check(options: Options, *, as_json: bool, pictures: Path | None = None) -> int:
    """Run the story; the exit status. ``pictures``: a folder for pictures of kiosk, console, board and ticket page."""
    lobby = Lobby(options, Programs(options.data / "logs"))
    timeline = Timeline(as_json)
    try:
        async with browsers.chromium() as browser:
            await Story(lobby, timeline, browser, pictures).run()
    except FAILURES as error:
        print(f"The story did not hold: {error}")
        return 1
    finally:
        await lobby.stop()
    print(f"The story holds: {timeline.steps} steps.")
    return 0


class Story:
    """The story, step by step."""

    def __init__(self, lobby: Lobby, timeline: Timeline, browser: Browser, pictures: Path | None = None) -> None:
        self.lobby = lobby
        self.step = timeline.step
        self.browser = browser
        self.pictures = pictures
        self.hand: Hand
        self.board: Page
        self.console: Page
        self.sounds: dict[str, int] = {}
        self.heard = asyncio.Event()
        self.number = ""
        self.calls_first = 0
        self.pages: list[Page] = []
        self._pressed_at = 0.0

    async def run(self) -> None:
        """All of it."""
        await self.open_lobby()
        await self.check_in()
        await self.power_cut("after the ticket")
        with self.step("the number is still there"):
            await self._board_shows("#next", self.number)
        await self.others_come()
        await self.open_console()
        await self.call()
        await self.power_cut("while the patient is called")
        await self.miss()
        await self.power_cut("after the miss")
        await self.come_back()
        await self.be_seen()
        await self.power_cut("at the end")

    # -- the lobby

    async def open_lobby(self) -> None:
        """Devices, server, kiosk, board."""
        lobby = self.lobby
        with self.step("devices on their lines") as step:
            await lobby.start_devices()
            step.saw = f"{len(await lobby.devices.statuses())} devices, {lobby.devices['printer'].url}"
        with self.step("server answers"):
            await lobby.start_server()
            await lobby.read_hospital()
        with self.step("kiosk shows its start screen"):
            configuration = lobby.kiosk_configuration()
            await lobby.enrol_kiosk(configuration)
            self.hand = await Hand.at_kiosk(lobby.programs, configuration, lobby.options.data / "kiosk")
            await self.hand.screen("Start")
            await self._picture("kiosk-start")
        with self.step("board is let in by an administrator and follows the hall"):
            await lobby.start_screens()
            self.board = await self._page(browsers.BOARD)
            self.pages.append(self.board)
            self.board.on("response", self._heard)
            await self.board.goto(f"{lobby.url}/board/{HALL}")
            code = await self.board.locator("#enrol .code").inner_text(timeout=STEP_MS)
            await lobby.let_board_in(code)
            await self.board.locator("#frame").wait_for(timeout=STEP_MS)

    async def _page(self, size: dict[str, int]) -> Page:
        context = await self.browser.new_context(
            viewport={"width": size["width"], "height": size["height"]}, locale="zh-CN", timezone_id="Asia/Shanghai"
        )
        return await context.new_page()

    async def _picture(self, name: str, page: Page | None = None) -> None:
        """Keep a picture of a page, or of the kiosk, if pictures are wanted."""
        if self.pictures is None:
            return
        self.pictures.mkdir(parents=True, exist_ok=True)
        path = self.pictures.resolve() / f"{name}.png"
        if page is None:
            await self.hand.picture(path)
        else:
            await page.screenshot(path=path)

    async def _heard(self, response: Response) -> None:
        """Write down each sound that the board was really given: the chime, and what was spoken."""
        if VOICE in response.url and response.ok:
            name = response.url.rpartition("/")[2]
            sound = await response.body()
            if sound[:4] == b"RIFF" and sound[8:12] == b"WAVE":
                self.sounds[name] = len(sound)
            if CHIME in self.sounds and self._spoken():
                self.heard.set()

    # -- at the kiosk

    async def check_in(self) -> None:
        """Touch, card, confirm, ticket."""
        hand, lobby = self.hand, self.lobby
        card = lobby.morning.cards[0]
        with self.step("the patient touches the screen"):
            await hand.tap("action.start")
            await hand.screen("Choose")
            await hand.tap("choice.0")
            await hand.screen("Prompt")
        with self.step("lays the card and sees the appointment") as step:
            await lobby.show("identity", card.patient)
            texts = await hand.screen("Confirm")
            expect(any("09:00" in text for text in texts), f"no appointment at nine on {texts}")
            expect(not any(card.face.name in text for text in texts), "the name is not masked")
            step.saw = "  ".join(text for text in texts if "*" in text or "09:00" in text)
        with self.step("confirms; the ticket is printed and shown") as step:
            await hand.tap("action.confirm")
            texts = await hand.screen("Ticket")
            jobs = (await lobby.devices["printer"].ask("jobs"))["jobs"]
            expect(len(jobs) == 1 and jobs[0]["complete"], f"the printer cut {jobs}")
            self.number = next(text for text in texts if text[:1].isalpha() and text[1:].isdigit())
            await self._picture("kiosk-ticket")
            step.saw = f"{self.number}, {jobs[0]['width']} x {jobs[0]['height']} dots"
        with self.step("takes card and paper; nothing of the patient stays on the kiosk"):
            await lobby.hands.take()
            await hand.tap("action.finish")
            texts = await hand.screen("Start")
            expect(not any(self.number in text or "*" in text for text in texts), f"still there: {texts}")
        with self.step("the board shows the queue"):
            await self._board_shows("#next", self.number)

    async def others_come(self) -> None:
        """A few more patients for the same doctor."""
        with self.step("others check in for the same doctor") as step:
            arrived = await self.lobby.others_for_the_visitors_doctor()
            step.saw = f"{arrived} patients"
            expect(arrived >= 3, "too few others to come back behind")  # noqa: PLR2004 -- the rule counts three calls

    # -- at the station

    async def open_console(self) -> None:
        """Log in, choose the station, open it."""
        lobby = self.lobby
        with self.step("the nurse logs in and opens the station"):
            self.console = await self._page(browsers.CONSOLE)
            await browsers.log_in(self.console, lobby.url, lobby.nurse.name, lobby.nurse.password)
            await self.console.goto(f"{lobby.url}/station/{VISITOR_STATION}")
            self.console.on("response", self._acknowledged)
            self.pages.append(self.console)
            await self.console.select_option("#opening select[name=doctor]", VISITOR_DOCTOR, timeout=STEP_MS)
            await self.console.click("#opening button[type=submit]")
            self._pressed_at = time.monotonic()
            await self.console.locator(f'#waiting [data-number="{self.number}"]').wait_for(timeout=STEP_MS)
        with self.step("sees the reason for every place") as step:
            reasons = await self.console.locator("#waiting .reason").all_inner_texts()
            expect(reasons and all(reason.strip() for reason in reasons), f"reasons: {reasons}")
            step.saw = reasons[0]

    async def _acknowledged(self, response: Response) -> None:
        """Write down what the console's commands were answered, as the demo's own clients do."""
        if response.request.method == "POST" and response.ok and "/api/station/" in response.url:
            done = await response.json()
            self.lobby.record.acknowledged.append(Acknowledged(done["command_id"], done["position"]))

    async def _press(self, key: str) -> float:
        """Press a key on the console as a hand does: the console takes faster presses for one."""
        await asyncio.sleep(max(0.0, self._pressed_at + HAND_SECONDS - time.monotonic()))
        self._pressed_at = time.monotonic()
        started = time.monotonic()
        await self.console.keyboard.press(key)
        return started

    async def _current(self, number: str, status: str) -> None:
        await self.console.locator(f'#current .{status}[data-number="{number}"]').wait_for(timeout=STEP_MS)

    async def _called_number(self) -> str:
        there = self.console.locator("#current .called")
        await there.wait_for(timeout=STEP_MS)
        return str(await there.get_attribute("data-number"))

    async def _board_shows(self, where: str, number: str) -> None:
        await self.board.wait_for_function(
            "([where, number]) => "
            "[...document.querySelectorAll(where)].some((one) => one.textContent.includes(number))",
            arg=[where, number],
            polling="raf",
            timeout=STEP_MS,
        )

    async def _led_shows(self, number: str) -> str:
        """Wait until the number has come over the wire into the LED board at the door; the text that stands there."""
        board = at_station(VISITOR_STATION)
        text = board.shows.format(number=number, room=self.lobby.morning.room_names[VISITOR_STATION])
        await self.lobby.devices[board.name].ask("wait_shows", text=text)
        return text

    async def call(self) -> None:
        """Next: screen, LED board, chime and voice."""
        with self.step("the nurse presses next; the board shows the call") as step:
            started = await self._press("Space")
            await self._board_shows("#pop, #calls", self.number)
            on_board = (time.monotonic() - started) * 1000
            text = await self._led_shows(self.number)
            at_door = (time.monotonic() - started) * 1000
            step.saw = (
                f"{self.number} on the board {on_board:.0f} ms after the key, {text} at the door {at_door:.0f} ms"
            )
            await self._current(self.number, "called")
            await self._picture("board", self.board)
            await self._picture("station", self.console)
        with self.step("chime and voice in Mandarin") as step:
            await asyncio.wait_for(self.heard.wait(), STEP_MS / 1000)
            step.saw = f"{CHIME} and {self._spoken()} spoken, of {max(self.sounds.values()) // 1024} kB"

    def _spoken(self) -> int:
        return len(self.sounds.keys() - {CHIME})

    async def miss(self) -> None:
        """Nobody comes."""
        with self.step("nobody comes: the nurse recalls"):
            await self._press("r")
            await self.console.wait_for_function(
                "() => document.querySelector('#current .called') && "
                "/2/.test(document.querySelector('#current .state').textContent)",
                timeout=STEP_MS,
            )
        with self.step("marks the patient missed"):
            await self._press("m")
            await self.console.locator(f'#missed [data-number="{self.number}"]').wait_for(timeout=STEP_MS)
            await self._board_shows("#missed", self.number)
        with self.step("calls the next") as step:
            await self._press("Space")
            step.saw = await self._called_number()
            expect(step.saw != self.number, "the missed patient was called again")

    async def come_back(self) -> None:
        """The patient comes back, and reads why the place is what it is."""
        hand, lobby = self.hand, self.lobby
        with self.step("the patient comes back and swipes the hospital's card"):
            await hand.screen("Start")
            await hand.tap("action.start")
            await hand.screen("Choose")
            await hand.tap("choice.0")
            await hand.screen("Prompt")
            await lobby.show("stripe", lobby.morning.cards[0].patient)
        with self.step("takes the place that the rule for missed patients gives") as step:
            step.saw = await self._rejoin()
            rule = RULE.search(step.saw)
            expect(rule, f"no such rule: {step.saw}")
            self.calls_first = int(rule[1]) if rule else 0
            await self.console.locator(f'#waiting [data-number="{self.number}"]').wait_for(timeout=STEP_MS)
        with self.step("reads the reason on the ticket page") as step:
            page = await self._page({"width": 390, "height": 844})
            await page.goto(await lobby.ticket_page(self.number))
            await page.wait_for_function(
                "(number) => document.body.innerText.includes(number)", arg=self.number, timeout=STEP_MS
            )
            text = await page.inner_text("body")
            reason = next((line for line in text.splitlines() if "过号" in line and "叫" in line), "")
            expect(reason, f"no reason on the ticket page: {text}")
            step.saw = reason
            await self._picture("ticket-page", page)
            await page.close()

    async def _rejoin(self) -> str:
        """Through whatever the kiosk offers a missed patient; the sentence it shows."""
        offered = await self.hand.screen("Choose")
        expect(any(self.number in text for text in offered), f"the ticket is not offered: {offered}")
        await self.hand.tap("choice.0")
        await self.hand.screen("Ticket")
        await self.hand.tap("action.rejoin")
        texts = await self.hand.screen("Ticket", without="action.rejoin")
        await self.lobby.hands.take()
        await self.hand.tap("action.finish")
        return next((text for text in texts if "过号" in text), "")

    async def be_seen(self) -> None:
        """Called again in turn, seen, finished."""
        with self.step("the others are called and seen first") as step:
            before = -1  # whoever was called as the patient came back
            while (number := await self._called_number()) != self.number:
                before += 1
                await self._press("s")
                await self._current(number, "serving")
                await self._press("Space")
                await self.console.wait_for_function(
                    "(number) => { const one = document.querySelector('#current .called');"
                    " return one && one.dataset.number !== number; }",
                    arg=number,
                    timeout=STEP_MS,
                )
            step.saw = f"{before} called before the patient"
            expect(before == self.calls_first, f"{before} called first and not {self.calls_first}")
        with self.step("the patient is called, comes, is seen"):
            await self._press("s")
            await self._current(self.number, "serving")
            await self._press("f")
            await self.console.locator(f'#done [data-number="{self.number}"]').wait_for(timeout=STEP_MS)

    # -- power

    async def power_cut(self, when: str) -> None:
        """Kill the server, start it again, count, and see that every screen is back."""
        with self.step(f"the power is cut {when}") as step:
            async with contextlib.AsyncExitStack() as stack:
                for page in self.pages:
                    # A page is back once its feed has been answered again.
                    await stack.enter_async_context(
                        page.expect_response(lambda answer: "/feed" in answer.url and answer.ok, timeout=STEP_MS)
                    )
                count = await self.lobby.cut_power()
            step.saw = count.sentence()
            expect(count.acknowledged, "nobody was told anything yet")
            expect(count.holds, f"missing {count.missing}, doubled {count.doubled}")
