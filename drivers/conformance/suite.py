"""Runs the checks and judges them: each is kept, broken (with a sentence), or does not apply (with the reason)."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import os
import tempfile
import threading
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from drivers.conformance.checks import CHECKS
from drivers.conformance.commands import ANY_KIND, COMMANDS
from drivers.conformance.subject import Broken, NotApplicable, Subject
from drivers.device import DeviceError
from drivers.registry import make_device

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from drivers.conformance.subject import Check
    from drivers.device import Device
    from drivers.registry import DeviceEntry

_LINES: Final = ("socket:", "pipe:", "/dev/pts/", "/dev/tty", "/dev/usb/", "/dev/input/")
_SETTLING: Final = 40
_STEP: Final = 0.05


class Verdict(enum.StrEnum):
    """How a check ended."""

    KEPT = "kept"
    BROKEN = "broken"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a driver may take, in seconds.

    Attributes:
        step: for any one step: opening, a health check, a command's end after it was cancelled.
        command: given to a command that waits.
    """

    step: float = 30.0
    command: float = 5.0


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check.

    Attributes:
        name: what must hold.
        verdict: how it ended.
        finding: what was found, for anything but ``KEPT``.
        seconds: how long it took.
    """

    name: str
    verdict: Verdict
    finding: str = ""
    seconds: float = 0.0


async def conform(
    entry: DeviceEntry,
    *,
    limits: Limits | None = None,
    make: Callable[[DeviceEntry], Device] = make_device,
    only: str | None = None,
) -> AsyncIterator[CheckResult]:
    """Run a driver through the checks; the device of the entry, or its simulator, must be there and be well.

    Args:
        entry: the device. Its driver is made anew for each check, with other addresses too.
        limits: how long it may take.
        make: makes the driver.
        only: the name of the one check to run; None = all.

    Yields:
        Each check's result as it ends.
    """
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory(prefix="houzhen-conform-") as folder:
        subject = Subject(
            entry=entry,
            make=lambda url: make(replace(entry, url=url)),
            command=COMMANDS.get(entry.kind, ANY_KIND),
            step=(limits or Limits()).step,
            patience=(limits or Limits()).command,
            folder=Path(folder),
            scheme=urlsplit(entry.url).scheme,
        )
        for check in CHECKS:
            if only is not None and check.__name__ != only:
                continue
            began = loop.time()
            verdict, finding = await _judge(check, subject)
            yield CheckResult(check.__name__, verdict, finding, loop.time() - began)


async def _judge(check: Check, subject: Subject) -> tuple[Verdict, str]:
    with _watched() as before:
        try:
            await check(subject)
        except NotApplicable as reason:
            return Verdict.NOT_APPLICABLE, str(reason)
        except Broken as finding:
            return Verdict.BROKEN, str(finding)
        except DeviceError as failure:
            return Verdict.BROKEN, f"{failure.code.value}, {failure.error}: {failure.message}"
        except Exception as failure:  # noqa: BLE001 -- any other exception of a driver is what is looked for
            return Verdict.BROKEN, f"it raised {type(failure).__name__} and not DeviceError: {failure}"
        finally:
            await subject.clear_up()
        return await _left_behind(before)


_EXAMINED: Final[ContextVar[bool]] = ContextVar("examined", default=False)
"""Whether what runs belongs to a driver under examination; tasks inherit it from who starts them."""


@dataclass(frozen=True, slots=True)
class _Traces:
    tasks: set[asyncio.Task[Any]]
    threads: frozenset[int | None]
    lines: int


@contextlib.contextmanager
def _watched() -> Iterator[_Traces]:
    """Take note of the tasks that are started in the block, here or by what was started here."""
    loop = asyncio.get_running_loop()
    started: set[asyncio.Task[Any]] = set()
    usual = loop.get_task_factory()

    def start(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> asyncio.Task[Any]:  # noqa: ANN401
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **more)
        if _EXAMINED.get():
            started.add(task)
            task.add_done_callback(started.discard)
        return task

    loop.set_task_factory(start)
    token = _EXAMINED.set(True)
    try:
        yield _Traces(started, _threads(), _lines())
    finally:
        _EXAMINED.reset(token)
        loop.set_task_factory(usual)


def _lines() -> int:
    lines = 0
    for number in os.listdir("/proc/self/fd"):  # noqa: PTH208 -- names only, and one of them is of this very listing
        with contextlib.suppress(OSError):
            lines += os.readlink(f"/proc/self/fd/{number}").startswith(_LINES)  # noqa: PTH115
    return lines


def _threads() -> frozenset[int | None]:
    # The loop's own threads stay for the next work that needs one.
    return frozenset(thread.ident for thread in threading.enumerate() if not thread.name.startswith("asyncio_"))


async def _left_behind(before: _Traces) -> tuple[Verdict, str]:
    """Look whether the driver left a task, a thread or an open line, once what ends has had time to end."""
    left: list[str] = []
    for _ in range(_SETTLING):
        left = [f"the task {task.get_name()!r} ({task.get_coro()})" for task in before.tasks]
        left += [f"the thread {ident}" for ident in _threads() - before.threads]
        left += ["an open line"] if _lines() > before.lines else []
        if not left:
            return Verdict.KEPT, ""
        await asyncio.sleep(_STEP)
    return Verdict.BROKEN, f"after it was closed there is still {', '.join(left)}"
