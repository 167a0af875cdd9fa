"""The catalogues are complete, used, and in the words of the building."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk.font import missing_glyphs
from kiosk.words import LANGUAGES, Catalogue, CatalogueError, Phrase, say
from queue_server.contract import Text
from tests.kiosk.people import NOT_FOR_PATIENTS
from tests.tools import qml_lint

KIOSK = Path(__file__).parents[2] / "kiosk"
CATALOGUE = Catalogue.load()


def test_the_catalogues_hold_what_is_said_and_nothing_else():
    assert qml_lint.lint_words() == []


def test_a_word_that_is_missing_or_never_said_is_named(tmp_path):
    for language in LANGUAGES:
        words = (KIOSK / "i18n" / f"{language}.toml").read_text(encoding="utf-8")
        changed = words.replace('\nscan = "', '\nnever_said = "')
        assert changed != words
        (tmp_path / f"{language}.toml").write_text(changed, encoding="utf-8")
    assert qml_lint.lint_words(tmp_path) == [
        "ticket.scan is said and is in no catalogue.",
        "ticket.never_said is in the catalogues and nobody says it.",
    ]


def all_words():
    for language in LANGUAGES:
        for key in sorted(CATALOGUE.keys):
            yield language, key, CATALOGUE._tables[language][key]


def test_no_exclamation_marks_no_system_terms_no_blame():
    assert [(key, words) for _, key, words in all_words() if NOT_FOR_PATIENTS.search(words)] == []


def test_the_english_has_no_chinese_but_the_name_of_the_language():
    chinese = re.compile(r"[\u4e00-\u9fff]")
    found = [key for language, key, words in all_words() if language == "en" and chinese.search(words)]
    assert found == ["frame.language"]


@pytest.mark.usefixtures("qapp")
def test_every_character_of_the_catalogue_is_in_the_font():
    assert {character for _, _, words in all_words() for character in missing_glyphs(words)} == set()


def test_a_phrase_waits_for_its_language_with_all_it_holds():
    phrase = say("away.lead", where=Text("二号窗口", "window 2"))
    assert "二号窗口" in CATALOGUE.speak(phrase, "zh")
    assert "window 2" in CATALOGUE.speak(phrase, "en")
    assert CATALOGUE.speak(None, "zh") == ""
    assert CATALOGUE.speak("A012", "en") == "A012"


@pytest.mark.parametrize(
    ("zh", "en", "sentence"),
    [
        ({"a": "甲"}, {}, "a"),
        ({"a": "{n} 人"}, {"a": "{m} people"}, "placeholders"),
    ],
)
def test_catalogues_that_do_not_fit_are_refused(zh, en, sentence):
    with pytest.raises(CatalogueError, match=sentence):
        Catalogue({"zh": zh, "en": en})


def test_an_unknown_key_is_a_programming_error():
    with pytest.raises(KeyError):
        CATALOGUE.speak(Phrase("no.such.key"), "zh")
