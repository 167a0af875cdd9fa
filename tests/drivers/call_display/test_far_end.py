"""The driver against somebody else's Modbus: pymodbus as the board, and as the witness of what the board holds."""

import asyncio
import contextlib

import pytest
from pymodbus import FramerType
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.framer.rtu import FramerRTU
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from drivers.call_display import modbus
from drivers.call_display.boards import ModbusBoard, RegisterMap
from drivers.call_display.driver import CallDisplay, ShowState, Timing
from drivers.device import DeviceState, HealthLevel

PATIENT = Timing(connect=10, thought=10, margin=10, retry=0.01, refresh=0)
UNIT = 7
REGISTERS = RegisterMap(text_at=16, text_registers=16, columns=32, brightness_at=100)


@contextlib.asynccontextmanager
async def far_end():
    """RTU frames over TCP, as behind a serial server; registers 16 to 31 and 100."""
    registers = [SimData(16, values=[0] * 16, datatype=DataType.REGISTERS), SimData(100, datatype=DataType.REGISTERS)]
    server = ModbusTcpServer(SimDevice(UNIT, simdata=registers), framer=FramerType.RTU, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    try:
        yield server.transport.sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


async def held(port, address, count):
    """What the board holds, as somebody else's client reads it."""
    client = AsyncModbusTcpClient("127.0.0.1", port=port, framer=FramerType.RTU)
    assert await client.connect()
    try:
        return (await client.read_holding_registers(address, count=count, device_id=UNIT)).registers
    finally:
        client.close()


async def test_a_text_is_in_the_registers_of_somebody_elses_board():
    async with far_end() as port:
        display = CallDisplay("board", f"tcp://127.0.0.1:{port}", ModbusBoard(UNIT, REGISTERS), timing=PATIENT)
        await display.open()
        await display.claim(1)
        await display.enable()
        try:
            assert await display.show("请A023号到3诊室").ended(60) is ShowState.SHOWN
            assert (await display.check_health(HealthLevel.INTERNAL)).state is DeviceState.ONLINE
            words = await held(port, 16, 16)
            text = b"".join(word.to_bytes(2, "big") for word in words)
            assert text.decode("gbk").rstrip() == "请A023号到3诊室"
        finally:
            await display.close()


async def test_a_register_that_is_not_there_is_refused_by_somebody_elses_board():
    async with far_end() as port:
        elsewhere = RegisterMap(text_at=16, text_registers=17, columns=32)
        display = CallDisplay("board", f"tcp://127.0.0.1:{port}", ModbusBoard(UNIT, elsewhere), timing=PATIENT)
        await display.open()
        await display.claim(1)
        await display.enable()
        try:
            ticket = display.show("A023")
            async with asyncio.timeout(60):
                while ticket.error is None:
                    await held(port, 16, 1)
            assert (ticket.state, ticket.error) == (ShowState.PENDING, "refused")
            assert "Modbus exception 2" in ticket.message
        finally:
            await display.close()


@pytest.mark.parametrize("data", ["110300 6B0003", "1110000100020400 0A0102", "F706FFFF0000", "01"])
def test_the_check_is_the_same_as_somebody_elses(data):
    body = bytes.fromhex(data)
    assert modbus.crc(body) == FramerRTU.compute_CRC(body).to_bytes(2, "big")
