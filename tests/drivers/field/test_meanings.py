"""What drivers report has words for a person."""

import ast
from functools import cache
from pathlib import Path

from drivers import line
from drivers.device import DeviceState
from drivers.field.meanings import STATES, meaning

DRIVERS = Path(__file__).resolve().parents[3] / "drivers"


def literals(node):
    """The texts in a findings=(...) of a health report, where they are written out."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "HealthReport":
            for keyword in call.keywords:
                if keyword.arg == "findings":
                    for part in ast.walk(keyword.value):
                        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.strip():
                            yield part.value


@cache
def findings():
    """Every finding that is written out in a driver."""
    return {
        finding
        for path in DRIVERS.rglob("*.py")
        if "field" not in path.parts and "conformance" not in path.parts
        for text in [path.read_text(encoding="utf-8")]
        if "HealthReport(" in text
        for finding in literals(ast.parse(text))
    }


def test_findings_are_found():
    assert {"answers", "line_open", "closed"} & findings()


def test_every_finding_and_every_error_of_a_line_has_words_in_both_languages():
    for finding in sorted(findings() | set(line._ERRORS)):
        chinese, english = meaning(finding)
        assert chinese != finding, "it has no words"
        assert any("\u4e00" <= character <= "\u9fff" for character in chinese), finding
        assert english.isascii(), finding


def test_every_state_has_words():
    assert set(STATES) == set(DeviceState)


def test_what_is_not_known_is_given_as_it_is():
    assert meaning("somebody_elses") == ("somebody_elses", "somebody_elses")
