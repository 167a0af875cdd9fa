"""Plots as SVG that are read in black and white: by position, shape and dash, never by colour alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape
from typing import TypeAlias

from queue_server.engine.site import Text
from queue_server.replay.figures import ALL
from queue_server.replay.report import POINTS, Result

Say: TypeAlias = Callable[[str, str], str]
"""Chinese and English words to those of the page."""

WIDTH = 960
_LEFT, _RIGHT = 250, 70
_ROW = 30
_DASHES = ("", "9 5", "2 4", "12 4 2 4", "6 3 2 3 2 3", "1 3")
"""One for each rule; with more rules the plots repeat them, and the names stand beside the lines."""
_TICKS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 240, 480)
_MOST_TICKS = 8


_HATCH = (
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" class="ground"/><line x1="0" y1="0" x2="0" y2="6" class="hatch"/></pattern></defs>'
)


def class_words(group: str) -> Text:
    """What a class is called."""
    return _CLASSES[group]


_CLASSES = {
    "appointment": Text("预约", "booked"),
    "walk_in": Text("现场", "walk-in"),
    "return": Text("回诊", "return"),
    "open": Text("窗口", "open"),
    ALL: Text("全部", "all"),
}


def waits(results: Sequence[Result], target_min: float, say: Say) -> str:
    """For each class and rule: median to 95th percentile as a bar, the mean as a dot, the longest as a diamond."""
    groups = list(results[0].figures)
    top = max((of.worst for result in results for of in result.figures.values()), default=0) or 1
    height = 30 + len(groups) * (len(results) * _ROW + 34) + 40
    x = _scale(top)
    parts: list[str] = [_grid(top, 24, height - 40, x, say("分钟", "minutes"))]
    if target_min <= top:
        parts.append(_line(x(target_min), 16, x(target_min), height - 40, "target"))
        parts.append(_text(x(target_min) + 4, 14, f"{say('目标', 'target')} {target_min:g}", "small"))
    y = 36
    for group in groups:
        parts.append(_text(8, y + 4, say(_CLASSES[group].zh, _CLASSES[group].en), "class"))
        y += 22
        for result in results:
            of = result.figures.get(group)
            parts.append(_text(_LEFT - 10, y + 4, say(result.name.zh, result.name.en), "name end"))
            if of is not None and of.called:
                parts += [
                    _rect(x(of.median), y - 6, max(1, x(of.p95) - x(of.median)), 12, "bar"),
                    f'<circle class="dot" cx="{x(of.mean):.1f}" cy="{y}" r="4.5"/>',
                    _diamond(x(of.worst), y),
                    _text(x(of.worst) + 10, y + 4, f"{of.mean:.1f} / {of.p95:.0f}", "small"),
                ]
            y += _ROW
        y += 12
    return _svg(height, parts)


def curves(results: Sequence[Result], group: str, say: Say) -> str:
    """The share of a class that waited no longer than so many minutes, a line for each rule."""
    found = [(n, result) for n, result in enumerate(results) if group in result.curves]
    top = max((result.curves[group][-1] for _, result in found), default=0) or 1
    height, base = 250, 210
    x = _scale(top, left=60)
    parts = [_grid(top, 10, base, x, say("分钟", "minutes"))]
    for share in (0, 25, 50, 75, 100):
        y = base - share * 2
        parts += [_line(60, y, WIDTH - _RIGHT, y, "grid"), _text(52, y + 4, f"{share} %", "small end")]
    for n, result in found:
        points = " ".join(
            f"{x(minutes):.1f},{base - 200 * step / POINTS:.1f}" for step, minutes in enumerate(result.curves[group])
        )
        dash = _DASHES[n % len(_DASHES)]
        parts.append(
            f'<polyline class="curve{" base" if n == 0 else ""}" stroke-dasharray="{dash}" points="{points}"/>'
        )
    return _svg(height, parts)


def legend(results: Sequence[Result], say: Say) -> str:
    """Which dash is which rule."""
    parts: list[str] = []
    for n, result in enumerate(results):
        y = 14 + n * 20
        dash = _DASHES[n % len(_DASHES)]
        kind = "curve base" if n == 0 else "curve"
        parts.append(f'<polyline class="{kind}" stroke-dasharray="{dash}" points="60,{y} 130,{y}"/>')
        parts.append(_text(142, y + 4, say(result.name.zh, result.name.en), "name"))
    return _svg(len(results) * 20 + 10, parts)


def sides(results: Sequence[Result], say: Say) -> str:
    """How many wait less (hatched, to the left) and how many more (filled, to the right), by class."""
    rows = [(result, group) for result in results for group in result.differences]
    top = max((max(of.shorter, of.longer) for result in results for of in result.differences.values()), default=0) or 1
    middle, span = (_LEFT + WIDTH - _RIGHT) / 2 + 20, (WIDTH - _LEFT - _RIGHT) / 2 - 50
    height = 44 + len(rows) * _ROW + len(results) * 24
    parts = [
        _HATCH,
        _text(middle - 12, 16, f"← {say('等得更短', 'wait less')}", "small end"),
        _text(middle + 12, 16, f"{say('等得更久', 'wait more')} →", "small"),
        _line(middle, 24, middle, height - 6, "axis"),
    ]
    y = 34
    for result in results:
        parts.append(_text(8, y + 4, say(result.name.zh, result.name.en), "class"))
        y += 24
        for group, of in result.differences.items():
            less, more = span * of.shorter / top, span * of.longer / top
            parts += [
                _text(_LEFT - 10, y + 4, say(_CLASSES[group].zh, _CLASSES[group].en), "name end"),
                _rect(middle - less, y - 7, less, 14, "less"),
                _rect(middle, y - 7, more, 14, "more"),
                _text(middle - less - 6, y + 4, str(of.shorter), "small end"),
                _text(middle + more + 6, y + 4, f"{of.longer}   {of.mean:+.1f} {say('分', 'min')}", "small"),
            ]
            y += _ROW
    return _svg(height, parts)


def _scale(top: float, left: float = _LEFT) -> Callable[[float], float]:
    return lambda minutes: left + (WIDTH - _RIGHT - left) * minutes / top


def _grid(top: float, begins: float, ends: float, x: Callable[[float], float], unit: str) -> str:
    step = next((one for one in _TICKS if top / one <= _MOST_TICKS), _TICKS[-1])
    parts: list[str] = []
    for minutes in range(0, int(top) + 1, step):
        parts += [
            _line(x(minutes), begins, x(minutes), ends, "grid"),
            _text(x(minutes), ends + 16, str(minutes), "small middle"),
        ]
    parts.append(_text(WIDTH - _RIGHT, ends + 32, unit, "small end"))
    return "".join(parts)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _diamond(x: float, y: float) -> str:
    return f'<path class="worst" d="M{x:.1f} {y - 5} l5 5 l-5 5 l-5 -5 z"/>'


def _text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def _name(y: float, words: str) -> str:
    """A rule's name beside its row; both languages, or many words, take two lines."""
    first, _, second = words.partition(" · ")
    if not second:
        return _text(_LEFT - 10, y + 4, words, "name end")
    return _text(_LEFT - 10, y - 2, first, "name end") + _text(_LEFT - 10, y + 11, second, "small end")


def _svg(height: float, parts: Iterable[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" xmlns="http://www.w3.org/2000/svg">{"".join(parts)}</svg>'
    )
