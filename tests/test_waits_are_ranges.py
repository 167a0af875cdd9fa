"""An expected wait is a range, never one figure: every sentence of the program is looked at, in both languages.

The catalogues of kiosk and pages, the configured sentences, every string in the Python code, and what pages, scripts
and QML say themselves. A new sentence that tells somebody one figure of minutes, or one moment, fails here.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
import typing
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from queue_server import contract
from tests.wait_words import is_one_figure

ROOT = Path(__file__).parent.parent
PROGRAMS = ("queue_server", "kiosk", "drivers")
PAGES = ("html", "js", "qml")

ALLOWED = {
    "在您的排队时刻之后 {} 分钟以后签到的，不会在您之前叫到；只有{}除外，都会写明。"
    "小票页写着您的那个时刻；重新候诊后以新的为准": "the bound of the rules",
    "等候超过 {} 分钟，护士会看到提醒；次序不会因此自动改变": "the configured limit of a wait",
    "A wait of more than {} minutes is shown to the nurses; it changes no order by itself": "the same",
    "{number} has waited since {since}, past the limit of {limit} min since {time}": "the same, and it is over",
    "It begins within {minutes} minutes, so the waiting list is closed and you were not put down. Whoever asks first "
    "gets a place that becomes free.": "until when a booking may wait for a place",
    "{} 人次，{} 个诊室。等候以分钟计，到叫号为止；目标不超过 {} 分钟。": "the target of a report on past days",
}
"""Sentences with one figure of minutes that nobody is to expect, each with what the figure is."""


def leaves(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from leaves(one)
        case list():
            for one in value:
                yield from leaves(one)


def catalogues() -> Iterator[tuple[str, str]]:
    for path in [*(ROOT / "kiosk/i18n").glob("*.toml"), *(ROOT / "config").rglob("*.toml")]:
        for sentence in leaves(tomllib.loads(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(ROOT)), sentence
    for path in (ROOT / "queue_server").rglob("*.json"):
        for sentence in leaves(json.loads(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(ROOT)), sentence


def in_code() -> Iterator[tuple[str, str]]:
    for program in PROGRAMS:
        for path in sorted((ROOT / program).rglob("*.py")):
            for line, said in strings(ast.parse(path.read_text(encoding="utf-8"))):
                yield f"{path.relative_to(ROOT)}:{line}", said


def strings(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string below ``node`` but those for readers of the code; what is put in stands as braces."""
    match node:
        case ast.Expr(ast.Constant()):
            return
        case ast.JoinedStr(parts):
            said = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in parts)
            yield node.lineno, said
        case ast.Constant(str(said)):
            yield node.lineno, said
        case _:
            for child in ast.iter_child_nodes(node):
                yield from strings(child)


def on_pages() -> Iterator[tuple[str, str]]:
    """What stands between quotation marks, and between tags."""
    words = re.compile(r""""([^"\n]*)"|'([^'\n]*)'|`([^`]*)`|>([^<>]*)<""")
    for program in PROGRAMS:
        for kind in PAGES:
            for path in sorted((ROOT / program).rglob(f"*.{kind}")):
                if "vendor" in path.parts:
                    continue
                for found in words.finditer(path.read_text(encoding="utf-8")):
                    yield str(path.relative_to(ROOT)), next(filter(None, found.groups()), "")


@pytest.fixture(scope="module")
def sentences():
    return {source.__name__: list(source()) for source in (catalogues, in_code, on_pages)}


def test_no_sentence_tells_an_expected_wait_as_one_figure(sentences):
    assert {source: len(found) > 1000 for source, found in sentences.items()} == dict.fromkeys(sentences, True)
    found = [(where, said) for one in sentences.values() for where, said in one if is_one_figure(said)]
    assert [(where, said) for where, said in found if said not in ALLOWED] == []
    assert ALLOWED.keys() <= {said for _, said in found}, "what the program says no longer needs no leave"


@pytest.mark.parametrize(
    "said",
    [
        "现在等候最短，约 3 分钟",
        "The shortest wait now, about {minutes} minutes",
        "全部做完约 {time}",
        "约 09:47",
        "All done by about {time}",
        "预计等候 {high} 分钟以内",
        "Expected wait up to {high} min",
        "预计 {time} 轮到您",
        "还要等 5 分钟左右",
        "Estimated wait: {n} min",
        "Expected at {time}",
        "10:40 左右",
    ],
)
def test_one_figure_is_found(said):
    assert is_one_figure(said)


@pytest.mark.parametrize(
    "said",
    [
        "预计等候 {low}–{high} 分钟",
        "about {low}–{high} min",
        "All done between {earliest} and {latest}",
        "约 3 到 9 分钟",
        "预约 {slot}，{check_in} 签到，按 {key} 排队。",
        "预计等候本周 {percent}% 准确（{waits} 次）",
        "{seconds} 秒后回到首页",
        "不用签到；预约时段开始前 {} 分钟起自动排队。",
        "10:21 以后才能做",
        "Asking the bank about {amount}",
    ],
)
def test_a_range_and_a_figure_of_something_else_pass(said):
    assert not is_one_figure(said)


def test_whatever_travels_to_a_screen_about_a_wait_has_two_ends():
    told = {
        (name, field.name): typing.get_args(field.type) or (field.type,)
        for name, kind in vars(contract).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        for field in msgspec.structs.fields(kind)
        if re.search(r"(?:^|_)(?:wait|begins|ends|expected)(?:_|$)", field.name)
    }
    assert {
        key for key, kinds in told.items() if not {contract.WaitRange, contract.TimeRange}.intersection(kinds)
    } == set()
    assert len(told) >= 4


@pytest.mark.parametrize("ends", [(5, 5), (9, 3), (-1, 4)])
def test_a_range_of_minutes_has_two_different_ends_in_order(ends):
    with pytest.raises(ValueError, match="is no range of minutes"):
        contract.WaitRange(*ends)


def test_a_range_of_moments_has_two_different_ends_in_order():
    moment = datetime(2026, 11, 20, 9, 41, tzinfo=UTC)
    for ends in ((moment, moment), (moment, moment - timedelta(minutes=1))):
        with pytest.raises(ValueError, match="is no range of moments"):
            contract.TimeRange(*ends)
