"""What is believed of a command, whatever the terminal says of it and in whatever order: every sequence of messages."""

import itertools

import pytest

from drivers.payment_terminal.codec import Apdu, Instruction
from drivers.payment_terminal.dialogue import Dialogue

SAID = {
    "done": Apdu(Instruction.STATUS_INFORMATION, bytes.fromhex("2700")),
    "declined": Apdu(Instruction.STATUS_INFORMATION, bytes.fromhex("2705")),
    "unreadable": Apdu(Instruction.STATUS_INFORMATION, bytes.fromhex("07")),
}
ENDS = {"completed": Apdu(Instruction.COMPLETION), "aborted": Apdu(Instruction.ABORT, b"\x6c"), "broken off": None}
SEQUENCES = [(said, end) for length in range(4) for said in itertools.product(SAID, repeat=length) for end in ENDS]


def heard(said, end):
    dialogue = Dialogue(taken=True)
    for one in said:
        dialogue._note(SAID[one])
    if ENDS[end] is not None:
        dialogue._note(ENDS[end])
    return dialogue


def test_nothing_is_called_failed_of_which_success_was_said_or_may_have_been():
    for said, end in SEQUENCES:
        failed = heard(said, end).failure is not None
        clear = not {"done", "unreadable"} & set(said) and ("declined" in said or end == "aborted")
        assert failed is clear, (said, end)


def test_nothing_is_called_done_of_which_failure_was_said():
    for said, end in SEQUENCES:
        clear = "declined" not in said and said[-1:] == ("done",) and end == "completed"
        assert heard(said, end).success is clear, (said, end)


@pytest.mark.parametrize("refused", [0x6C, 0x9C])
def test_a_refused_command_has_failed_unless_the_terminal_is_busy(refused):
    assert Dialogue(refusal=refused).failure == (None if refused == 0x9C else refused)
