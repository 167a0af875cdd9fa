"""For each kind of device, one command that changes nothing for good, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from drivers.call_display.driver import CallDisplay, ShowState
from drivers.chip_card.port import ChipReader
from drivers.device import CompletionCode, Device, DeviceState, HealthLevel, PrintOutcome
from drivers.document_printer.port import PagePrinter
from drivers.document_printer.sample_page import make_sample_page
from drivers.identity_card.port import IdentityCardReader
from drivers.payment_terminal.port import Terminal
from drivers.receipt_printer.document import Document, Text
from drivers.receipt_printer.port import ReceiptPrinter
from drivers.scanner.listening import BarcodeScanner

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from drivers.document_printer.printing import PrintResult


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a kind of device, as the checks use it.

    Attributes:
        run: carries it out with a limit in seconds, and tells how it ended; may raise ``DeviceError``.
        waits: it waits for a person (a card, a code), and so runs on for as long as nobody comes.
        cancels: ``cancel`` ends it. What returns at once, or is over in a moment, has nothing to cancel.
        port: what the rest of the program uses a device of this kind by; None = by what every device has.
    """

    run: Callable[[Any, float], Awaitable[CompletionCode]]
    waits: bool = False
    cancels: bool = True
    port: type[Device] | None = None


async def _wait_for_card(device: Any, limit: float) -> CompletionCode:  # noqa: ANN401 -- drivers are of any class
    return CompletionCode.SUCCESS if await device.wait_for_card(limit) else CompletionCode.TIMEOUT


async def _scan(device: Any, limit: float) -> CompletionCode:  # noqa: ANN401
    await device.scan(limit)
    return CompletionCode.SUCCESS


async def _print(device: Any, _limit: float) -> CompletionCode:  # noqa: ANN401
    result = await device.print(Document((Text("符合性检查 Conformance check"),)), job="conformance")
    if result.outcome is PrintOutcome.DONE:
        return CompletionCode.SUCCESS
    return {
        "canceled": CompletionCode.CANCELED,
        "timeout": CompletionCode.TIMEOUT,
        "no_answer": CompletionCode.TIMEOUT,
        "no_confirmation": CompletionCode.TIMEOUT,
        "gone": CompletionCode.DEVICE_NOT_READY,
        "no_device": CompletionCode.DEVICE_NOT_READY,
        "closed": CompletionCode.SEQUENCE_ERROR,
    }.get(result.error, CompletionCode.COMMAND_ERROR)


async def _print_page(device: Any, _limit: float) -> CompletionCode:  # noqa: ANN401
    result: PrintResult = await device.print(make_sample_page("Conformance check"), job="conformance")
    return result.code


async def _show(device: Any, limit: float) -> CompletionCode:  # noqa: ANN401
    state = await device.show("1").ended(limit)
    return CompletionCode.SUCCESS if state in {ShowState.SHOWN, ShowState.SENT} else CompletionCode.TIMEOUT


async def _register(device: Any, _limit: float) -> CompletionCode:  # noqa: ANN401
    await device.register()
    return CompletionCode.SUCCESS


async def _check(device: Any, _limit: float) -> CompletionCode:  # noqa: ANN401
    report = await device.check_health(HealthLevel.EXTERNAL)
    if report.healthy is not False:
        return CompletionCode.SUCCESS
    return {
        DeviceState.UNKNOWN: CompletionCode.TIMEOUT,
        DeviceState.NO_DEVICE: CompletionCode.DEVICE_NOT_READY,
    }.get(report.state, CompletionCode.COMMAND_ERROR)


COMMANDS: Final[Mapping[str, Command]] = {
    "identity_card": Command(_wait_for_card, waits=True, port=IdentityCardReader),
    "chip_card": Command(_wait_for_card, waits=True, port=ChipReader),
    "scanner": Command(_scan, waits=True, port=BarcodeScanner),
    "magnetic_stripe": Command(_scan, waits=True, port=BarcodeScanner),
    "receipt_printer": Command(_print, port=ReceiptPrinter),
    "document_printer": Command(_print_page, port=PagePrinter),
    "call_display": Command(_show, cancels=False, port=CallDisplay),
    "payment_terminal": Command(_register, port=Terminal),
}
"""By kind. Money is never moved: a terminal is registered anew."""

ANY_KIND: Final = Command(_check, cancels=False)
"""For the kinds of which nothing is known here: the health check that has the device do something."""
