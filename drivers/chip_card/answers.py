"""What a card's refusals mean: status words as completion codes and sentences (ISO/IEC 7816-4:2013, table 6)."""

from __future__ import annotations

from typing import Final

from drivers.device import CompletionCode, DeviceError

NOT_KNOWN: Final = 0x6A82
"""Status word: the file was not found."""

_AT_A_COUNTER = "Nothing was read; ask at a staffed counter."

_WRONG_CARD = (
    CompletionCode.COMMAND_ERROR,
    "wrong_card",
    "This is no card that can be read here. Nothing was read; use another card.",
)
_BLOCKED = (
    CompletionCode.COMMAND_ERROR,
    "card_blocked",
    f"The card is locked: it was reported lost, or replaced. {_AT_A_COUNTER}",
)
_LOCKED_AWAY = (
    CompletionCode.COMMAND_ERROR,
    "authentication",
    f"The card does not show this without its key. {_AT_A_COUNTER}",
)
_UNSUPPORTED = (
    CompletionCode.UNSUPPORTED,
    "unsupported",
    f"The card or the reader does not know this command. {_AT_A_COUNTER}",
)

_MEANINGS: Final = {
    0x6283: _BLOCKED,
    0x6300: _LOCKED_AWAY,
    0x6982: _LOCKED_AWAY,
    0x6983: _BLOCKED,
    0x6985: _LOCKED_AWAY,
    0x6988: _LOCKED_AWAY,
    0x6A81: _BLOCKED,
    0x6A82: _WRONG_CARD,
    0x6A88: _WRONG_CARD,
    0x6D00: _WRONG_CARD,
    0x6E00: _WRONG_CARD,
    0x6700: _UNSUPPORTED,
    0x6A86: _UNSUPPORTED,
    0x6B00: _UNSUPPORTED,
}


def refusal(sw: int) -> DeviceError:
    """Turn a status word other than success into an error."""
    code, error, sentence = _MEANINGS.get(
        sw,
        (CompletionCode.HARDWARE_ERROR, "unknown", f"The card answered with status {sw:04X}. {_AT_A_COUNTER}"),
    )
    return DeviceError(code, error, sentence)
