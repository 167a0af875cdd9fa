"""A cabinet board's behaviour: pure, bytes and contacts and the time in, bytes and lights out. See docs/cabinet.md.

It runs under MicroPython, on the board (``main.py`` beside it has the pins), and under CPython, in the tests. So it
imports nothing, and keeps to what both know. Times are milliseconds of a clock that never goes back.
"""

VERSION = 1
"""Of the protocol."""
FIRMWARE = (1, 0)

IDENTIFY, LIGHT, STATE, DEBOUNCE, WATCHDOG, CLEAR = range(1, 7)
DONE, UNKNOWN_COMMAND, WRONG_LENGTH, WRONG_VALUE, NOT_FITTED = range(5)
ASKED, HEARTBEAT, CHANGED, STARTED = range(4)
OFF, CONTINUOUS, SLOW, QUICK = range(4)

BEAT_MS = 1000
DARK_MS = 30_000
USUAL_DEBOUNCE_MS = 50
DEBOUNCE_MS = (5, 1000)
SHORTEST_WATCHDOG = 10
MOST_HELD = 256
"""Bytes kept of what is no frame yet: more than the longest has."""

_FLASH_MS = {SLOW: 500, QUICK: 250}
_SIZES = {IDENTIFY: 0, LIGHT: 3, STATE: 0, DEBOUNCE: 3, WATCHDOG: 1, CLEAR: 1}
_EVENT = 0xC0
_REPLY = 0x80
_SHORTEST_BODY = 4


def crc(data: bytes) -> int:
    """Reckon CRC-16/IBM-3740: polynomial 1021, begun with FFFF."""
    register = 0xFFFF
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = ((register << 1) ^ 0x1021) & 0xFFFF if register & 0x8000 else register << 1
    return register


def packed(body: bytes) -> bytes:
    """Put check, stuffing (COBS) and the zeros around a body."""
    runs = (body + crc(body).to_bytes(2, "big")).split(b"\0")
    return b"\0" + b"".join([bytes([len(run) + 1]) + run for run in runs]) + b"\0"


def unpacked(frame: bytes) -> bytes | None:
    """Take stuffing and check off what stood between two zeros; None where it is damaged."""
    runs = []
    at = 0
    while at < len(frame):
        end = at + frame[at]
        if end > len(frame):
            return None
        runs.append(frame[at + 1 : end])
        at = end
    body = b"\0".join(runs)
    if len(body) < _SHORTEST_BODY or crc(body):
        return None  # a check over itself leaves nothing
    return body[:-2]


class Contact:
    """One contact: what it is, and what counts after it has held still."""

    def __init__(self, closed: bool, now: int) -> None:  # noqa: FBT001 -- a level
        self.level = self.closed = closed
        self.since = now
        self.latched = False
        self.changes = 0
        self.debounce = USUAL_DEBOUNCE_MS

    def look(self, closed: bool, now: int) -> bool:  # noqa: FBT001 -- a level
        """Take its level now; tell whether a change counts."""
        if closed != self.level:
            self.level, self.since = closed, now
        if self.level == self.closed or now - self.since < self.debounce:
            return False
        self.closed = self.level
        self.changes = (self.changes + 1) % 256
        self.latched = self.latched or not self.closed
        return True


class Board:
    """The board.

    Args:
        lights: how many it has.
        contacts: which of them are closed as it starts.
        has_watchdog: whether a wire to the machine's reset is fitted.
        serial: four bytes.
        now: the time.
    """

    def __init__(self, lights: int, contacts: list[bool], has_watchdog: bool, serial: bytes, now: int) -> None:  # noqa: FBT001
        self._contacts = [Contact(closed, now) for closed in contacts]
        self._lights = [(OFF, 0)] * lights
        self._has_watchdog = has_watchdog
        self._serial = serial
        self._started = self._heard = self._beaten = self._fed = now
        self._watchdog = 0
        self._pulls = False
        self._held = b""
        self._sequence = 0
        self._told_start = False

    # -- what the host says

    def hear(self, data: bytes, now: int) -> bytes:
        """Take bytes from the line; return those that answer what they complete."""
        frames = (self._held + data).split(b"\0")
        self._held = frames[-1][-MOST_HELD:]
        answers = b""
        for frame in frames[:-1]:
            body = unpacked(frame)
            if body is not None:
                self._heard = now
                result, more = self._obey(body[0], body[2:], now)
                answers += packed(bytes([body[0] | _REPLY, body[1], result]) + more)
        return answers

    def _obey(self, kind: int, payload: bytes, now: int) -> tuple[int, bytes]:
        if kind not in _SIZES:
            return UNKNOWN_COMMAND, b""
        if len(payload) != _SIZES[kind]:
            return WRONG_LENGTH, b""
        if kind == IDENTIFY:
            facts = [VERSION, FIRMWARE[0], FIRMWARE[1], len(self._lights), len(self._contacts), int(self._has_watchdog)]
            return DONE, bytes(facts) + self._serial
        if kind == STATE:
            return DONE, self._state(ASKED, now)
        if kind == LIGHT:
            result = self._light(payload[0], payload[1], payload[2])
        elif kind == WATCHDOG:
            result = self._feed(payload[0], now)
        else:
            result = self._set_contact(payload)
        return result, b""

    def _light(self, number: int, pattern: int, brightness: int) -> int:
        if number >= len(self._lights):
            return NOT_FITTED
        if pattern > QUICK or brightness > 100:  # noqa: PLR2004 -- percent
            return WRONG_VALUE
        self._lights[number] = (pattern, brightness)
        return DONE

    def _feed(self, seconds: int, now: int) -> int:
        if not self._has_watchdog:
            return NOT_FITTED
        if 0 < seconds < SHORTEST_WATCHDOG:
            return WRONG_VALUE
        self._watchdog, self._fed = seconds, now
        return DONE

    def _set_contact(self, payload: bytes) -> int:
        """Set its debounce time, where there are two bytes for it; else clear its latch."""
        if payload[0] >= len(self._contacts):
            return NOT_FITTED
        contact = self._contacts[payload[0]]
        if len(payload) == 1:
            contact.latched = not contact.closed
            return DONE
        milliseconds = int.from_bytes(payload[1:], "big")
        if not DEBOUNCE_MS[0] <= milliseconds <= DEBOUNCE_MS[1]:
            return WRONG_VALUE
        contact.debounce = milliseconds
        return DONE

    # -- what it does by itself

    def look(self, contacts: list[bool], now: int) -> bytes:
        """Take the contacts' levels and let the time pass; return what is told by itself.

        Call it every millisecond or so: a contact that flutters in between was not seen.
        """
        changed = False
        for contact, closed in zip(self._contacts, contacts):  # noqa: B905 -- MicroPython's zip knows no strict
            changed = contact.look(closed, now) or changed
        if now - self._heard >= DARK_MS:
            self._lights = [(OFF, 0)] * len(self._lights)
        if self._watchdog and now - self._fed >= self._watchdog * 1000:
            self._watchdog = 0  # once; then it waits until it is fed again
            self._pulls = True
        told = b""
        if not self._told_start:
            self._told_start = True
            told += self._told(STARTED, now)
        if changed:
            told += self._told(CHANGED, now)
        if now - self._beaten >= BEAT_MS:
            self._beaten = now
            told += self._told(HEARTBEAT, now)
        return told

    def _told(self, cause: int, now: int) -> bytes:
        self._sequence = (self._sequence + 1) % 256
        return packed(bytes([_EVENT, self._sequence]) + self._state(cause, now))

    def _state(self, cause: int, now: int) -> bytes:
        closed = latched = 0
        for number, contact in enumerate(self._contacts):
            closed |= contact.closed << number
            latched |= contact.latched << number
        head = ((now - self._started) // 1000).to_bytes(4, "big") + bytes([cause])
        counters = bytes([contact.changes for contact in self._contacts])
        return head + closed.to_bytes(2, "big") + latched.to_bytes(2, "big") + counters

    def brightness(self, number: int, now: int) -> int:
        """Return how bright a light is at this moment, in percent."""
        pattern, percent = self._lights[number]
        if pattern == OFF or (pattern != CONTINUOUS and now // _FLASH_MS[pattern] % 2):
            return 0
        return percent

    def pulls(self) -> bool:
        """Tell, once, that the machine's reset is to be pulled now."""
        pulls, self._pulls = self._pulls, False
        return pulls
