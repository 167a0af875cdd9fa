"""What ZVT's result codes and intermediate states mean, in our words.

Source: "ECR-Interface ZVT-Protocol" PA00P015, chapters "Error messages" and "Intermediate status", as listed in
Portalum.Zvt's and bezahl-online/zvt's repositories. Every code other than 0 says that no money moved.
"""

from __future__ import annotations

from typing import Final

from drivers.payment_terminal.port import Stage

SUCCESS: Final = 0x00
STOPPED: Final = 0x6C
"""Ended by a key, by a command, or because nobody did anything."""
BUSY: Final = 0x9C
IMPOSSIBLE: Final = 0x83
PRINTER: Final = 0xCC

_NOTHING = "No money moved."

_RESULTS: Final = {
    0x0D: ("amount", "The amount was not accepted."),
    0x19: ("cannot_reverse", "The reversal was declined."),
    0x36: ("card", "The card has expired."),
    0x37: ("pin", "The PIN was wrong."),
    0x38: ("pin", "The PIN was wrong."),
    0x51: ("pin", "The PIN was wrong."),
    0x64: ("card", "The card could not be read."),
    0x65: ("card", "The card's data is not there."),
    0x6A: ("day_full", "The terminal's store is full. Close the day."),
    0x6B: ("not_registered", "The terminal is not registered."),
    STOPPED: ("aborted", "The payment was ended at the terminal, or nobody went on with it."),
    0x6E: ("card", "The card is blocked."),
    0x6F: ("currency", "The card is not for this currency."),
    0x71: ("declined", "The card holds too little."),
    0x72: ("card", "The card's chip failed."),
    0x77: ("end_of_day", "The day cannot be closed now."),
    0x78: ("card", "The card has expired."),
    0x7A: ("card", "The card is not known."),
    0x7D: ("host", "The payment centre did not answer."),
    IMPOSSIBLE: ("unsupported", "The terminal cannot do this."),
    0x9A: ("protocol", "The terminal did not understand the command."),
    0x9B: ("host", "The connection to the payment centre failed."),
    BUSY: ("busy", "The terminal is busy."),
    0xA0: ("host", "The payment centre is not ready."),
    0xA1: ("host", "The payment centre did not answer."),
    0xA3: ("host", "There is no connection to the payment centre."),
    0xB1: ("day_full", "The terminal's store is full. Close the day."),
    0xB4: ("already_reversed", "This payment has been reversed before."),
    0xB5: ("cannot_reverse", "This payment cannot be reversed."),
    0xC2: ("diagnosis", "The terminal needs a diagnosis."),
    0xC3: ("amount", "The amount is above the limit."),
    PRINTER: ("paper_out", "The terminal's printer is not ready. Check its paper."),
    0xDC: ("card_inserted", "There is a card in the terminal. Take it out."),
    0xE2: ("reader", "The terminal's card reader is defective."),
    0xF0: ("end_of_day", "The day before has not been closed."),
}


def result(code: int) -> tuple[str, str]:
    """Return the error and the sentence of a result code other than 0."""
    error, sentence = _RESULTS.get(code, ("declined", f"The payment was declined (code {code:02X})."))
    return error, f"{sentence} {_NOTHING}"


_REMOVE: Final = 0x40
_LAST_REMOVE: Final = 0x67

_STAGES: Final = {
    0x00: Stage.AMOUNT,
    0x01: Stage.PIN,
    0x02: Stage.PIN,
    0x04: Stage.HOST,
    0x05: Stage.REVERSING,
    0x0A: Stage.CARD,
    0x0B: Stage.REMOVE_CARD,
    0x1B: Stage.APPROVED,
    0x1C: Stage.APPROVED,
    **dict.fromkeys((0x03, 0x07, 0x08, 0x09, 0x0C, 0x10, 0x13, 0x14, 0x15, 0x16, 0x18, 0x19, 0x1D), Stage.DECLINED),
    0xD2: Stage.HOST,
    0xD3: Stage.HOST,
}


def stage(code: int) -> Stage:
    """Return what an intermediate state means; one that is not known is a wait.

    From 41 to 67 the states of 01 to 27 return with "please remove the card", which is what the person has to know.
    """
    if _REMOVE < code <= _LAST_REMOVE:
        inner = _STAGES.get(code - _REMOVE)
        return inner if inner is Stage.DECLINED else Stage.REMOVE_CARD
    return _STAGES.get(code, Stage.WAIT)
