"""Real-time commands are picked out at the simulated printer wherever they stand, however the bytes are cut."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.receipt_printer.simulator.realtime import COMMANDS, RealTimeFilter

PIECES = st.one_of(
    st.sampled_from([*COMMANDS, b"\x10", b"\x10\x04", b"\x10\x14\x08\x01", b"\x10\x05\x09"]),
    st.binary(max_size=40),
)


def taken(chunks):
    """The bytes for the buffer and the commands, in order."""
    picker = RealTimeFilter()
    plain, commands = bytearray(), []
    for chunk in chunks:
        for data, command in picker.split(chunk):
            plain += data
            if command is not None:
                commands.append((len(plain), command))
    return bytes(plain), commands


@given(st.lists(PIECES, max_size=8).map(b"".join), st.integers(1, 7))
def test_it_is_the_same_however_it_is_cut(data, size):
    assert taken([data]) == taken([data[at : at + size] for at in range(0, len(data), size)])


def test_commands_leave_the_picture_around_them_whole():
    picture = bytes(range(0x20, 0x60))
    plain, commands = taken([picture + b"\x10\x04\x02" + picture + b"\x10\x05\x02" + picture])
    assert plain == picture * 3
    assert commands == [(len(picture), "status 2"), (2 * len(picture), "clear and recover")]


def test_a_dle_that_begins_no_command_is_a_byte_like_others():
    assert taken([b"a\x10b\x10\x10c"]) == (b"a\x10b\x10\x10c", [])
