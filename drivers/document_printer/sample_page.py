"""The page that a health check prints: a frame near the paper's edge, and what the printer is."""

from __future__ import annotations

import re

_WIDTH, _HEIGHT = 595.28, 841.89
_MARGIN = 20.0
"""Points: 7 mm, which every office printer reaches."""


def make_sample_page(*lines: str) -> bytes:
    """Write a PDF of one A4 page with a frame and some lines; characters beyond ASCII become question marks."""
    across, down = _WIDTH - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN
    drawing = f"2 w {_MARGIN} {_MARGIN} {across:.2f} {down:.2f} re S BT /F1 24 Tf 32 TL 60 740 Td"
    for line in lines:
        said = re.sub(r"([\\()])", r"\\\1", line.encode("ascii", "replace").decode())
        drawing += f" ({said}) Tj T*"
    content = f"{drawing} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {_WIDTH} {_HEIGHT}] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>".encode(),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out = bytearray(b"%PDF-1.4\n")
    table = [b"0000000000 65535 f \n"]
    for number, body in enumerate(objects, start=1):
        table.append(b"%010d 00000 n \n" % len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(out)
    out += b"xref\n0 %d\n%s" % (len(table), b"".join(table))
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(table), at)
    return bytes(out)
