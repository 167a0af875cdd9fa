"""Where a line on the screen may end: between clauses and words, never inside a name on the building's signs.

Qt may break Chinese between any two characters, and so leaves one of them alone on the last line or takes 自助机 apart.
What belongs together is therefore joined before Qt sees it, by characters that are not seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

JOINER = "\u2060"
"""Word joiner: no width, and no line ends there."""

NO_BREAK_SPACE = "\u00a0"

_DOT = "·\u200b"
"""The middle dot between two facts. The font gives it the room of a whole character, so it needs no spaces; the space
of no width lets a line end after it."""

LINE_END = "\u2028"
"""In the dot's place where a line ends between two facts: the screen sets it, which alone knows how wide a line is."""

IN_A_TITLE = 15.0
"""Ems of a clause that is kept whole in a title: what one has on a line in senior mode."""

IN_A_LEAD = 20.0
"""The same in what is set no larger than a lead."""

IN_A_FACT = 13.0
"""The same in the values of facts, beside their labels."""

IN_A_CAPTION = 8.0
"""The same under the QR code, and no wider than it."""

_LATIN_EM = 0.55
_SHORT_END = 3.0
"""Ems up to which the last clause stays with the one before it."""

_TAIL = 5
"""Characters kept together at the end of a clause that is too long to be kept whole, with its full stop."""

_LATIN_TAIL = 20
"""Letters up to which the last two words of an English sentence are kept together."""

SIGNS = (
    *(
        "号人工窗口",
        "人工窗口",
        "自助机",
        "身份证",
        "读卡区",
        "候诊区",
        "候诊",
        "诊室",
        "分诊台",
        "导诊台",
        "门诊",
        "大厅",
    ),
    *("工作人员", "志愿者", "打印机", "小票", "号码", "预约", "挂号", "签到", "取号", "补打", "副主任", "主任", "医师"),
    *("办理", "查询", "改期", "退号", "停诊", "重新", "继续", "请到", "没有", "可以"),
)
"""Words that are never broken, in clauses too long to be kept whole."""

_SIGN = re.compile("|".join(("(?:请到)?[一二三四五六七八九十]+楼(?:大厅)?", *SIGNS)))
_CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_CLAUSE = re.compile("(?<=[，。；：、？）」』 \u200b])|(?=[（「『])")
_SENTENCE = re.compile("(?<=[.?]) ")


def plain(text: str) -> str:
    """Return ``text`` as it was before ``kept_together``."""
    return text.replace(JOINER, "").replace(NO_BREAK_SPACE, " ").replace(LINE_END, _DOT).replace(_DOT, " · ")


def kept_together(text: str, longest: float = IN_A_TITLE) -> str:
    """Return ``text`` with its clauses, names, figures and units held together; it looks the same.

    Args:
        text: in one language, of any length.
        longest: ems of a clause that is kept whole; a longer one may break between words.
    """
    text = re.sub(r"(?<=\d)–(?=\d)", f"–{JOINER}", text).replace(" · ", _DOT)
    if _CHINESE.search(text):
        return _chinese(text, longest)
    return _DOT.join(
        fact.replace(" ", NO_BREAK_SPACE) if at and ems(fact) <= longest else _latin(fact, longest)
        for at, fact in enumerate(text.split(_DOT))
    )


def ems(text: str) -> float:
    """About how wide ``text`` is."""
    return sum(1.0 if _CHINESE.match(character) else _LATIN_EM for character in text if character != JOINER)


def _chinese(text: str, longest: float) -> str:
    # A space beside a figure or a letter is set for looks: 2 号, A 区. One between two Chinese words parts them.
    text = re.sub(r"(?<=[0-9A-Za-z]) (?=[^ -~])|(?<=[^ -~]) (?=[0-9A-Za-z])|(?<=\d) (?=\d)", NO_BREAK_SPACE, text)
    clauses = [clause for clause in _CLAUSE.split(text) if clause]
    if len(clauses) > 1 and ems(clauses[-1]) <= _SHORT_END and ems(clauses[-2] + clauses[-1]) <= longest:
        clauses[-2:] = ["".join(clauses[-2:])]
    return "".join(_joined(clause, longest) for clause in clauses)


def _joined(clause: str, longest: float) -> str:
    if "*" in clause:
        return clause  # a masked name is short, and those who look for one on the glass find it as it is
    held = set(range(len(clause))) if ems(clause) <= longest else set(_held(clause))
    made = clause[:1]
    for at, (one, other) in enumerate(pairwise(clause), start=1):
        chinese = _CHINESE.match(one) or _CHINESE.match(other)
        spaced = {one, other} & {" ", NO_BREAK_SPACE, JOINER, "\u200b"}
        made += (JOINER if at in held and chinese and not spaced else "") + other
    return made


def _held(clause: str) -> Iterator[int]:
    """Yield the places in a long clause, after that many characters, where no line may end."""
    for sign in _SIGN.finditer(clause):
        yield from range(sign.start() + 1, sign.end())
    yield from range(len(clause) - _TAIL + 1, len(clause))


def _latin(text: str, longest: float) -> str:
    first, *others = _SENTENCE.split(text)
    return " ".join(
        [
            _latin_sentence(first),
            *(
                other.replace(" ", NO_BREAK_SPACE) if ems(other) <= min(longest, IN_A_TITLE) else _latin_sentence(other)
                for other in others
            ),
        ]
    )


def _latin_sentence(sentence: str) -> str:
    words = sentence.split(" ")
    made = words[0]
    for at, (one, other) in enumerate(pairwise(words), start=1):
        last = at == len(words) - 1 and len(one) + len(other) <= _LATIN_TAIL
        unit = one[:1].isdigit() or other[:1].isdigit() or re.fullmatch("[A-Z][,.]?", other)
        made += (NO_BREAK_SPACE if (last or unit) and not one.endswith(",") else " ") + other
    return made
