"""What a voice is given to read: numbers by their characters, money and times in words."""

from __future__ import annotations

import pytest

from kiosk.spoken import spoken


@pytest.mark.parametrize(
    ("text", "language", "said"),
    [
        ("您的号是 A012，正在打印小票", "zh", "您的号是  A 零 一 二 ，正在打印小票"),
        ("Your number is A012. Printing the ticket", "en", "Your number is A, zero one two. Printing the ticket"),
        ("请在刷卡机上付 ¥1268.50", "zh", "请在刷卡机上付  1268.50 元"),
        ("Please pay ¥12.00 at the card terminal", "en", "Please pay 12 yuan at the card terminal"),
        ("09:30 起连不上", "zh", "9 点 30 分  起连不上"),
        ("10:00 以后到采血处", "zh", "10 点  以后到采血处"),
        ("预计等候 15–25 分钟", "zh", "预计等候 15 到 25 分钟"),
        ("Expected wait 15–25 min", "en", "Expected wait 15 to 25 min"),
        ("请到一楼 2 号人工窗口", "zh", "请到一楼 2 号人工窗口"),
        ("请马上到 203 诊室", "zh", "请马上到 203 诊室"),
        ("心血管内科 · 陈明远", "zh", "心血管内科，陈明远"),
        ("", "en", ""),
    ],
)
def test_a_sentence_as_it_is_said(text, language, said):
    assert spoken(text, language) == said
