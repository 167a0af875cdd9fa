"""What a printer says about itself and about a job, in this system's words."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.device import CompletionCode, DeviceState, PaperSupply
from drivers.document_printer.codec import Localised, Range, Resolution

if TYPE_CHECKING:
    from drivers.document_printer.codec import Content, Group


class Toner(enum.StrEnum):
    """The supply of toner or ink."""

    UNKNOWN = "unknown"
    FULL = "full"
    LOW = "low"
    OUT = "out"


class JobState(enum.IntEnum):
    """A job's states (RFC 8011, 5.3.7)."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9

    @property
    def final(self) -> bool:
        """Whether nothing more comes of it."""
        return self >= JobState.CANCELED


_JOB_STATES: Final = {int(state): state for state in JobState}
_STOPPED: Final = 5
"""printer-state: 3 idle, 4 processing, 5 stopped (RFC 8011, 5.4.11)."""

_REASONS: Final = {
    # In the order in which a person mends them: what stops everything first. RFC 8011, 5.4.12, and PWG 5100.9.
    "door-open": "cover_open",
    "cover-open": "cover_open",
    "interlock-open": "cover_open",
    "media-jam": "paper_jam",
    "media-empty": "paper_out",
    "media-needed": "paper_out",
    "input-tray-missing": "tray_missing",
    "output-tray-missing": "tray_missing",
    "output-area-full": "output_full",
    "toner-empty": "toner_out",
    "marker-supply-empty": "toner_out",
    "fuser-over-temp": "fuser",
    "fuser-under-temp": "fuser",
    "developer-empty": "service",
    "opc-life-over": "service",
    "marker-waste-full": "service",
    "spool-area-full": "spool_full",
    "paused": "paused",
    "moving-to-paused": "paused",
    "shutdown": "shut_down",
    "connecting-to-device": "offline",
    "timed-out": "offline",
    "other": "stopped",
}
_LOW: Final = {"media-low": "paper_low", "toner-low": "toner_low", "marker-supply-low": "toner_low"}

_STATES: Final = {
    "cover_open": DeviceState.USER_ERROR,
    "paper_jam": DeviceState.USER_ERROR,
    "paper_out": DeviceState.USER_ERROR,
    "tray_missing": DeviceState.USER_ERROR,
    "output_full": DeviceState.USER_ERROR,
    "toner_out": DeviceState.USER_ERROR,
    "fuser": DeviceState.HARDWARE_ERROR,
    "service": DeviceState.HARDWARE_ERROR,
    "spool_full": DeviceState.DEVICE_BUSY,
    "paused": DeviceState.OFFLINE,
    "shut_down": DeviceState.OFFLINE,
    "offline": DeviceState.OFFLINE,
    "stopped": DeviceState.HARDWARE_ERROR,
    "not_accepting": DeviceState.OFFLINE,
}


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """A printer's state at one moment.

    Attributes:
        device: whether it can print; ``UNKNOWN`` when it did not answer.
        paper: the supply of paper.
        toner: the supply of toner.
        cover_open: None when it did not answer.
        error: what keeps it from printing: ``paper_out``, ``cover_open``, ``paper_jam``, ``toner_out``,
            ``tray_missing``, ``output_full``, ``fuser``, ``service``, ``paused``, ``shut_down``, ``offline``,
            ``spool_full``, ``stopped``, ``not_accepting``, ``no_answer``, the line's, or None.
        warnings: what does not keep it from printing: ``paper_low``, ``toner_low``, and errors that it goes on with.
        queued: jobs in the printer; None when it does not say.
        up_time: seconds since it was switched on; None when it does not say.
        as_of: seconds of the event loop's (monotonic) clock when it was learnt.
    """

    device: DeviceState
    paper: PaperSupply
    toner: Toner
    cover_open: bool | None
    error: str | None
    warnings: tuple[str, ...]
    queued: int | None
    up_time: int | None
    as_of: float

    @property
    def ready(self) -> bool:
        """Whether a document may be sent: it answered, and nothing stands in the way."""
        return self.error is None


def no_answer(error: str, device: DeviceState, as_of: float) -> PrinterStatus:
    """Return the status of a printer that could not be asked."""
    return PrinterStatus(device, PaperSupply.UNKNOWN, Toner.UNKNOWN, None, error, (), None, None, as_of)


def printer_status(printer: Group, as_of: float) -> PrinterStatus:
    """Read how a printer is.

    A reason without suffix counts as an error (RFC 8011, 5.4.12). One that ends in ``-warning`` or ``-report`` only
    stops a printer that says that it is stopped: an empty second tray is no reason not to print.
    """
    stopped = _number(printer, "printer-state") == _STOPPED
    errors: set[str] = set()
    warnings: list[str] = []
    for reason in _words(printer, "printer-state-reasons"):
        base, _, severity = reason.rpartition("-")
        mild = severity in {"warning", "report"}
        name = base if mild or severity == "error" else reason
        if name in _LOW:
            warnings.append(_LOW[name])
        elif name in _REASONS:
            if mild and not stopped:
                warnings.append(_REASONS[name])
            else:
                errors.add(_REASONS[name])
    error = next((known for known in _REASONS.values() if known in errors), None)
    if error is None and stopped:
        error = "stopped"
    if error is None and _first(printer, "printer-is-accepting-jobs") is False:
        error = "not_accepting"
    told = errors | set(warnings)
    return PrinterStatus(
        device=_STATES[error] if error else DeviceState.ONLINE,
        paper=_paper(errors, told),
        toner=Toner.OUT if "toner_out" in errors else Toner.LOW if told & {"toner_low", "toner_out"} else Toner.FULL,
        cover_open="cover_open" in told,
        error=error,
        warnings=tuple(dict.fromkeys(warnings)),
        queued=_number(printer, "queued-job-count"),
        up_time=_number(printer, "printer-up-time"),
        as_of=as_of,
    )


def _paper(errors: set[str], told: set[str]) -> PaperSupply:
    if "paper_jam" in errors:
        return PaperSupply.JAMMED
    if "paper_out" in errors:
        return PaperSupply.OUT
    return PaperSupply.LOW if told & {"paper_low", "paper_out"} else PaperSupply.FULL


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a printer says that it can do; an empty tuple or None where it says nothing.

    Attributes:
        model: maker and model.
        uuid: the printer's own.
        operations: the numbers of the operations it knows.
        versions: of IPP, as it writes them.
        formats: MIME types of documents.
        sides: ``one-sided``, ``two-sided-long-edge``, ``two-sided-short-edge``.
        most_copies: of one job.
        media: names of papers it could have; ``media_ready`` of those that lie in it.
        color: whether it prints colours.
        color_modes: what ``print-color-mode`` may be.
        scalings: what ``print-scaling`` may be.
        largest: bytes of one job.
        pages_per_minute: at best.
        resolutions: for PWG raster, in dots per inch; only those that are the same both ways.
        raster_types: for PWG raster, for example ``sgray_8``.
        sheet_back: for PWG raster, how the back of a sheet has to be turned.
        urf: for Apple raster, the words in which it says all that.
    """

    model: str | None = None
    uuid: str | None = None
    operations: frozenset[int] = frozenset()
    versions: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    most_copies: int | None = None
    media: tuple[str, ...] = ()
    media_ready: tuple[str, ...] = ()
    color: bool | None = None
    color_modes: tuple[str, ...] = ()
    scalings: tuple[str, ...] = ()
    largest: int | None = None
    pages_per_minute: int | None = None
    resolutions: tuple[int, ...] = ()
    raster_types: tuple[str, ...] = ()
    sheet_back: str | None = None
    urf: tuple[str, ...] = ()


def capabilities(printer: Group) -> Capabilities:
    """Read what a printer can do."""
    color = _first(printer, "color-supported")
    copies, octets = _first(printer, "copies-supported"), _first(printer, "job-k-octets-supported")
    resolutions = printer.contents("pwg-raster-document-resolution-supported")
    return Capabilities(
        model=next(iter(_words(printer, "printer-make-and-model")), None),
        uuid=next(iter(_words(printer, "printer-uuid")), None),
        operations=frozenset(n for n in printer.contents("operations-supported") if type(n) is int),
        versions=_words(printer, "ipp-versions-supported"),
        formats=_words(printer, "document-format-supported"),
        sides=_words(printer, "sides-supported"),
        most_copies=copies.upper if isinstance(copies, Range) else None,
        media=_words(printer, "media-supported"),
        media_ready=_words(printer, "media-ready"),
        color=color if isinstance(color, bool) else None,
        color_modes=_words(printer, "print-color-mode-supported"),
        scalings=_words(printer, "print-scaling-supported"),
        largest=octets.upper * 1024 if isinstance(octets, Range) and octets.upper > 0 else None,
        pages_per_minute=_number(printer, "pages-per-minute"),
        resolutions=tuple(dpi for r in resolutions if (dpi := _dots_per_inch(r))),
        raster_types=_words(printer, "pwg-raster-document-type-supported"),
        sheet_back=next(iter(_words(printer, "pwg-raster-document-sheet-back")), None),
        urf=_words(printer, "urf-supported"),
    )


_PER_INCH: Final = 3


def _dots_per_inch(resolution: Content) -> int | None:
    if isinstance(resolution, Resolution) and resolution.units == _PER_INCH and resolution.across == resolution.along:
        return resolution.across
    return None


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job's state at one moment.

    Attributes:
        id: the printer's number for it.
        name: the name we gave it.
        state: how far it is; None where the printer says nothing understandable.
        reasons: the printer's keywords.
        pages: sides of paper (impressions) that came out, or sheets where only those are told; None = not told.
        k_octets: the size of its document in units of 1,024 bytes, rounded up; None = not told.
        in_sheets: ``pages`` counts sheets, of which each may have two sides.
        begun: whether the printer ever began to process it (RFC 8011, 5.3.14.2); None = it does not tell.
    """

    id: int
    name: str
    state: JobState | None
    reasons: tuple[str, ...]
    pages: int | None
    k_octets: int | None
    in_sheets: bool = False
    begun: bool | None = None


def job_status(job: Group) -> JobStatus | None:
    """Read how a job is; None where the group names none."""
    number = _number(job, "job-id")
    if number is None:
        return None
    state = _number(job, "job-state")
    pages = _number(job, "job-impressions-completed")
    return JobStatus(
        id=number,
        name=next(iter(_words(job, "job-name")), ""),
        state=_JOB_STATES.get(state) if state is not None else None,
        reasons=_words(job, "job-state-reasons"),
        pages=pages if pages is not None else _number(job, "job-media-sheets-completed"),
        k_octets=_number(job, "job-k-octets") or None,
        in_sheets=pages is None,
        begun=_begun(job),
    )


def _begun(job: Group) -> bool | None:
    if _number(job, "time-at-processing") is not None:
        return True
    return False if job.says_none("time-at-processing") else None


def _first(group: Group, name: str) -> Content | None:
    return next(iter(group.contents(name)), None)


def _number(group: Group, name: str) -> int | None:
    content = _first(group, name)
    return content if type(content) is int else None


def _words(group: Group, name: str) -> tuple[str, ...]:
    words = (content.text if isinstance(content, Localised) else content for content in group.contents(name))
    return tuple(word for word in words if isinstance(word, str) and word)


# -- what an answer's status, or a state, means for a command


_REFUSALS: Final = {
    # RFC 8011, appendix B
    0x0400: ("bad_request", CompletionCode.INTERNAL_ERROR),
    0x0401: ("not_authorised", CompletionCode.DEVICE_NOT_READY),
    0x0402: ("not_authorised", CompletionCode.DEVICE_NOT_READY),
    0x0403: ("not_authorised", CompletionCode.DEVICE_NOT_READY),
    0x0404: ("not_possible", CompletionCode.SEQUENCE_ERROR),
    0x0406: ("not_found", CompletionCode.COMMAND_ERROR),
    0x0407: ("not_found", CompletionCode.COMMAND_ERROR),
    0x0408: ("too_large", CompletionCode.INVALID_DATA),
    0x0409: ("bad_request", CompletionCode.INTERNAL_ERROR),
    0x040A: ("format_unsupported", CompletionCode.UNSUPPORTED),
    0x040B: ("attribute_unsupported", CompletionCode.UNSUPPORTED),
    0x040E: ("attribute_unsupported", CompletionCode.UNSUPPORTED),
    0x0411: ("document_refused", CompletionCode.INVALID_DATA),
    0x0412: ("document_refused", CompletionCode.INVALID_DATA),
    0x0500: ("printer_fault", CompletionCode.HARDWARE_ERROR),
    0x0501: ("operation_unsupported", CompletionCode.UNSUPPORTED),
    0x0502: ("not_accepting", CompletionCode.DEVICE_NOT_READY),
    0x0503: ("version_unsupported", CompletionCode.UNSUPPORTED),
    0x0504: ("printer_fault", CompletionCode.HARDWARE_ERROR),
    0x0505: ("printer_fault", CompletionCode.HARDWARE_ERROR),
    0x0506: ("not_accepting", CompletionCode.DEVICE_NOT_READY),
    0x0507: ("busy", CompletionCode.DEVICE_NOT_READY),
    0x0508: ("canceled_at_printer", CompletionCode.CANCELED),
    0x050A: ("not_accepting", CompletionCode.DEVICE_NOT_READY),
    0x050B: ("busy", CompletionCode.DEVICE_NOT_READY),
}
_SUCCESSFUL_UP_TO: Final = 0x00FF
BUSY: Final = frozenset({0x0507, 0x050B})
AT_WORK: Final = frozenset({0x0504, 0x0508})
"""A jam, or somebody cancelling, met the printer at the document (RFC 8011, B.1.5.5 and B.1.5.9): pages may be out."""
NOT_FOUND: Final = frozenset({0x0406, 0x0407})
VERSION_UNSUPPORTED: Final = 0x0503


def successful(status: int) -> bool:
    """Tell whether an answer's status says that the request was carried out."""
    return status <= _SUCCESSFUL_UP_TO


def refusal(status: int) -> tuple[str, CompletionCode]:
    """Return the error and the completion code of an answer that says no."""
    return _REFUSALS.get(status, ("refused", CompletionCode.COMMAND_ERROR))


_CODES: Final = {
    DeviceState.USER_ERROR: CompletionCode.USER_ERROR,
    DeviceState.HARDWARE_ERROR: CompletionCode.HARDWARE_ERROR,
    DeviceState.UNKNOWN: CompletionCode.TIMEOUT,
}


def state_code(status: PrinterStatus) -> CompletionCode:
    """Return the completion code of a command that the printer's state ended."""
    return _CODES.get(status.device, CompletionCode.DEVICE_NOT_READY)
