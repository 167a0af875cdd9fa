"""The checks. Each is a function whose name and first line say what a driver must do."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from drivers.conformance.subject import Broken, NotApplicable, Subject, must
from drivers.device import CompletionCode, DeviceError, DeviceState, HealthLevel, Lifecycle, state_after
from drivers.relay import Mode

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from drivers.conformance.subject import Check
    from drivers.device import Device, HealthReport

_NOT_THERE = (DeviceState.NO_DEVICE, DeviceState.POWER_OFF)


async def says_what_it_is(subject: Subject) -> None:
    """It is what its entry says, and closed until it is opened."""
    device = subject.device()
    for what in ("name", "kind", "driver", "url"):
        told, wanted = getattr(device.info, what), getattr(subject.entry, what)
        must(told == wanted, f"its info.{what} is {told!r}, and its entry's is {wanted!r}")
    must(device.lifecycle is Lifecycle.CLOSED, f"before it was opened its lifecycle is {device.lifecycle.value}")


async def has_the_commands_of_its_kind(subject: Subject) -> None:
    """It has what the rest of the program uses a device of its kind by."""
    port = subject.command.port
    if port is None:
        raise NotApplicable("of its kind nothing is used but what every device has")
    device = subject.device()
    lacking = [name for name in dir(port) if not name.startswith("_") and not hasattr(device, name)]
    must(isinstance(device, port), f"it is no {port.__name__}: it lacks {', '.join(lacking) or 'that class'}")


async def keeps_the_order(subject: Subject) -> None:
    """Open, claim, enable: any other order is a sequence error, and closing twice is none."""
    device = subject.device()
    await subject.within(device.close(), "close")
    await _sequence_error(subject, device.claim(1.0), "claim before open")
    await _sequence_error(subject, device.enable(), "enable before open")
    report = await _health(subject, device)
    must(report.healthy is False, f"closed, its health is {report.healthy} and not false")
    _not_well(report, "closed")
    await subject.within(device.open(), "open")
    must(device.lifecycle is Lifecycle.OPENED, f"after open its lifecycle is {device.lifecycle.value}")
    await _sequence_error(subject, device.open(), "open while open")
    await _sequence_error(subject, device.enable(), "enable before claim")
    _not_well(await _health(subject, device), "not enabled")
    await subject.within(device.claim(1.0), "claim")
    must(device.lifecycle is Lifecycle.CLAIMED, f"after claim its lifecycle is {device.lifecycle.value}")
    await subject.within(device.enable(), "enable")
    must(device.lifecycle is Lifecycle.ENABLED, f"after enable its lifecycle is {device.lifecycle.value}")
    for _ in range(2):
        await subject.within(device.close(), "close")
        must(device.lifecycle is Lifecycle.CLOSED, f"after close its lifecycle is {device.lifecycle.value}")


async def tells_that_nothing_is_there(subject: Subject) -> None:
    """Where nothing is it says so, in time, and is closed."""
    device = subject.device(subject.nowhere())
    failure = await _refused(subject, device.open(), "open where nothing is")
    must(failure is not None, "it opened where nothing is")
    if failure is not None:
        state = state_after(failure)
        must(state in _NOT_THERE, f"where nothing is it said {failure.error}, which is taken for {state.value}")
    must(device.lifecycle is Lifecycle.CLOSED, f"its lifecycle is then {device.lifecycle.value}")
    await subject.within(device.close(), "close")


async def is_not_well_on_a_mute_line(subject: Subject) -> None:
    """On a line that says nothing each step ends in time; it is mute (unknown), not away, and never well."""
    await _on_a_line(subject, Mode.MUTE)


async def is_not_well_on_a_line_that_takes_nothing(subject: Subject) -> None:
    """The same on a line that takes nothing."""
    await _on_a_line(subject, Mode.DEAF)


async def is_not_well_on_a_line_of_noise(subject: Subject) -> None:
    """The same on a line of noise without end."""
    await _on_a_line(subject, Mode.NOISE)


async def is_well_at_two_levels(subject: Subject) -> None:
    """With its device there, the checks that need no person find it well, or cannot tell; three at once take turns."""
    device = await subject.enabled()
    for level in (HealthLevel.INTERNAL, HealthLevel.EXTERNAL):
        report = await subject.within(device.check_health(level), f"check_health({level.value})")
        must(report.level is level, f"asked for {level.value} it reports {report.level.value}")
        must(report.healthy is not False, f"{level.value}: it is not well: {', '.join(report.findings)}")
        must(bool(report.findings), f"{level.value}: its report has no findings")
        if report.healthy is None:
            must(report.state is not DeviceState.ONLINE or bool(report.findings), "nobody can tell, yet it is online")
    together = asyncio.gather(*(device.check_health(HealthLevel.INTERNAL) for _ in range(3)))
    for report in await subject.within(together, "three health checks at once"):
        must(report.healthy is not False, f"of three at once one found: {', '.join(report.findings)}")


async def can_be_opened_again(subject: Subject) -> None:
    """Closed, it can be opened again, as often as it has to be."""
    device = subject.device()
    for turn in range(3):
        await subject.enable(device)
        report = await _health(subject, device)
        must(report.healthy is not False, f"opened {turn + 1} times, it is not well: {', '.join(report.findings)}")
        await subject.within(device.close(), "close")


async def finds_out_that_it_fell_silent(subject: Subject) -> None:
    """A device that falls silent in use is never shown as well; when it speaks again it can be used again."""
    relay = await subject.relay(to_device=True)
    device = await subject.enabled(relay.url)
    answers = (await _health(subject, device)).healthy is True
    relay.mode = Mode.MUTE
    report = await _health(subject, device)
    if answers:
        _not_well(report, "after it fell silent")
        must(report.state not in _NOT_THERE, f"mute, it is shown as {report.state}")
    await subject.within(device.close(), "close")
    relay.mode = Mode.PASS
    await subject.enable(device)
    report = await _health(subject, device)
    must(report.healthy is not False, f"speaking again, it is not well: {', '.join(report.findings)}")


async def notices_that_its_line_broke(subject: Subject) -> None:
    """A line that breaks under a command ends it in time, and the device is away, not well."""
    relay = await subject.relay(to_device=True)
    device = await subject.enabled(relay.url)
    async with subject.running(device) as command:
        await relay.cut()
        ending = await subject.ending(command)
        must(ending is not CompletionCode.CANCELED, "the command ended as if somebody had cancelled it")
    report = await _health(subject, device)
    must(report.state in _NOT_THERE, f"after its line broke its state is {report.state}")
    must(report.healthy is False, f"after its line broke its health is {report.healthy}")


async def keeps_a_commands_deadline(subject: Subject) -> None:
    """A command to a device that fell silent ends by its deadline, as timed out and not as cancelled."""
    relay = await subject.relay(to_device=True)
    device = await subject.enabled(relay.url)
    relay.mode = Mode.MUTE
    ending = await subject.ending(_run(subject, device, subject.patience))
    gives_no_answers = (await _health(subject, device)).healthy is None
    allowed = {CompletionCode.TIMEOUT} | ({CompletionCode.SUCCESS} if gives_no_answers else set())
    must(ending in allowed, f"mute, the command ended as {ending.value} and not as {CompletionCode.TIMEOUT.value}")


async def ends_a_command_that_is_cancelled(subject: Subject) -> None:
    """``cancel`` ends the command under way as cancelled, not as timed out; the next one is carried out."""
    cancel = getattr(subject.device(), "cancel", None)
    if cancel is None or not subject.command.cancels:
        raise NotApplicable("its command has nothing to cancel")
    relay = await subject.relay(to_device=True)
    device = await subject.enabled(relay.url)
    if not subject.command.waits:
        relay.mode = Mode.MUTE
    async with subject.running(device) as command:
        must(not command.done(), f"the command ended by itself: {command}")
        must(await device.cancel() is True, "a command was under way, but cancel said that there was none")  # type: ignore[attr-defined]
        ending = await subject.ending(command)
        must(ending is CompletionCode.CANCELED, f"cancelled, the command ended as {ending.value}")
    must(await device.cancel() is False, "no command was under way, but cancel said that there was one")  # type: ignore[attr-defined]
    relay.mode = Mode.PASS
    await _works_again(subject, device)


async def survives_a_task_that_is_cancelled(subject: Subject) -> None:
    """Where the task that waits for a command is cancelled, the next command starts clean."""
    relay = await subject.relay(to_device=True)
    device = await subject.enabled(relay.url)
    async with subject.running(device) as command:
        command.cancel()
        await subject.within(asyncio.wait({command}), "the command whose task was cancelled")
        if not command.cancelled() and (failure := command.exception()) is not None:
            raise failure
    await _works_again(subject, device)


async def can_be_closed_under_a_command(subject: Subject) -> None:
    """Closing ends the command under way with an error, in time; it can be opened again."""
    relay = await subject.relay(to_device=True)
    device = await subject.enabled(relay.url)
    if not subject.command.waits:
        relay.mode = Mode.MUTE
    async with subject.running(device) as command:
        await subject.within(device.close(), "close")
        must(device.lifecycle is Lifecycle.CLOSED, f"after close its lifecycle is {device.lifecycle.value}")
        ending = await subject.ending(command)
        must(ending is not CompletionCode.CANCELED, "the command ended as if somebody had cancelled it")
    must(device.lifecycle is Lifecycle.CLOSED, f"closed under a command, its lifecycle is {device.lifecycle.value}")
    relay.mode = Mode.PASS
    await subject.enable(device)
    report = await _health(subject, device)
    must(report.healthy is not False, f"opened again, it is not well: {', '.join(report.findings)}")


CHECKS: Final[tuple[Check, ...]] = (
    says_what_it_is,
    has_the_commands_of_its_kind,
    keeps_the_order,
    tells_that_nothing_is_there,
    is_not_well_on_a_mute_line,
    is_not_well_on_a_line_that_takes_nothing,
    is_not_well_on_a_line_of_noise,
    is_well_at_two_levels,
    can_be_opened_again,
    finds_out_that_it_fell_silent,
    notices_that_its_line_broke,
    keeps_a_commands_deadline,
    ends_a_command_that_is_cancelled,
    survives_a_task_that_is_cancelled,
    can_be_closed_under_a_command,
)
"""In the order in which they run. After each, no task, thread or open line may be left."""


async def _on_a_line(subject: Subject, mode: Mode) -> None:
    relay = await subject.relay(to_device=False)
    relay.mode = mode
    device = subject.device(relay.url)
    try:
        await subject.enable(device)
    except DeviceError as failure:
        state = state_after(failure)
        must(state not in _NOT_THERE, f"it said {failure.error}, which is taken for {state.value}; something is there")
        must(state is not DeviceState.ONLINE, f"it said {failure.error}, which is taken for well")
        must(device.lifecycle is not Lifecycle.ENABLED, "it failed, yet it is enabled")
    else:
        _not_well(await _health(subject, device), f"on a line that is {mode.value}")
    await subject.within(device.close(), "close")


async def _works_again(subject: Subject, device: Device) -> None:
    """See that a device is well, opened anew if it closed itself, as its user would."""
    if device.lifecycle is not Lifecycle.ENABLED:
        await subject.within(device.close(), "close")
        await subject.enable(device)
    report = await _health(subject, device)
    must(report.healthy is not False, f"after it, it is not well: {', '.join(report.findings)}")


async def _run(subject: Subject, device: Device, limit: float) -> CompletionCode:
    return await subject.command.run(device, limit)


async def _health(subject: Subject, device: Device) -> HealthReport:
    return await subject.within(device.check_health(HealthLevel.INTERNAL), "check_health")


def _not_well(report: HealthReport, when: str) -> None:
    must(report.healthy is not True, f"{when}, its health is true")
    must(report.state is not DeviceState.ONLINE, f"{when}, its state is online")


async def _refused(subject: Subject, work: Awaitable[None], what: str) -> DeviceError | None:
    try:
        await subject.within(work, what)
    except DeviceError as failure:
        return failure
    return None


async def _sequence_error(subject: Subject, work: Awaitable[None], what: str) -> None:
    failure = await _refused(subject, work, what)
    if failure is None:
        raise Broken(f"{what} succeeded")
    must(
        failure.code is CompletionCode.SEQUENCE_ERROR,
        f"{what} ended as {failure.code.value} and not as {CompletionCode.SEQUENCE_ERROR.value}",
    )
