"""From an image file to a logo on the ticket: checked, made to fit the paper, and turned into dots.

A thermal head knows ink and no ink. An image of two tones is taken as it is; any other is dithered by error diffusion
(Floyd and Steinberg 1976), which keeps what a threshold would lose of a coloured or shaded emblem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PIL import Image, UnidentifiedImageError

from drivers.receipt_printer.document import Picture
from drivers.receipt_printer.profile import DOTS_PER_MM
from drivers.receipt_printer.raster import rows_of_ink

if TYPE_CHECKING:
    from pathlib import Path

FORMATS: Final = ("PNG", "JPEG", "BMP")
MOST_BYTES: Final = 2_000_000
MOST_PIXELS: Final = 4096
"""Across and down: beyond any emblem, and short of what fills the memory."""

MOST_MM: Final = 25.0
"""Height on the paper: more would cost every patient a second and push the number down."""

LEAST_DOTS: Final = 16
"""Across and down, after fitting: less is a smudge."""


class LogoError(ValueError):
    """The image cannot be a logo. The sentence names the file, says why and what to do."""


def load_logo(path: Path, dots: int, *, most_mm: float = MOST_MM) -> Picture:
    """Read ``path`` and make it fit paper of ``dots`` dots. It is made smaller where it has to be, and never larger.

    Raises:
        LogoError: it is no image, of no format that is read, too large, too small or empty.
    """
    image = _read(path)
    scale = min(1.0, dots / image.width, most_mm * DOTS_PER_MM / image.height)
    if scale < 1.0:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.LANCZOS)
    if min(image.size) < LEAST_DOTS:
        across, down = image.size
        raise LogoError(
            f"{path}: on this paper it would be {across} x {down} dots, and {LEAST_DOTS} are the least that is seen. "
            "Use a larger or less elongated image."
        )
    tones = image.getcolors(2)
    is_two_toned = tones is not None and {tone for _, tone in tones} <= {0, 255}
    dotted = image.convert("1", dither=Image.Dither.NONE if is_two_toned else Image.Dither.FLOYDSTEINBERG)
    rows = rows_of_ink(_padded(dotted))
    if not any(any(row) for row in rows):
        raise LogoError(f"{path}: it is empty: all of it is as white as the paper.")
    return Picture(_padded(dotted).width, tuple(rows))


def _read(path: Path) -> Image.Image:
    """Read the image in shades of grey, on white where it is transparent."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise LogoError(f"{path}: it has {size} bytes; the most is {MOST_BYTES}. Use a smaller image.")
        with Image.open(path, formats=FORMATS) as image:
            if max(image.size) > MOST_PIXELS:
                across, down = image.size
                raise LogoError(f"{path}: it is {across} x {down} pixels; the most is {MOST_PIXELS}. Make it smaller.")
            image.load()
            coloured = image.convert("RGBA")
    except FileNotFoundError as failure:
        raise LogoError(f"{path}: there is no such file.") from failure
    except UnidentifiedImageError as failure:
        raise LogoError(f"{path}: it is no image of {', '.join(FORMATS)}.") from failure
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as failure:  # as Pillow tells of damage
        if isinstance(failure, LogoError):
            raise
        raise LogoError(f"{path}: it cannot be read ({failure}).") from failure
    paper = Image.new("RGBA", coloured.size, "white")
    return Image.alpha_composite(paper, coloured).convert("L")


def _padded(image: Image.Image) -> Image.Image:
    """Widen the image to whole bytes, so that a row's last bits are paper and not ink."""
    width = (image.width + 7) // 8 * 8
    padded = Image.new("1", (width, image.height), 1)
    padded.paste(image, ((width - image.width) // 2, 0))
    return padded
