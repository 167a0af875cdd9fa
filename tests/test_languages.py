"""The words of the pages and of the kiosk: each in its language, and no word of the other one left in it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from kiosk.words import Catalogue

ROOT = Path(__file__).parents[1]
PAGES: dict[str, dict[str, str]] = json.loads(
    (ROOT / "queue_server" / "web" / "words.json").read_text(encoding="utf-8")
)
CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffef]")
LATIN = re.compile("[A-Za-z]{2,}")
BLANK = re.compile(r"\{\w+\}")
OF_BOTH = {"nav.other_language", "frame.language"}
"""They lead to the other language and are said in it."""
IN_CHINESE_TOO = {"LED", "JSON", "SpO", "board", "IV", "A4"}
"""Names of things, an address, and levels."""


def sentences(language: str) -> dict[str, str]:
    """Every word of the pages and of the kiosk, without its blanks."""
    catalogue = Catalogue.load()
    tables = catalogue._tables
    kiosk = {key: tables["zh" if language == "zh" else "en"][key] for key in catalogue.keys}
    pages = {key: words[language] for key, words in PAGES.items() if isinstance(words, dict)}
    return {key: BLANK.sub("", words) for key, words in (pages | kiosk).items() if key not in OF_BOTH}


def test_there_is_no_chinese_in_the_english_words():
    words = sentences("en")
    assert len(words) > 800
    assert {key: said for key, said in words.items() if CHINESE.search(said)} == {}


def test_there_is_no_english_in_the_chinese_words():
    found = {key: left for key, said in sentences("zh").items() if (left := set(LATIN.findall(said)) - IN_CHINESE_TOO)}
    assert found == {}
