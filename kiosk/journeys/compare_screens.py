"""The screens of comparing two slips, in no language: pure functions of what is to be said."""

from __future__ import annotations

from kiosk.screen import Action, Drawing, Fact, Kind, Screen
from kiosk.words import Words, say
from queue_server.contract import Text, WhyReply


def scan_screen(*, second: bool, number: str = "") -> Screen:
    """Hold a slip before the scanner. ``number``: of the first one, where it stood on the screen and comes back."""
    first: Words = say("why.have", number=number) if number else say("why.have_one")
    return Screen(
        Kind.PROMPT,
        say("why.title_second" if second else "why.title_first"),
        lead=first if second else say("why.lead"),
        detail=say("why.detail"),
        drawing=Drawing.SCAN_SLIP,
        secondary=Action("leave", say("why.leave")) if number else None,
        back=not number,
        scans=True,
    )


def answer_screen(reply: WhyReply) -> Screen:
    """Who is or was first, and why; where neither is, that they are not compared."""
    finish, again = Action("finish", say("action.finish")), Action("again", say("why.again"))
    title: Words = say("why.title_none")
    labels: tuple[Words, ...] = ("", "")
    if reply.first is not None and reply.because == "ended":
        # Which of the two was first is no question any more.
        title = say("why.title_left", number=reply.first)
        labels = (say("why.waits"), say("why.over"))
    elif reply.first is not None:
        title = say("why.title", number=reply.first)
        labels = (say("why.first"), say(_SECOND.get(reply.because, "why.second")))
    reasons: list[Words] = [_plain(reason) for reason in reply.reasons]
    return Screen(
        Kind.COMPARE,
        title,
        lead=_plain(reply.rule),
        facts=tuple(
            Fact(label, number, reason, strong=reply.first is not None and at == 0)
            for at, (label, number, reason) in enumerate(zip(labels, reply.numbers, reasons or ["", ""], strict=False))
        ),
        primary=finish,
        secondary=again,
    )


_SECOND = {"not_here": "why.away", "paused": "why.paused"}
"""What is said of the other number where it is not simply called later, by what decides."""


def _plain(sentence: Text) -> Text:
    """The sentence without its full stop: it stands alone."""
    return Text(sentence.zh.removesuffix("。"), sentence.en.removesuffix("."))
