"""What is asked of a printer: the requests of RFC 8011 that a kiosk needs, as messages."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from drivers.document_printer.codec import Attribute, Group, GroupTag, Message, Tag, Value


class Operation(enum.IntEnum):
    """Operations (RFC 8011, 5.4.15)."""

    PRINT_JOB = 0x0002
    VALIDATE_JOB = 0x0004
    CREATE_JOB = 0x0005
    SEND_DOCUMENT = 0x0006
    CANCEL_JOB = 0x0008
    GET_JOB_ATTRIBUTES = 0x0009
    GET_JOBS = 0x000A
    GET_PRINTER_ATTRIBUTES = 0x000B


PRINTER_ATTRIBUTES: Final = (
    "printer-state",
    "printer-state-reasons",
    "printer-is-accepting-jobs",
    "printer-up-time",
    "printer-make-and-model",
    "printer-uuid",
    "queued-job-count",
    "operations-supported",
    "ipp-versions-supported",
    "document-format-supported",
    "sides-supported",
    "copies-supported",
    "media-supported",
    "media-ready",
    "color-supported",
    "print-color-mode-supported",
    "print-scaling-supported",
    "job-k-octets-supported",
    "pages-per-minute",
    "pwg-raster-document-resolution-supported",
    "pwg-raster-document-type-supported",
    "pwg-raster-document-sheet-back",
    "urf-supported",
    "multiple-document-jobs-supported",
)
"""What is read of a printer. By name: a printer's whole list is 40 kB and more."""

JOB_ATTRIBUTES: Final = (
    "job-id",
    "job-name",
    "job-state",
    "job-state-reasons",
    "job-impressions-completed",
    "job-media-sheets-completed",
    "job-k-octets",
    "time-at-processing",
)

A4: Final = "iso_a4_210x297mm"


@dataclass(frozen=True, slots=True)
class Ticket:
    """How one document is to be printed, in the printer's own words.

    Attributes:
        name: the job's name at the printer, by which it is found again.
        format: the document's kind, for example ``application/pdf``.
        media: the paper's name (PWG 5101.1).
        sides: None = the printer has no such attribute.
        copies: None = not said.
        color_mode: None = not said.
        scaling: None = not said.
    """

    name: str
    format: str
    media: str | None = A4
    sides: str | None = None
    copies: int | None = None
    color_mode: str | None = None
    scaling: str | None = None

    def template(self) -> tuple[Attribute, ...]:
        """Return the job's template attributes."""
        chosen = [
            texts(Tag.KEYWORD, "media", self.media) if self.media else None,
            texts(Tag.KEYWORD, "sides", self.sides) if self.sides else None,
            integer("copies", self.copies) if self.copies is not None else None,
            texts(Tag.KEYWORD, "print-color-mode", self.color_mode) if self.color_mode else None,
            texts(Tag.KEYWORD, "print-scaling", self.scaling) if self.scaling else None,
        ]
        return tuple(attribute for attribute in chosen if attribute is not None)


def texts(tag: Tag, name: str, *values: str) -> Attribute:
    """Make an attribute of strings."""
    return Attribute(name, tuple(Value(tag, value) for value in values))


def integer(name: str, value: int) -> Attribute:
    """Make an attribute of one integer."""
    return Attribute(name, (Value(Tag.INTEGER, value),))


def boolean(name: str, *, value: bool) -> Attribute:
    """Make an attribute of one boolean."""
    return Attribute(name, (Value(Tag.BOOLEAN, value),))


class Requests:
    """Makes the requests to one printer, each with a number of its own.

    Args:
        printer: the printer's URI.
        user: who we say we are; jobs are found again by it.
    """

    def __init__(self, printer: str, user: str) -> None:
        self._printer = printer
        self._user = user
        self._number = 0
        self.version = (2, 0)

    def printer_attributes(self) -> Message:
        """Ask how the printer is and what it can do."""
        return self._request(
            Operation.GET_PRINTER_ATTRIBUTES, texts(Tag.KEYWORD, "requested-attributes", *PRINTER_ATTRIBUTES)
        )

    def validate_job(self, ticket: Ticket) -> Message:
        """Ask whether a job would be taken."""
        return self._job(Operation.VALIDATE_JOB, ticket, with_format=True)

    def print_job(self, ticket: Ticket) -> Message:
        """Begin a job; its document follows the message."""
        return self._job(Operation.PRINT_JOB, ticket, with_format=True)

    def create_job(self, ticket: Ticket) -> Message:
        """Begin a job without its document."""
        return self._job(Operation.CREATE_JOB, ticket, with_format=False)

    def send_document(self, job: int, ticket: Ticket) -> Message:
        """Give a job its only document, which follows the message."""
        return self._request(
            Operation.SEND_DOCUMENT,
            texts(Tag.NAME, "document-name", ticket.name),
            texts(Tag.MIME_TYPE, "document-format", ticket.format),
            boolean("last-document", value=True),
            job=job,
        )

    def job_attributes(self, job: int) -> Message:
        """Ask how a job is."""
        return self._request(
            Operation.GET_JOB_ATTRIBUTES, texts(Tag.KEYWORD, "requested-attributes", *JOB_ATTRIBUTES), job=job
        )

    def cancel_job(self, job: int) -> Message:
        """Ask the printer to end a job."""
        return self._request(Operation.CANCEL_JOB, job=job)

    def jobs(self, *, completed: bool, mine: bool) -> Message:
        """Ask for jobs, our own or everybody's: those that ended, or those that did not."""
        return self._request(
            Operation.GET_JOBS,
            texts(Tag.KEYWORD, "which-jobs", "completed" if completed else "not-completed"),
            boolean("my-jobs", value=mine),
            texts(Tag.KEYWORD, "requested-attributes", *JOB_ATTRIBUTES),
        )

    def _job(self, operation: Operation, ticket: Ticket, *, with_format: bool) -> Message:
        about = [
            texts(Tag.NAME, "job-name", ticket.name),
            # What the printer cannot do it shall refuse, not leave out.
            boolean("ipp-attribute-fidelity", value=True),
        ]
        if with_format:
            about.append(texts(Tag.MIME_TYPE, "document-format", ticket.format))
        return self._request(operation, *about, template=ticket.template())

    def _request(
        self, operation: Operation, *about: Attribute, job: int | None = None, template: tuple[Attribute, ...] = ()
    ) -> Message:
        self._number = self._number % 0x7FFFFFFF + 1
        # The order of the first ones is prescribed (RFC 8011, 4.1.4 and 4.1.5).
        operation_group = Group(
            GroupTag.OPERATION,
            (
                texts(Tag.CHARSET, "attributes-charset", "utf-8"),
                texts(Tag.LANGUAGE, "attributes-natural-language", "en"),
                texts(Tag.URI, "printer-uri", self._printer),
                *(() if job is None else (integer("job-id", job),)),
                texts(Tag.NAME, "requesting-user-name", self._user),
                *about,
            ),
        )
        groups = (operation_group, Group(GroupTag.JOB, template)) if template else (operation_group,)
        return Message(operation, self._number, groups, self.version)
