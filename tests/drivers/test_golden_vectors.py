"""Published bytes at the simulators: what drivers are held to in their codecs' tests holds at the far end too."""

from __future__ import annotations

import pytest

from drivers.chip_card.simulator.card import SimulatedCard
from drivers.identity_card.simulator import SimulatedReader
from drivers.payment_terminal.simulator import SimulatedTerminal


class Line:
    """A line that keeps what a simulated device says."""

    def __init__(self):
        self.said = b""

    async def send(self, delivery):
        self.said += b"".join(piece for _, piece in delivery.pieces)


async def says(device, line, heard):
    line.said = b""
    await device.receive(bytes.fromhex(heard))
    return line.said.hex(" ").upper()


FIND, SELECT, READ = "AA AA AA 96 69 00 03 20 01 22", "AA AA AA 96 69 00 03 20 02 21", "AA AA AA 96 69 00 03 30 01 32"
FOUND = "AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97"
SELECTED = "AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C"
NONE_FOUND = "AA AA AA 96 69 00 04 00 00 80 84"


async def test_a_card_is_found_selected_and_read_in_the_published_bytes():
    reader, line = SimulatedReader(), Line()
    reader.attached(line)
    assert await says(reader, line, FIND) == NONE_FOUND
    await reader.control("lay", {})
    assert await says(reader, line, FIND) == FOUND
    assert await says(reader, line, SELECT) == SELECTED
    read = bytes.fromhex(await says(reader, line, READ))
    assert len(read) == 1295
    assert read[:14].hex(" ").upper() == "AA AA AA 96 69 05 08 00 00 90 01 00 04 00"
    assert await says(reader, line, FIND) == NONE_FOUND, "until it has left"


@pytest.mark.parametrize("at", [5, 6, 7, 8, 9])
async def test_a_command_with_one_bit_wrong_is_not_carried_out(at):
    reader, line = SimulatedReader(), Line()
    reader.attached(line)
    await reader.control("lay", {})
    wrong = bytearray(bytes.fromhex(FIND))
    wrong[at] ^= 0x01
    answer = await says(reader, line, wrong.hex() + "00" * 64)
    assert FOUND not in answer
    assert (await reader.control("status", {}))["card"] == "laid"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (
            "social",
            [
                ("00A404000F7378312E73682EC9E7BBE1B1A3D5CF", "6F11840F7378312E73682EC9E7BBE1B1A3D5CF9000"),
                ("00A4020002EF06", "9000"),
                ("00B2010400", "0812" + b"999999199003070012".hex() + "9000"),
                ("00B2070400", "6A83"),
                ("00A4020002EF07", "6A82"),
            ],
        ),
        (
            "mifare",
            [
                ("FFCA000000", "04A1B2C39000"),
                ("FFB0000410", "6982"),
                ("FF82006006A0A1A2A3A4A5", "9000"),
                ("FF860000050100046001", "9000"),
                ("FFB0000410", b"H0000001".hex() + "00" * 8 + "9000"),
            ],
        ),
    ],
)
def test_a_card_answers_the_published_commands(kind, told):
    card = SimulatedCard(kind)
    card.power(on=True)
    assert [card.answer(bytes.fromhex(command)).hex().upper() for command, _ in told] == [
        answer.upper() for _, answer in told
    ]


PAY = "06 01 07 04 00 00 00 00 12 50"


async def test_a_payment_of_12_50_in_a_block_is_taken_and_a_wrong_check_is_not():
    terminal, line = SimulatedTerminal(blocks=True, manual=False), Line()
    terminal.attached(line)
    assert await says(terminal, line, f"10 02 {PAY} 10 03 2D F6") == "15"
    assert (await terminal.control("status", {}))["transactions"] == []
    taken = await says(terminal, line, f"10 02 {PAY} 10 03 2D F7")
    assert taken.startswith("06 10 02 80 00 00 10 03")
    (transaction,) = (await terminal.control("status", {}))["transactions"]
    assert (transaction["kind"], transaction["fen"]) == ("pay", 1250)


async def test_a_payment_of_12_50_by_network():
    terminal, line = SimulatedTerminal(blocks=False, manual=False), Line()
    terminal.attached(line)
    registered = await says(terminal, line, "06 00 08 00 00 00 BE 09 78 03 00")
    assert registered.startswith("80 00 00 06 0F")
    await says(terminal, line, "80 00 00")
    said = [await says(terminal, line, PAY)]
    assert said[0].startswith("80 00 00 04 FF")
    while message := await says(terminal, line, "80 00 00"):
        said.append(message)
    (result,) = [message for message in said if message.startswith("04 0F")]
    assert "27 00" in result
    assert "04 00 00 00 00 12 50" in result
    assert said[-1].startswith("06 0F")
