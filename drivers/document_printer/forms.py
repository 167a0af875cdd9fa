"""Which raster a printer without PDF is given: what it says that it takes, and what was asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from drivers.device import CompletionCode
from drivers.document_printer import raster
from drivers.document_printer.pdf import refused

if TYPE_CHECKING:
    from drivers.document_printer.printing import PrintOptions
    from drivers.document_printer.requests import Ticket
    from drivers.document_printer.status import Capabilities

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
