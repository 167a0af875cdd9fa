"""The theme is the one place of sizes and colours, and its colours hold for every eye."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor

from tests.kiosk.colours import DEUTERANOPIA, PROTANOPIA, contrast, distance
from tests.tools import qml_lint

QML = Path(__file__).parents[2] / "kiosk" / "qml"
THEME = QML / "theme" / "Theme.qml"
FILES = sorted(path for path in QML.rglob("*.qml") if path != THEME)
ROLES = {
    name: QColor(value)
    for name, value in re.findall(r'property color (\w+): "(#\w+)"', THEME.read_text(encoding="utf-8"))
}

TEXT_ON = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("inkSoft", "ground"),
    ("inkSoft", "surface"),
    ("primary", "ground"),
    ("primary", "surface"),
    ("primary", "primaryTint"),
    ("primary", "primaryTintPressed"),
    ("primaryInk", "primary"),
    ("primaryInk", "primaryPressed"),
    ("attention", "attentionGround"),
    ("attention", "surface"),
    ("fault", "faultGround"),
    ("fault", "ground"),
]


EDGES_ON = [
    ("primary", "ground"),
    ("primary", "surface"),
    ("inkSoft", "ground"),
    ("inkSoft", "surface"),
]
"""The edges of controls; a hairline in ``line`` parts things that nobody touches."""


def code_of(path: Path) -> str:
    """A file without its comments."""
    return re.sub(r"//.*", "", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_stands_out(text, ground):
    assert contrast(ROLES[text], ROLES[ground]) >= 4.5


@pytest.mark.parametrize(("edge", "ground"), EDGES_ON)
def test_the_edges_of_controls_stand_out(edge, ground):
    assert contrast(ROLES[edge], ROLES[ground]) >= 3


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_control_has_an_edge_that_does_not(path):
    code = code_of(path)
    if "AbstractButton" in code:
        assert "Theme.line\n" not in code
        assert set(re.findall(r"Theme\.(\w+)", "".join(re.findall(r"border\.color:.*", code)))) <= {
            "primary",
            "inkSoft",
        }


@pytest.mark.parametrize("sight", [DEUTERANOPIA, PROTANOPIA], ids=["deuteranopia", "protanopia"])
@pytest.mark.parametrize("pair", list(itertools.combinations(("primary", "attention", "fault"), 2)), ids="-".join)
def test_the_three_marks_differ_for_eyes_that_see_no_red_or_green(pair, sight):
    assert distance(ROLES[pair[0]], ROLES[pair[1]], sight) >= 15


def test_the_page_of_the_design_language_gives_the_same_colours():
    page = (QML.parents[1] / "docs" / "design-language.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| `(#\w+)`", page, re.MULTILINE))
    assert {name: QColor(value) for name, value in listed.items()} == {name: ROLES[name] for name in listed}
    assert len(listed) >= 10


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_literal_colour_and_no_words_outside_the_theme(path):
    code = code_of(path)
    assert re.findall(r'"#[0-9a-fA-F]+"|Qt\.rgba|"(?:white|black|red|green|blue|gray)"', code) == []
    assert re.findall(r"[\u4e00-\u9fff]|qsTr", code) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_literal_size_outside_the_theme(path):
    sizes = re.findall(
        r"(?:pixelSize|pointSize|[mM]argins?|\w+Margin|spacing|radius|[wW]idth|\w*[hH]eight|\w*[pP]adding|strokeWidth|duration)"
        r":\s*(\d+(?:\.\d+)?)\s*$",
        code_of(path),
        re.MULTILINE,
    )
    assert [size for size in sizes if size != "0"] == []  # nothing is nothing in every unit


def test_the_screens_pass_qmllint_without_a_warning():
    assert qml_lint.lint_qml() == []


def test_qmllint_knows_the_types_that_python_brings(tmp_path):
    broken = tmp_path / "Broken.qml"
    broken.write_text(
        "import QtQuick\nimport Kiosk\n\nItem {\n    required property ScreenView screen\n    x: screen.load\n}\n",
        encoding="utf-8",
    )
    assert any("load" in line for line in qml_lint.lint_qml([broken]))
