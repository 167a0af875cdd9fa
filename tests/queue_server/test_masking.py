"""Names as screens may show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.masking import mask, same_name


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王芳", "王*"),
        ("王秀英", "王*英"),
        ("欧阳小明", "欧**明"),
        ("李", "*"),
        (" 王 芳 ", "王*"),
        ("阿依古丽·买买提", "阿**提"),
        ("𠮷田", "𠮷*"),
        ("Mary Jane Watson", "M. J. W."),
        ("o'neill, séan", "O. N. S."),
        ("Jean-Luc", "J. L."),
        ("Иван Петров", "И. П."),
        ("", "*"),
        ("···", "*"),
    ],
)
def test_a_name_is_masked(name, masked):
    assert mask(name) == masked


@given(st.text(alphabet="王芳秀英欧阳小明买提艾", min_size=1, max_size=20))
def test_a_chinese_name_shows_at_most_its_first_and_last_character(name):
    masked = mask(name)
    assert "*" in masked
    assert len(masked) - masked.count("*") <= 2
    assert len(masked) <= 4


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("王芳", "王 芳", True),
        ("艾·买提", "艾买提", True),
        ("MARY WATSON", "Mary Watson", True),
        ("王芳", "王方", False),
        ("", "", False),
    ],
)
def test_spellings_of_one_name_are_the_same(one, other, same):
    assert same_name(one, other) is same
