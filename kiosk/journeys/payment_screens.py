"""The screens of paying by card and of giving money back, in no language."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from drivers.payment_terminal.port import Stage
from kiosk.journeys.wait_screens import wait_screen
from kiosk.screen import Action, Drawing, Kind, Mark, Screen
from kiosk.words import Words, say

CANCEL: Final = "cancel"
WAITS_FOR_PATIENT: Final = frozenset({Stage.WAIT, Stage.AMOUNT, Stage.CARD, Stage.PIN})
"""The payment can be ended while it does; after it the bank has the word."""


def pay_screen(amount: Words, stage: Stage, *, ending: bool) -> Screen:
    """What to do at the terminal, or what it is doing. ``ending``: it was asked to end the payment."""
    if ending and stage in WAITS_FOR_PATIENT:
        return wait_screen(say("pay.ending"))
    match stage:
        case Stage.PIN:
            title, lead, drawing = say("pay.pin"), say("pay.pin_lead"), Drawing.ENTER_PIN
        case Stage.HOST | Stage.APPROVED | Stage.DECLINED:
            return wait_screen(say("pay.bank", amount=amount))
        case Stage.REMOVE_CARD:
            screen = wait_screen(say("pay.take_card"), drawing=Drawing.PULL_BANK_CARD)
            return replace(screen, lead=say("pay.take_card_lead"), detail=None)
        case Stage.ASKING:
            return asking_screen(amount)
        case _:
            title, lead, drawing = say("pay.title", amount=amount), say("pay.lead"), Drawing.PAY_CARD
    screen = wait_screen(title, drawing=drawing)
    return replace(screen, lead=lead, detail=None, secondary=Action(CANCEL, say("pay.cancel")))


def asking_screen(amount: Words) -> Screen:
    """Whether the money was taken is being found out."""
    return replace(wait_screen(say("pay.asking", amount=amount)), lead=say("pay.asking_lead"))


def paid_screen(amount: Words) -> Screen:
    """The money was taken once: told where that was in doubt, or where the patient wanted to cancel it."""
    return _certain(say("pay.done", amount=amount), say("pay.done_lead"))


def refunding_screen(amount: Words, *, asking: bool) -> Screen:
    """The money is on its way back. ``asking``: whether it is back is being found out."""
    title = say("pay.asking_refund" if asking else "pay.refunding", amount=amount)
    return replace(wait_screen(title), lead=say("pay.refunding_lead"))


def refunded_screen(amount: Words) -> Screen:
    """The money is back."""
    return _certain(say("pay.refunded", amount=amount), say("pay.refunded_lead"))


def _certain(title: Words, lead: Words) -> Screen:
    go_on = Action("go_on", say("pay.go_on"))
    return Screen(Kind.OUTCOME, title, lead=lead, mark=Mark.DONE, primary=go_on, home=False)
