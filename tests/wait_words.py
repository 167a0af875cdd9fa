"""What tells an expected wait as one figure, in Chinese or English: minutes or a moment that are no range."""

from __future__ import annotations

import re

FIGURE = r"(?:\{[^{}]*\}|\$\{[^{}]*\}|\d+(?::\d\d)?)"
_OF_TIME = r"(?:time|clock|moment|when|begin|end|until|low|high|min|wait)"
MOMENT = rf"(?:\{{(?:[^{{}}]*{_OF_TIME}[^{{}}]*|n)?\}}|\$\{{[^{{}}]*\}}|\d+(?::\d\d)?)"
"""A figure that may be of time, by the name of what is put in: an amount of money is none."""
RANGE = re.compile(rf"{FIGURE}\s*(?:–|-|至|到|to|and)\s*{FIGURE}")
UNIT = r"(?:分钟|小时|min\b|minutes?\b|hours?\b|h\b)"
WAIT = re.compile(
    r"等候|等待|要等|再等|等到|预计|预估|轮到|叫到|\bwait|expect|estimat|your turn|shortest", re.IGNORECASE
)
ONE_FIGURE = re.compile(rf"{FIGURE}\s*{UNIT}")
ABOUT = re.compile(
    rf"(?:大约|大概|(?<!预)约|预计|预估)\s*{MOMENT}|{MOMENT}\s*(?:分钟|点)?\s*(?:左右|前后)"
    rf"|\b(?:about|approx\w*\.?|around|roughly|estimated|expected)\s+(?:at\s+|by\s+|in\s+)?{MOMENT}",
    re.IGNORECASE,
)


def is_one_figure(sentence: str) -> bool:
    """Whether ``sentence`` tells an expected wait, or its end, as one figure."""
    left = RANGE.sub("", sentence)
    return ABOUT.search(left) is not None or (WAIT.search(left) is not None and ONE_FIGURE.search(left) is not None)
