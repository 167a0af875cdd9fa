"""Every duration of the kiosk, in one place.

Idle times and the countdown follow WCAG 2.2 success criterion 2.2.1 (at least 20 s to extend by one simple action).
"""

from __future__ import annotations

from dataclasses import dataclass

MIN_COUNTDOWN = 20


@dataclass(frozen=True)
class Durations:
    """Seconds, unless the name says milliseconds.

    Attributes:
        idle: without a touch until the countdown begins.
        idle_senior: the same in senior mode.
        ticket: the same on the ticket screen and on outcomes, where there is nothing left to do.
        countdown: of the countdown itself.
        card: to lay the card down before the screen says that it found none.
        payment: to show the card terminal a card before the payment is ended.
        say_wait: a wait longer than this says that it takes longer.
        motion_ms: a screen's fade.
        travel_ms: the drawing's card, once.
    """

    idle: float = 60.0
    idle_senior: float = 120.0
    ticket: float = 30.0
    countdown: int = 20
    card: float = 45.0
    payment: float = 90.0
    say_wait: float = 5.0
    motion_ms: int = 60
    travel_ms: int = 1400

    def __post_init__(self) -> None:
        """Refuse a countdown shorter than patients need."""
        if self.countdown < MIN_COUNTDOWN:
            raise ValueError(
                f"durations.countdown is {self.countdown} s; patients need at least {MIN_COUNTDOWN} s (WCAG 2.2.1)."
            )
