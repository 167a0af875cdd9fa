"""What belongs together stays on one line, and nothing else changes."""

from __future__ import annotations

import pytest

from kiosk.lines import IN_A_LEAD, JOINER, NO_BREAK_SPACE, kept_together, plain
from kiosk.words import LANGUAGES, Catalogue

CATALOGUE = Catalogue.load()
SPACE_OF_NO_WIDTH = "\u200b"


def chunks(text: str, *longest: float) -> list[str]:
    """What a line may end between, as Unicode's line breaking has it for the characters used here."""
    found = [""]
    made = kept_together(text, *longest)
    for at, character in enumerate(made):
        before = made[at - 1] if at else ""
        may_end = before in {" ", SPACE_OF_NO_WIDTH} or (
            before not in {"", JOINER, NO_BREAK_SPACE}
            and character not in {JOINER, NO_BREAK_SPACE, SPACE_OF_NO_WIDTH, " ", *"，。；：、？）·"}
            and (ord(character) > 0x2E80 or ord(before) > 0x2E80)
        )
        if may_end:
            found.append("")
        found[-1] += character
    return [plain(chunk).strip(" ·") for chunk in found]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("这台机器现在读不了身份证，您还没有签到", ["这台机器现在读不了身份证，", "您还没有签到"]),
        ("请到一楼大厅 2 号人工窗口，或换一台自助机", ["请到一楼大厅 2 号人工窗口，", "或换一台自助机"]),
        ("小票没有打印：缺纸", ["小票没有打印：缺纸"]),
        ("陈明远 主任医师（上午）", ["陈明远", "主任医师", "（上午）"]),
        ("预约 上午 10:00–10:30", ["预约", "上午 10:00–10:30"]),
        ("心血管内科 · 普通号（上午）", ["心血管内科", "普通号", "（上午）"]),
        (
            "Dr Chen, chief physician · Appointment at 10:00–10:30",
            ["Dr", "Chen,", "chief physician", "Appointment at 10:00–10:30"],
        ),
        ("Waiting area A, 2nd floor", ["Waiting", "area A,", "2nd floor"]),
        (
            "The card was not read. You are not checked in",
            ["The", "card", "was", "not read.", "You are not checked in"],
        ),
        ("Touch anywhere to begin", ["Touch", "anywhere", "to begin"]),
    ],
)
def test_a_line_ends_between_clauses_and_words(text, kept):
    assert chunks(text) == kept


def test_a_long_clause_breaks_beside_the_words_of_the_signs_and_not_near_its_end():
    found = chunks("请带好身份证到门诊楼一楼大厅 2 号人工窗口重新办理改期或者退号。")
    assert {"身份证", "一楼大厅 2 号人工窗口", "改期"} <= {chunk.removesuffix("。") for chunk in found}
    assert len(found[-1]) >= 4


def test_what_is_set_smaller_keeps_longer_clauses_whole():
    clause = "也可以到一楼大厅 2 号人工窗口办理"
    assert len(chunks(clause)) > 1
    assert chunks(f"可以再试一次。{clause}", IN_A_LEAD) == ["可以再试一次。", clause]


def test_a_masked_name_stays_as_it_is():
    assert kept_together("王*英") == "王*英"
    assert "王*英" in kept_together("王*英 · 取号时间 11-20 09:41")


def test_nothing_else_changes():
    for language in LANGUAGES:
        for key in CATALOGUE.keys:
            words = CATALOGUE._tables[language][key]
            assert plain(kept_together(words)) == words
    assert kept_together("") == ""
    assert kept_together("A012") == "A012"
