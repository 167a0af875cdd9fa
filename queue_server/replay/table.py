"""A report as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from queue_server.engine.stamps import hhmm
from queue_server.replay.fidelity import Fidelity
from queue_server.replay.figures import SAME_MIN
from queue_server.replay.report import Report, Result

ACTS = {
    "undone": "taken back",
    "paper": "entered from paper",
    "backfill": "check-ins entered afterwards",
    "desk_cancel": "cancelled by staff",
    "carried": "carried over from the day before (left out)",
    "moved": "moved",
    "picked": "called out of turn",
    "other": "what a rerun cannot do",
}
_CLASSES = {"appointment": "booked", "walk_in": "walk-in", "return": "return", "open": "open", "all": "all"}


def lines_of(report: Report, offset_min: int) -> Iterator[str]:
    """The report, line by line."""
    yield f"{report.day}: {report.visits} visits, {report.rooms} rooms; minutes, target {report.target_min:g}"
    yield from _fidelity(report.fidelity, offset_min)
    yield ""
    head = ["rules", "class", "called", "unseen", "mean", "median", "p95", "max", "in target", "overtaken", "most"]
    rows = [head]
    for result in [report.base, *report.others]:
        rows += _figures(result)
    yield from _aligned(rows)
    if report.others:
        yield ""
        rows = [
            ["against as it was", "class", "mean", "shorter", "longer", f"same (±{SAME_MIN})", "most saved", "lost"]
        ]
        for result in report.others:
            rows += _differences(result)
        yield from _aligned(rows)
    for result in [report.base, *report.others]:
        if result.refused:
            codes = ", ".join(f"{count} {code}" for code, count in result.refused.items())
            yield f"{result.name.en}: check-ins refused: {codes}"


def _fidelity(found: Fidelity, offset_min: int) -> Iterator[str]:
    if found.is_whole:
        yield f"The rules as they were give the day again: all {found.calls} calls, same order, same moment, same room."
    else:
        share = 100 * found.alike / found.calls if found.calls else 100
        yield (
            f"The rules as they were give {found.alike} of {found.calls} calls ({share:.1f} %) again at the same "
            f"moment in the same room; {found.in_order} in the same order from the morning on."
        )
        yield (
            f"The others are {found.median_off_min:g} min away (median; p95 {found.p95_off_min:g}); "
            f"{found.not_called} calls did not come again."
        )
    if found.first is not None:
        where = f"{hhmm(found.first.at, offset_min)}, {found.first_number} at {found.first.station}"
        act = found.before_first
        why = (
            f"; before it, at {hhmm(act.at, offset_min)}, {act.number or 'something'} was {_DONE[act.kind]} by staff"
            if act
            else ""
        )
        yield f"The first that differs: {where}{why}."
    if found.by_hand:
        yield "By hand: " + ", ".join(f"{count} {ACTS[kind]}" for kind, count in found.by_hand.items()) + "."


_DONE = {
    "undone": "taken back",
    "paper": "called on paper",
    "backfill": "checked in afterwards",
    "desk_cancel": "cancelled",
    "carried": "carried over",
    "moved": "moved",
    "picked": "called out of turn",
    "other": "changed",
}


def _figures(result: Result) -> Iterator[list[str]]:
    for n, (name, of) in enumerate(result.figures.items()):
        yield [
            result.name.en if n == 0 else "",
            _CLASSES[name],
            str(of.called),
            str(of.unseen),
            *(f"{value:.1f}" for value in (of.mean, of.median, of.p95, of.worst)),
            f"{100 * of.in_target:.1f} %",
            f"{of.overtakes:.2f}",
            str(of.most_overtakes),
        ]


def _differences(result: Result) -> Iterator[list[str]]:
    for n, (name, of) in enumerate(result.differences.items()):
        yield [
            result.name.en if n == 0 else "",
            _CLASSES[name],
            f"{of.mean:+.1f}",
            str(of.shorter),
            str(of.longer),
            str(of.same),
            f"{of.most_shorter:.1f}",
            f"{of.most_longer:.1f}",
        ]


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Columns in line: words to the left, figures to the right."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    words = 2
    for row in rows:
        cells = [
            cell.ljust(width) if n < words else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
