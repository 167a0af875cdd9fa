"""The simulated printer's behaviour: operations, jobs, paper and troubles.

Verbs of the control channel, beside those of every simulator: ``trouble`` (``reason``: an IPP keyword; ``stops``:
whether printing waits for it, true by default), ``mend`` (no trouble any more, or not that of ``reason``), ``accept``
(``yes``), ``forget`` (jobs that ended), ``reset`` (all jobs and troubles), ``restart`` (all of it, and its clock),
``hold`` (``yes``: pages wait) and ``status``.

Faults on ``printer``, ``validate``, ``create``, ``send``, ``print``, ``job``, ``jobs`` and ``cancel``: those of every
line (``stop_reading``: of documents), ``refuse`` (an IPP status, 0x0507), ``http`` (an HTTP status, 503), ``garbage``
(no IPP), ``lost`` (carried out, and the connection is closed instead of answered), ``torn`` (the connection is closed
once ``value`` bytes of the document, by default 100, were taken; what came is dropped) and ``taken_for_whole`` (the
same, but what came is printed), ``taken_and_refused`` (carried out, and answered with an IPP status, 0x0508). On
``page``: ``paper_out``, ``door``, ``jam`` and ``toner_out`` (mended by themselves after ``value`` seconds), ``abort``
and ``cancel_at_panel``.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from drivers.document_printer.simulator.messages import Request, answer, began, dots, numbers, span, truth, words
from drivers.document_printer.simulator.paper import Pages, UnprintableError
from drivers.faults import LINE_ACTIONS, Fault, FaultPlan
from drivers.simulator import ControlError

if TYPE_CHECKING:
    from pathlib import Path

OPERATIONS: Final = {
    0x0002: "print",
    0x0004: "validate",
    0x0005: "create",
    0x0006: "send",
    0x0008: "cancel",
    0x0009: "job",
    0x000A: "jobs",
    0x000B: "printer",
}
_TROUBLES: Final = {
    "paper_out": "media-empty-error",
    "door": "door-open-error",
    "jam": "media-jam-error",
    "toner_out": "toner-empty-error",
}
ACTIONS: Final = LINE_ACTIONS | {
    "refuse",
    "http",
    "garbage",
    "lost",
    "torn",
    "taken_for_whole",
    "taken_and_refused",
    "abort",
    "cancel_at_panel",
    *_TROUBLES,
}
_WAITING, _HELD, _PRINTING, _STOPPED, _CANCELED, _ABORTED, _COMPLETED = range(3, 10)


@dataclass(slots=True)
class Job:
    """A job, and what came out of it."""

    id: int
    name: str
    user: str
    copies: int = 1
    sides: str = "one-sided"
    kind: str = ""
    content: bytes = b""
    state: int = _WAITING
    reasons: str = "none"
    begun: int | None = None
    out: int = 0
    files: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Model:
    """What the simulated printer is.

    Attributes:
        formats: MIME types that it prints.
        duplex: whether it prints on both sides.
        color: whether it prints colours.
        creates: whether it knows Create-Job.
        versions: of IPP.
        queue: jobs that wait beside the one that prints; beyond, it is busy.
        page_seconds: how long it takes for a page.
        counts: whether it tells how many pages came out, and how large a document was.
        names: whether it tells the names of jobs.
        times: whether it tells when it began a job.
        overruns: whether the page in its paper path still comes out of a job that is ended.
    """

    formats: tuple[str, ...] = ("application/pdf", "image/pwg-raster")
    duplex: bool = True
    color: bool = True
    creates: bool = True
    versions: tuple[str, ...] = ("1.1", "2.0")
    queue: int = 5
    page_seconds: float = 1.0
    counts: bool = True
    names: bool = True
    times: bool = True
    overruns: bool = False


class SimulatedPrinter:
    """See the module's head.

    Args:
        model: what it is.
        pages: where each page is drawn; None = nowhere.
    """

    def __init__(self, model: Model, pages: Path | None = None) -> None:
        self.faults = FaultPlan(ACTIONS)
        self._model = model
        self._folder = pages
        self._jobs: dict[int, Job] = {}
        self._last = 0
        self._started = time.monotonic()
        self._troubles: dict[str, bool] = {}
        self._accepting = True
        self._held = False
        self._changed = asyncio.Event()
        self._asked: dict[str, int] = {}

    # -- operations

    def receives(self, request: Request) -> tuple[str, tuple[Fault, ...]]:
        """Name a request, and tell which faults strike it."""
        name = OPERATIONS.get(request.operation, "other")
        self._asked[name] = self._asked.get(name, 0) + 1
        return name, self.faults.strike(name)

    def carry_out(self, name: str, request: Request, document: bytes) -> bytes:  # noqa: PLR0911 -- one for each
        """Do what is asked; return the answer."""
        major = f"{request.version[0]}.{request.version[1]}"
        if major not in self._model.versions:
            return answer(request, 0x0503)
        match name:
            case "printer":
                return answer(request, 0, (4, self._about()))
            case "validate":
                return answer(request, self._objection(request))
            case "create" | "print" if name == "print" or self._model.creates:
                return self._begin(name, request, document)
            case "send" if self._model.creates:
                return self._give(request, document)
            case "job" | "cancel":
                return self._of_job(name, request)
            case "jobs":
                return self._list(request)
            case _:
                return answer(request, 0x0501)

    def _about(self) -> bytes:
        state = 5 if any(self._troubles.values()) else 4 if self._current() else 3
        model = self._model
        known = [number for number, name in OPERATIONS.items() if model.creates or name not in {"create", "send"}]
        sides = ["one-sided", *(("two-sided-long-edge", "two-sided-short-edge") if model.duplex else ())]
        open_jobs = sum(job.state < _CANCELED for job in self._jobs.values())
        return b"".join(
            [
                numbers(0x23, "printer-state", state),
                words(0x44, "printer-state-reasons", *(self._troubles or ["none"])),
                truth("printer-is-accepting-jobs", value=self._accepting),
                numbers(0x21, "printer-up-time", int(time.monotonic() - self._started) + 1),
                words(0x41, "printer-make-and-model", "Houzhen Simulated A4"),
                words(0x45, "printer-uuid", "urn:uuid:5f3c0c2e-0000-4000-8000-000000000001"),
                numbers(0x21, "queued-job-count", open_jobs),
                numbers(0x23, "operations-supported", *known),
                words(0x44, "ipp-versions-supported", *model.versions),
                words(0x49, "document-format-supported", *model.formats),
                words(0x44, "sides-supported", *sides),
                span("copies-supported", 1, 99),
                words(0x44, "media-supported", "iso_a4_210x297mm", "na_letter_8.5x11in"),
                words(0x44, "media-ready", "iso_a4_210x297mm"),
                truth("color-supported", value=model.color),
                words(0x44, "print-color-mode-supported", "monochrome", *(["color"] if model.color else [])),
                words(0x44, "print-scaling-supported", "auto", "fit", "none"),
                numbers(0x21, "pages-per-minute", 30),
                dots("pwg-raster-document-resolution-supported", 150, 300),
                words(0x44, "pwg-raster-document-type-supported", "sgray_8", *(["srgb_8"] if model.color else [])),
                words(0x44, "pwg-raster-document-sheet-back", "rotated"),
                words(0x44, "urf-supported", "V1.4", "W8", *(["SRGB24"] if model.color else []), "RS150-300", "DM3"),
            ]
        )

    def _objection(self, request: Request) -> int:
        """Return the status with which a job is refused, or 0."""
        kind = request.word("document-format")
        if kind and kind not in self._model.formats:
            return 0x040A
        if request.word("sides") not in {"", "one-sided"} and not self._model.duplex:
            return 0x040B
        return 0 if self._accepting else 0x0506

    def _begin(self, name: str, request: Request, document: bytes) -> bytes:
        objection = self._objection(request)
        waiting = sum(job.state < _CANCELED for job in self._jobs.values())
        if objection or waiting > self._model.queue:
            return answer(request, objection or 0x0507)
        self._last += 1
        job = Job(self._last, request.word("job-name"), request.word("requesting-user-name"))
        job.copies = request.number_of("copies") or 1
        job.sides = request.word("sides") or "one-sided"
        self._jobs[job.id] = job
        if name == "print":
            job.kind, job.content = request.word("document-format"), document
        else:
            job.state, job.reasons = _HELD, "job-incoming"
        self._changed.set()
        return answer(request, 0, (2, self._told(job)))

    def _give(self, request: Request, document: bytes) -> bytes:
        job = self._jobs.get(request.number_of("job-id") or 0)
        if job is None:
            return answer(request, 0x0406)
        if job.state != _HELD:
            return answer(request, 0x0404)
        job.kind, job.content = request.word("document-format"), document
        job.state, job.reasons = _WAITING, "none"
        self._changed.set()
        return answer(request, 0, (2, self._told(job)))

    def _of_job(self, name: str, request: Request) -> bytes:
        job = self._jobs.get(request.number_of("job-id") or 0)
        if job is None:
            return answer(request, 0x0406)
        if name == "job":
            return answer(request, 0, (2, self._told(job)))
        if job.state >= _CANCELED:
            return answer(request, 0x0404)
        job.state, job.reasons = _CANCELED, "job-canceled-by-user"
        self._changed.set()
        return answer(request, 0)

    def _list(self, request: Request) -> bytes:
        ended = request.word("which-jobs") == "completed"
        mine = request.values.get("my-jobs") == [b"\x01"]
        chosen = [
            job
            for job in self._jobs.values()
            if (job.state >= _CANCELED) == ended and (not mine or job.user == request.word("requesting-user-name"))
        ]
        return answer(request, 0, *[(2, self._told(job)) for job in chosen])

    def _told(self, job: Job) -> bytes:
        stopped = job.state == _PRINTING and any(self._troubles.values())
        counts = numbers(0x21, "job-impressions-completed", job.out) if self._model.counts else b""
        size = numbers(0x21, "job-k-octets", (len(job.content) + 1023) // 1024) if self._model.counts else b""
        return (
            numbers(0x21, "job-id", job.id)
            + (words(0x42, "job-name", job.name) if self._model.names else b"")
            + numbers(0x23, "job-state", _STOPPED if stopped else job.state)
            + words(0x44, "job-state-reasons", "printer-stopped" if stopped else job.reasons)
            + counts
            + size
            + (began("time-at-processing", job.begun) if self._model.times else b"")
        )

    # -- printing

    def _current(self) -> Job | None:
        return next((job for job in self._jobs.values() if job.state == _PRINTING), None)

    async def print_jobs(self) -> None:
        """Print job after job, for ever."""
        while True:
            job = next((job for job in self._jobs.values() if job.state == _WAITING), None)
            if job is None:
                self._changed.clear()
                await self._changed.wait()
                continue
            job.state, job.reasons = _PRINTING, "job-printing"
            job.begun = int(time.monotonic() - self._started) + 1
            try:
                pages = Pages(job.content, job.kind)
            except UnprintableError:
                job.state, job.reasons = _ABORTED, "document-format-error"
                continue
            for place in range(len(pages) * job.copies):
                if not await self._print_page(job, pages, place):
                    break
            else:
                job.state, job.reasons = _COMPLETED, "job-completed-successfully"

    async def _print_page(self, job: Job, pages: Pages, place: int) -> bool:
        """Print one side; tell whether the job goes on."""
        for fault in self.faults.strike("page"):
            if fault.action in _TROUBLES:
                self._troubles[_TROUBLES[fault.action]] = True
                if fault.value is not None:
                    asyncio.get_running_loop().call_later(fault.value, self._mend)
            elif fault.action == "abort":
                job.state, job.reasons = _ABORTED, "aborted-by-system"
            elif fault.action == "cancel_at_panel":
                job.state, job.reasons = _CANCELED, "job-canceled-at-device"
        if not await self._passes(job, self._model.page_seconds):
            job.out += self._model.overruns and job.state in {_CANCELED, _ABORTED}
            return False
        page = place % len(pages)
        if self._folder is not None:
            path = self._folder / f"job-{job.id}-side-{place + 1}.png"
            pages.save(page, path)
            job.files.append(str(path))
        job.out += 1
        return True

    async def _passes(self, job: Job, seconds: float) -> bool:
        """Let a page's time pass, and troubles; tell whether the job goes on."""
        if seconds:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while job.state == _PRINTING:
                        self._changed.clear()
                        await self._changed.wait()
        while job.state == _PRINTING and (self._held or any(self._troubles.values())):
            self._changed.clear()
            await self._changed.wait()
        return job.state == _PRINTING

    def _mend(self) -> None:
        self._troubles.clear()
        self._changed.set()

    # -- the control channel

    async def control(self, verb: str, arguments: dict[str, object]) -> dict[str, object]:
        """See ``SimulatedDevice``; the verbs are at the module's head."""
        match verb:
            case "trouble":
                reason = arguments.get("reason")
                if not isinstance(reason, str) or not reason:
                    raise ControlError("reason must be a keyword of IPP")
                self._troubles[reason] = arguments.get("stops") is not False
            case "mend":
                reason = arguments.get("reason")
                for one in [*self._troubles] if reason is None else [str(reason)]:
                    self._troubles.pop(one, None)
            case "accept":
                self._accepting = arguments.get("yes") is not False
            case "hold":
                self._held = arguments.get("yes") is not False
            case "forget":
                self._jobs = {number: job for number, job in self._jobs.items() if job.state < _CANCELED}
            case "reset" | "restart":
                self._reset(clock=verb == "restart")
            case "status":
                return self._status()
            case _:
                raise ControlError(f"there is no verb {verb!r}")
        self._changed.set()
        return {}

    def _reset(self, *, clock: bool) -> None:
        for job in self._jobs.values():
            job.state = max(job.state, _CANCELED)  # what prints ends
        self._jobs.clear()
        self._troubles.clear()
        self._asked.clear()
        self._accepting, self._held = True, False
        if clock:
            self._started = time.monotonic()
            self._last = 0

    def _status(self) -> dict[str, object]:
        jobs = [
            {
                "id": job.id,
                "name": job.name,
                "user": job.user,
                "state": job.state,
                "copies": job.copies,
                "sides": job.sides,
                "kind": job.kind,
                "bytes": len(job.content),
                "out": job.out,
                "files": job.files,
            }
            for job in self._jobs.values()
        ]
        return {
            "kind": "document_printer",
            "jobs": jobs,
            "troubles": sorted(self._troubles),
            "accepting": self._accepting,
            "asked": dict(self._asked),
        }
