"""The acceptance sheet (设备验收单): what was checked, what was found, and room for two signatures, as a PDF.

Written by fpdf2, the extra ``houzhen[field]`` (docs/decisions/0040). The text is text: it can be searched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from drivers.field.meanings import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from drivers.field.check import Examined
    from drivers.field.machine import Concern, MachineFacts, Panel

_FONT: Final = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
_SIMPLIFIED: Final = 2
"""Which face of the collection has the simplified forms: Japanese, Korean, then Simplified Chinese."""
_VERDICT: Final = {True: ("合格", "pass"), False: ("不合格", "FAIL"), None: ("无法自动判断", "cannot tell")}
_MARGIN: Final = 15
_ROW: Final = 5.5


class ReportError(RuntimeError):
    """The sheet cannot be written. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the sheet says.

    Attributes:
        site: the hospital and the place of the machine, as the technician gave it; may be empty.
        technician: who checked; may be empty.
        when: the moment, in the hospital's zone.
        machine: the machine.
        panels: its screens.
        concerns: what is in the way on the machine.
        devices: what was found.
    """

    site: str
    technician: str
    when: datetime
    machine: MachineFacts
    panels: Sequence[Panel]
    concerns: Sequence[Concern]
    devices: Sequence[Examined]


def write_sheet(path: Path, acceptance: Acceptance, *, font: Path = _FONT) -> None:
    """Write the sheet; a file that is there is replaced only once the new one is whole.

    Raises:
        ReportError: fpdf2 or the font is missing, or the file cannot be written.
    """
    try:
        from fpdf import FPDF  # noqa: PLC0415 -- an extra: who writes no sheet need not have it
    except ImportError as missing:
        raise ReportError("No sheet was written: fpdf2 is not installed. Install houzhen[field].") from missing
    if not font.exists():
        raise ReportError(f"No sheet was written: {font} is missing. Install fonts-noto-cjk.")
    pdf = FPDF(format="A4")
    pdf.set_title("设备验收单 Device acceptance sheet")
    pdf.set_creator(f"Houzhen {acceptance.machine.houzhen}")
    pdf.set_creation_date(acceptance.when)
    pdf.set_margin(_MARGIN)
    pdf.set_auto_page_break(auto=True, margin=_MARGIN)
    pdf.add_font("cjk", "", font, collection_font_number=_SIMPLIFIED)
    _write(_Page(pdf), acceptance)
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_bytes(bytes(pdf.output()))
        os.replace(fresh, path)  # noqa: PTH105 -- says that it replaces
    except OSError as failure:
        fresh.unlink(missing_ok=True)
        raise ReportError(f"No sheet was written: {path}: {failure.strerror}.") from failure


class _Page:
    """Lines and tables on a page."""

    def __init__(self, pdf: Any) -> None:  # noqa: ANN401 -- the library's classes are known only once it is imported
        self.pdf = pdf
        pdf.add_page()

    def title(self, text: str) -> None:
        self.pdf.set_font("cjk", size=18)
        self.pdf.multi_cell(0, 10, text, new_x="LMARGIN", new_y="NEXT", align="C")

    def heading(self, text: str) -> None:
        self.pdf.ln(2)
        self.pdf.set_font("cjk", size=12)
        self.pdf.multi_cell(0, 8, text, new_x="LMARGIN", new_y="NEXT", border="B")

    def line(self, text: str) -> None:
        self.pdf.set_font("cjk", size=9.5)
        self.pdf.multi_cell(0, _ROW, text, new_x="LMARGIN", new_y="NEXT")

    def table(self, widths: tuple[int, ...], rows: Sequence[tuple[str, ...]]) -> None:
        self.pdf.set_font("cjk", size=8.5)
        with self.pdf.table(col_widths=widths, text_align="LEFT", line_height=5, first_row_as_headings=False) as table:
            for row in rows:
                cells = table.row()
                for text in row:
                    cells.cell(text)


def _write(page: _Page, acceptance: Acceptance) -> None:
    page.title("设备验收单 Device acceptance sheet")
    machine = acceptance.machine
    page.line(f"地点 Place: {acceptance.site or '________________'}")
    page.line(f"时间 Time: {acceptance.when:%Y-%m-%d %H:%M %Z}")
    page.line(f"机器 Machine: {machine.host}, {machine.system}, Linux {machine.kernel}, Houzhen {machine.houzhen}")
    for panel in acceptance.panels:
        size = f"{panel.width_mm} × {panel.height_mm} mm, {panel.width_px} × {panel.height_px}"
        page.line(f"屏幕 Panel: {panel.connector}, {size}")
    failed = sum(examined.report.healthy is False for examined in acceptance.devices)
    total = len(acceptance.devices)
    page.line(f"结论 Result: {total} 台设备，{failed} 台不合格。 {total} devices, {failed} failed.")
    if acceptance.concerns:
        page.heading("机器上需处理的问题 What is in the way on the machine")
        for concern in acceptance.concerns:
            page.line(f"• {concern.zh}\n  {concern.en}")
    for examined in acceptance.devices:
        _write_device(page, examined)
    page.heading("签字 Signatures")
    page.pdf.ln(4)
    page.line(f"检验人 Checked by: {acceptance.technician or '________________'}        日期 Date: ________________")
    page.pdf.ln(4)
    page.line("院方 For the hospital: ________________        日期 Date: ________________")


def _write_device(page: _Page, examined: Examined) -> None:
    entry, info, report = examined.entry, examined.info, examined.report
    verdict = _VERDICT[report.healthy]
    page.heading(f"{entry.name}    {verdict[0]} {verdict[1]}")
    what = ", ".join(dict.fromkeys(part for part in (entry.kind, entry.driver, entry.profile, info.model) if part))
    rows = [("设备 Device", what), ("地址 Address", entry.url)]
    rows += [("序列号 Serial", info.serial)] if info.serial else []
    if report.state is not None:
        rows.append(("状态 State", " ".join(STATES[report.state])))
    rows += [("检查级别 Level", report.level.value)]
    rows += [("结果 Found", f"{zh} {en}" if zh != en else zh) for zh, en in dict.fromkeys(examined.sentences)]
    rows += [("说明 Note", examined.message)] if examined.message else []
    page.table((25, 155), rows)
    if examined.bits:
        page.pdf.ln(1)
        bits = [("状态位 Bit", "值 Value", "置位时的含义 Meaning when set")]
        bits += [(f"{bit.source} {bit.mask:#04x}", str(int(bit.is_set)), f"{bit.zh} {bit.en}") for bit in examined.bits]
        page.table((35, 20, 125), bits)
