"""The screens of paying by card and of giving money back, in no language."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeAlias

from drivers.payment_terminal.port import Stage
from kiosk.journeys.wait_screens import moving_screen
from kiosk.screen import Action, Drawing, Fact, Kind, Mark, Screen
from kiosk.words import Words, say

CANCEL: Final = "cancel"
WAITS_FOR_PATIENT: Final = frozenset({Stage.WAIT, Stage.AMOUNT, Stage.CARD, Stage.PIN})
"""The payment can be ended while it does; after it the bank has the word."""


_STEPS: Final = (say("pay.step_card"), say("pay.step_pin"), say("pay.step_bank"), say("pay.step_take"))
_AT: Final = {Stage.WAIT: 0, Stage.AMOUNT: 0, Stage.CARD: 0, Stage.PIN: 1, Stage.REMOVE_CARD: 3}
_BANK: Final = 2

_Asked: TypeAlias = tuple[Words, Words, Drawing, bool]
"""Title, lead and drawing, and whether the patient has something to do."""

_TAKE_CARD: Final[_Asked] = (say("pay.take_card"), say("pay.take_card_lead"), Drawing.PULL_BANK_CARD, True)


def pay_screen(amount: Words, stage: Stage, *, ending: bool) -> Screen:
    """What to do at the terminal, or what it is doing. ``ending``: it was asked to end the payment."""
    cancel: Action | None = None
    if stage in WAITS_FOR_PATIENT and not ending:
        title, lead, drawing, acts = _asked_at_terminal(amount, stage)
        cancel = Action(CANCEL, say("pay.cancel"))
    elif stage is Stage.REMOVE_CARD:
        title, lead, drawing, acts = _TAKE_CARD
    else:
        title, lead, drawing, acts = _waited_for(amount, stage), say("pay.wait"), Drawing.ASK_BANK, False
    if stage is Stage.ASKING:
        lead = say("pay.asking_lead")
    screen = moving_screen(title, lead, drawing, acts=acts, unwanted=cancel)
    return replace(screen, facts=(Fact(say("pay.amount"), amount),), steps=_STEPS, at_step=_AT.get(stage, _BANK))


def _asked_at_terminal(amount: Words, stage: Stage) -> _Asked:
    if stage is Stage.PIN:
        return say("pay.pin"), say("pay.pin_lead"), Drawing.ENTER_PIN, True
    return say("pay.title", amount=amount), say("pay.lead"), Drawing.PAY_CARD, True


def _waited_for(amount: Words, stage: Stage) -> Words:
    if stage in WAITS_FOR_PATIENT:
        return say("pay.ending")
    return say("pay.asking" if stage is Stage.ASKING else "pay.bank", amount=amount)


def asking_screen(amount: Words) -> Screen:
    """Whether the money was taken is being found out."""
    return pay_screen(amount, Stage.ASKING, ending=False)


def paid_screen(amount: Words) -> Screen:
    """The money was taken once: told where that was in doubt, or where the patient wanted to cancel it."""
    return _certain(say("pay.done", amount=amount), say("pay.done_lead"))


def refunding_screen(amount: Words, stage: Stage) -> Screen:
    """The money is on its way back, or the terminal asks for the card, or whether it is back is being found out."""
    title, lead, drawing, acts = _refunding(amount, stage)
    screen = moving_screen(title, lead, drawing, acts=acts)
    return replace(screen, facts=(Fact(say("pay.refund_amount"), amount),))


def _refunding(amount: Words, stage: Stage) -> _Asked:
    match stage:
        case Stage.CARD:
            return say("pay.refund_card"), say("pay.refund_card_lead"), Drawing.PAY_CARD, True
        case Stage.PIN:
            return _asked_at_terminal(amount, stage)
        case Stage.REMOVE_CARD:
            return _TAKE_CARD
    title = say("pay.asking_refund" if stage is Stage.ASKING else "pay.refunding", amount=amount)
    return title, say("pay.refunding_lead"), Drawing.GIVE_BACK, False


def refunded_screen(amount: Words) -> Screen:
    """The money is back."""
    return _certain(say("pay.refunded", amount=amount), say("pay.refunded_lead"))


def _certain(title: Words, lead: Words) -> Screen:
    go_on = Action("go_on", say("pay.go_on"))
    return Screen(Kind.OUTCOME, title, lead=lead, mark=Mark.DONE, primary=go_on, home=False)
