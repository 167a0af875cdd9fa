"""How a document is asked for: what the caller wants, in the words of what the printer says that it can do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.device import CompletionCode
from drivers.document_printer import raster
from drivers.document_printer.pdf import refused
from drivers.document_printer.requests import A4, Ticket

if TYPE_CHECKING:
    from drivers.document_printer.pdf import Limits, OpenPdf
    from drivers.document_printer.printing import PrintOptions
    from drivers.document_printer.status import Capabilities

PDF: Final = "application/pdf"
_USUAL_DPI: Final = 300
_MOST_DPI: Final = 600
_URF_KINDS: Final = {"W8": "sgray_8", "SRGB24": "srgb_8"}
_URF_BACKS: Final = {"DM1": "normal", "DM2": "flipped", "DM3": "rotated", "DM4": "manual-tumble"}


@dataclass(frozen=True, slots=True)
class _Offer:
    form: str
    kinds: tuple[str, ...]
    resolutions: tuple[int, ...]
    sheet_back: str


def _offers(can: Capabilities) -> list[_Offer]:
    offers = []
    if raster.PWG in can.formats:
        offers.append(_Offer(raster.PWG, can.raster_types, can.resolutions, can.sheet_back or "normal"))
    if raster.URF in can.formats:
        kinds = tuple(_URF_KINDS[word] for word in can.urf if word in _URF_KINDS)
        told = next((word for word in can.urf if re.fullmatch(r"RS\d+(-\d+)*", word)), "RS")
        resolutions = tuple(int(dpi) for dpi in told[2:].split("-") if dpi)
        back = next((_URF_BACKS[word] for word in can.urf if word in _URF_BACKS), "normal")
        offers.append(_Offer(raster.URF, kinds, resolutions, back))
    return offers


def raster_job(can: Capabilities, options: PrintOptions, ticket: Ticket, pages: int) -> raster.RasterJob:
    """Choose the form, the resolution and the colours of raster for a printer; PWG raster before Apple's.

    Raises:
        DeviceError: ``no_format``: there is none that is written here.
    """
    wanted = ("srgb_8", "sgray_8") if options.color else ("sgray_8", "srgb_8")
    for offer in _offers(can):
        kind = next((kind for kind in wanted if kind in offer.kinds), None)
        possible = sorted(dpi for dpi in offer.resolutions if 0 < dpi <= _MOST_DPI)
        dpi = next((dpi for dpi in possible if dpi >= _USUAL_DPI), possible[-1] if possible else None)
        if kind is not None and dpi is not None:
            return raster.RasterJob(dpi, kind, ticket.sides or "one-sided", offer.sheet_back, pages, offer.form)
    raise refused("no_format", "Its raster is of a kind that is not written here.", CompletionCode.UNSUPPORTED)


def plain_ticket(can: Capabilities, options: PrintOptions, name: str) -> Ticket:
    """Say how a PDF on A4 is to be printed, in the printer's words.

    Raises:
        DeviceError: ``no_a4``, ``no_duplex``, ``too_many_copies`` or ``no_color``.
    """
    return Ticket(
        name=name,
        format=PDF,
        media=_media(can),
        sides=_sides(options, can),
        copies=_copies(options, can),
        color_mode=_color_mode(options, can),
    )


def chosen_pages(options: PrintOptions, pdf: OpenPdf, limits: Limits) -> list[int]:
    """Return the pages to print, counted from 0.

    Raises:
        DeviceError: ``no_pages`` or ``too_many_copies``.
    """
    if not 1 <= options.copies <= limits.copies:
        raise refused("too_many_copies", f"{options.copies} were asked for; 1 to {limits.copies} are allowed.")
    if options.pages is None:
        return list(range(pdf.pages))
    chosen: list[int] = []
    for first, last in options.pages:
        if not 1 <= first <= last <= pdf.pages:
            raise refused("no_pages", f"Pages {first} to {last} were asked for; it has {pdf.pages}.")
        chosen += range(first - 1, last)
    if not chosen or len(chosen) > limits.pages:
        raise refused("no_pages" if not chosen else "too_many_pages")
    return chosen


def _media(can: Capabilities) -> str | None:
    if can.media and A4 not in can.media:
        raise refused("no_a4", code=CompletionCode.UNSUPPORTED)
    return A4 if can.media else None


def _sides(options: PrintOptions, can: Capabilities) -> str | None:
    if not can.sides and options.sides == "one-sided":
        return None
    if options.sides not in can.sides:
        raise refused("no_duplex", code=CompletionCode.UNSUPPORTED)
    return options.sides


def _copies(options: PrintOptions, can: Capabilities) -> int | None:
    if options.copies > (can.most_copies or 1):
        raise refused("too_many_copies", f"The printer makes {can.most_copies or 1}.", CompletionCode.UNSUPPORTED)
    return options.copies if can.most_copies is not None else None


def _color_mode(options: PrintOptions, can: Capabilities) -> str | None:
    if options.color and not can.color:
        raise refused("no_color", code=CompletionCode.UNSUPPORTED)
    wanted = "color" if options.color else "monochrome"
    return wanted if wanted in can.color_modes else None
