"""What the reader's third status byte means, as completion codes and sentences.

Source of the bytes: softs.im "身份证阅读器通信协议" and yzsam.com/html/CNvfzM; 91 is by common use only.
"""

from __future__ import annotations

from typing import Final

from drivers.device import CompletionCode, DeviceError

OK: Final = 0x90
FOUND: Final = 0x9F
NOT_FOUND: Final = 0x80
ITEM_ABSENT: Final = 0x91

_LAY_AGAIN = "Lay the card flat on the reader, keep it still, and try again."
_REPLACE = "Switch the reader off and on; if it stays, replace it."

_MEANINGS: dict[int, tuple[CompletionCode, str, str]] = {
    0x10: (CompletionCode.HARDWARE_ERROR, "garbled", "The reader received a damaged command. Check its cable."),
    0x11: (CompletionCode.HARDWARE_ERROR, "garbled", "The reader received a cut command. Check its cable."),
    0x21: (CompletionCode.UNSUPPORTED, "unsupported", "The reader does not know this command."),
    0x23: (CompletionCode.USER_ERROR, "unauthorised", "The reader is not permitted to do this."),
    0x24: (CompletionCode.HARDWARE_ERROR, "unknown", f"The reader failed without saying why. {_REPLACE}"),
    0x31: (CompletionCode.COMMAND_ERROR, "authentication", f"The card did not prove genuine. {_LAY_AGAIN}"),
    0x32: (CompletionCode.COMMAND_ERROR, "authentication", f"The card did not accept the reader. {_LAY_AGAIN}"),
    0x33: (CompletionCode.COMMAND_ERROR, "verification", f"The card's data did not verify. {_LAY_AGAIN}"),
    0x40: (CompletionCode.COMMAND_ERROR, "wrong_card", "This is no identity card. Nothing was read."),
    0x41: (CompletionCode.COMMAND_ERROR, "no_media", f"The card left before it was read. {_LAY_AGAIN}"),
    0x47: (CompletionCode.HARDWARE_ERROR, "security_module", f"The security module failed. {_REPLACE}"),
    0x60: (CompletionCode.HARDWARE_ERROR, "self_test", f"The reader failed its self-test. {_REPLACE}"),
    0x66: (CompletionCode.HARDWARE_ERROR, "unauthorised", "The reader's security module is not authorised."),
    0x80: (CompletionCode.COMMAND_ERROR, "no_media", f"There is no card on the reader. {_LAY_AGAIN}"),
    0x81: (CompletionCode.COMMAND_ERROR, "no_media", f"The card could not be selected. {_LAY_AGAIN}"),
    0x91: (CompletionCode.COMMAND_ERROR, "absent", "The card does not hold this item."),
}


def refusal(sw3: int) -> DeviceError:
    """Turn a status byte other than success into an error."""
    code, error, sentence = _MEANINGS.get(
        sw3,
        (
            CompletionCode.HARDWARE_ERROR,
            "unknown",
            f"The reader answered with status {sw3:02X}, which is not described. {_REPLACE}",
        ),
    )
    return DeviceError(code, error, sentence)
