"""The one crossing between asyncio, which runs the journeys in a thread of its own, and Qt, which shows them.

Towards Qt everything goes through one signal, so that its order is kept, and is received in a slot of a ``QObject``
that lives in Qt's thread. Towards asyncio everything goes through ``call_soon_threadsafe``.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import structlog
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from kiosk.garbage import GarbageCollector
from kiosk.screen import Screen, Tap
from kiosk.session import Session
from kiosk.words import Language
from queue_server.contract import HallInfo

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Show:
    serial: int
    screen: Screen


@dataclass(frozen=True)
class _Prefer:
    language: Language
    senior: bool


@dataclass(frozen=True)
class _CountDown:
    left: int


@dataclass(frozen=True)
class _Help:
    shown: bool


@dataclass(frozen=True)
class _Place:
    hall: HallInfo | None


@dataclass(frozen=True)
class _Wipe:
    language: Language


@dataclass(frozen=True)
class _Failed:
    sentence: str


class QtUi:
    """The ``Ui`` port, asyncio's side of the crossing. Used from the journeys' thread only."""

    def __init__(self, post: Callable[[object], None], language: Language) -> None:
        self._post = post
        self._language = language
        self._serial = 0
        self._taps: asyncio.Queue[Tap] = asyncio.Queue()
        self._scans: asyncio.Queue[str] = asyncio.Queue()

    def show(self, screen: Screen) -> int:
        """See ``Ui``."""
        self._serial += 1
        self._post(_Show(self._serial, screen))
        return self._serial

    async def tapped(self) -> Tap:
        """See ``Ui``."""
        return await self._taps.get()

    def receive(self, tap: Tap) -> None:
        """Take a tap that crossed over."""
        self._taps.put_nowait(tap)

    async def scanned(self) -> str:
        """See ``Scanner``."""
        return await self._scans.get()

    def receive_scan(self, code: str) -> None:
        """Take a scanned code that crossed over."""
        self._scans.put_nowait(code)

    def count_down(self, left: int | None) -> None:
        """See ``Ui``."""
        self._post(_CountDown(left or 0))

    def prefer(self, language: Language, *, senior: bool) -> None:
        """See ``Ui``."""
        self._post(_Prefer(language, senior))

    def help(self, *, shown: bool) -> None:
        """See ``Ui``."""
        self._post(_Help(shown))

    def place(self, hall: HallInfo | None) -> None:
        """See ``Ui``."""
        self._post(_Place(hall))

    def wipe(self) -> None:
        """See ``Ui``."""
        while not self._taps.empty():
            self._taps.get_nowait()
        while not self._scans.empty():
            self._scans.get_nowait()
        self._post(_Wipe(self._language))


class Bridge(QObject):
    """Qt's side of the crossing, and the thread on the other side.

    ``failed`` is emitted, with a sentence, when the other side ended although nobody asked it to.
    """

    arrived = Signal(object)
    failed = Signal(str)
    wiped = Signal()

    def __init__(self, language: Language) -> None:
        super().__init__()
        self._language: Language = language
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ui: QtUi | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None
        self._session: Session | None = None
        self._server_time: datetime | None = None
        self._heard = 0.0
        self._zone: timezone = UTC
        self._garbage = GarbageCollector(self)
        self.wiped.connect(self._garbage.collect_soon)
        self.arrived.connect(self._take)
        self._ticking = QTimer(self)
        self._ticking.setInterval(_LOOK_AT_CLOCK_MS)
        self._ticking.timeout.connect(self._tell_time)

    def connect_session(self, session: Session) -> None:
        """Show everything on ``session`` from now on."""
        self._session = session

    # -- towards asyncio

    def start(self, serve: Callable[[QtUi], Awaitable[None]]) -> None:
        """Run ``serve`` in a thread of its own until ``stop``."""
        self._garbage.start()
        self._thread = threading.Thread(target=self._run, args=(serve,), name="journeys", daemon=True)
        self._thread.start()
        self._ready.wait()
        self._ticking.start()

    def stop(self) -> None:
        """End the other side and wait for it."""
        self._ticking.stop()
        if self._thread is None or self._loop is None or self._stop is None:
            return
        if self._thread.is_alive():
            self._call(self._stop.set)
        self._thread.join()
        self._thread = None
        self._garbage.stop()

    def send(self, verb: str, screen: int, index: int) -> None:
        """Carry a tap over."""
        if self._ui is not None:
            self._call(self._ui.receive, Tap(verb, screen, index))

    def send_scan(self, code: str) -> None:
        """Carry a scanned code over."""
        if self._ui is not None:
            self._call(self._ui.receive_scan, code)

    def _call(self, function: Callable[..., None], *values: object) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        try:
            loop.call_soon_threadsafe(function, *values)
        except RuntimeError:
            _log.info("tap_after_end")  # the loop closed in between: nobody is there to take it

    def _run(self, serve: Callable[[QtUi], Awaitable[None]]) -> None:
        try:
            asyncio.run(self._main(serve))
        except Exception as error:  # noqa: BLE001 - the thread's last line: told to Qt, which ends the kiosk
            cause: BaseException = error
            while isinstance(cause, BaseExceptionGroup):
                cause = cause.exceptions[0]
            _log.error("journeys_ended", exception_type=type(cause).__name__)
            self.arrived.emit(_Failed(str(cause)))
        finally:
            self._ready.set()

    async def _main(self, serve: Callable[[QtUi], Awaitable[None]]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._ui = QtUi(self.arrived.emit, self._language)
        self._ready.set()
        serving = asyncio.ensure_future(serve(self._ui))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            serving.cancel()
            stopping.cancel()
            await asyncio.gather(serving, stopping, return_exceptions=True)

    # -- towards Qt

    @Slot(object)
    def _take(self, message: object) -> None:
        session = self._session
        if session is None:
            return
        match message:
            case _Show(serial, screen):
                session.show(serial, screen)
            case _Prefer(language, senior):
                session.prefer(language, senior=senior)
            case _CountDown(left):
                session.count_down(left)
            case _Help(shown):
                session.help(shown=shown)
            case _Place(hall):
                self._place(hall, session)
            case _Wipe(language):
                session.wipe(language)
                self.wiped.emit()
            case _Failed(sentence):
                self.failed.emit(sentence)

    def _place(self, hall: HallInfo | None, session: Session) -> None:
        if hall is not None:
            session.place(hall.hospital, hall.hall_name, hall.desk)
            self._server_time, self._heard = hall.server_time, time.monotonic()
            self._zone = timezone(timedelta(minutes=hall.utc_offset_min))
        self._tell_time()

    @Slot()
    def _tell_time(self) -> None:
        """Show the server's time, carried forward from its last word by the time that has passed."""
        if self._session is not None and self._server_time is not None:
            carried = timedelta(seconds=time.monotonic() - self._heard)
            now = (self._server_time + carried).astimezone(self._zone)
            self._session.tell_time(f"{now:%H:%M}")


_LOOK_AT_CLOCK_MS = 1000
