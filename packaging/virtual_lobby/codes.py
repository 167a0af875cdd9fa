"""What a scanner reads off a slip: by a reader of codes that is not ours, from the picture of the printed paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zxingcpp
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path


def code_on(paper: Path) -> str:
    """The code that is printed on the slip.

    Args:
        paper: its picture, a file of Pillow's formats.

    Raises:
        ValueError: there is none that can be read.
    """
    with Image.open(paper) as picture:
        found = zxingcpp.read_barcodes(picture.convert("L"))
    if not found:
        raise ValueError("这张纸上没有可以扫的码 · There is no code on this paper that can be read.")
    return found[0].text
