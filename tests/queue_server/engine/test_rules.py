"""The public rules: every rule of the configuration is said, in both languages, with its figures."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from queue_server.engine.rules import rules_of
from queue_server.engine.site import Abandon, GroupRule, LateRule, PlaceStamp, Site, Stamps, Text, TimeStamp
from tests.sites import clinic_stamps, small_site

WORDS = Text("话", "words")


def said(site: Site, queue_id: str = "q-im") -> dict[str, list[Text]]:
    queue = next(queue for queue in site.queues if queue.id == queue_id)
    found: dict[str, list[Text]] = {}
    for rule in rules_of(site, queue):
        text = Text(f"{rule.title.zh}：{rule.text.zh}", f"{rule.title.en}: {rule.text.en}")
        found.setdefault(rule.about, []).append(text)
    return found


def with_stamps(stamps: Stamps, **changes) -> Site:
    site = small_site()
    queues = [
        msgspec.structs.replace(queue, stamps=stamps, **changes) if queue.id == "q-im" else queue
        for queue in site.queues
    ]
    return msgspec.structs.replace(site, queues=queues)


def test_the_usual_clinic_is_said_whole():
    rules = said(small_site(lock=2))
    assert "15 minutes before the check-in" in rules["appointment"][0].en
    assert "30 minutes later" in rules["walk_in"][0].en
    assert [text.en[:15] for text in rules["missed"]] == ["Missed, time 1:", "Missed, time 2:", "Missed, time 3:"]
    assert "after 3 more calls" in rules["missed"][0].en
    assert "please check in again" in rules["missed"][2].en
    assert "senior 20 min" in rules["credit"][0].en
    assert "The first 2 places" in rules["lock"][0].en
    # C = 20 and L = 15.
    assert "more than 35 minutes after your queueing moment" in rules["bound"][0].en
    assert "Like a walk-in" in rules["return"][0].en
    assert "limit" not in rules


def test_returns_severity_thresholds_sets_and_limits_are_said_too():
    stamps = msgspec.structs.replace(
        clinic_stamps(),
        returns=PlaceStamp(2, WORDS, "first_visit"),
        late_rules=[LateRule(45, TimeStamp("slot_end", WORDS, slots=-1)), LateRule(90, Abandon(WORDS))],
        severity={"severe": 40},
        max_severity_min=30,
    )
    rules = said(with_stamps(stamps, wait_limit_min=60, stamp_sets={"night": clinic_stamps(missed_calls=5)}))
    assert "after 2 more first visits" in rules["return"][0].en
    assert [text.en.split(":")[0] for text in rules["late"][:3]] == [
        "More than 15 minutes late", "More than 45 minutes late", "More than 90 minutes late",
    ]  # fmt: skip
    assert "last slot" in rules["late"][1].en
    assert any("severe 30 min" in text.en for text in rules["credit"])
    assert any("“night”" in text.en and "after 5 more calls" in text.en for text in rules["missed"])
    assert "60 minutes" in rules["limit"][0].en
    # The severe come 30 minutes earlier: C is 30 now.
    assert "more than 45 minutes after" in rules["bound"][0].en


def test_special_groups_are_named_with_the_count_by_which_they_are_put_in():
    special = GroupRule(["age_80", "firefighter"], PlaceStamp(2, WORDS, "first_visit"))
    rules = said(with_stamps(msgspec.structs.replace(clinic_stamps(), special=special)))
    about = [text for text in rules["credit"] if text.zh.startswith("优待人群")]
    assert [text.zh[:16] for text in about] == ["优待人群：80 岁以上、消防员："]
    assert "For 80 years and older, firefighter: waits in a list of its own" in about[0].en
    assert "after 2 more first visits" in about[0].en


@pytest.mark.parametrize(
    ("serves", "words"),
    [("merge", "by the queueing moment"), ("ratio", "By turns"), ("strict", "Strictly by queue")],
)
def test_how_a_station_serves_several_queues_is_said(serves, words):
    site = small_site()
    stations = [msgspec.structs.replace(station, serves=serves, ratio={"q-im": 2}) for station in site.stations]
    site = msgspec.structs.replace(site, stations=stations)
    assert any(words in text.en for text in said(site)["station"])
    later = said(site, "q-ent")["bound"][0].en
    assert ("there is no moment" in later) == (serves != "merge")


TIME = st.builds(
    TimeStamp,
    st.sampled_from(["slot_start", "slot_start_within", "slot_end", "session_end", "check_in", "triage_time", "now"]),
    st.just(WORDS),
    st.integers(-90, 90),
    st.integers(0, 60),
    st.integers(-1, 3),
)
PLACE = st.builds(
    PlaceStamp,
    st.integers(1, 9),
    st.just(WORDS),
    st.sampled_from(["any", "first_visit", "appointment", "walk_in", "return"]),
)
RULE = TIME | PLACE
STAMPS = st.builds(
    Stamps,
    RULE,
    RULE,
    RULE,
    st.lists(RULE | st.just(Abandon(WORDS)), max_size=3),
    late_after_min=st.integers(0, 60),
    credits=st.dictionaries(st.sampled_from(["elder", "referral", "own"]), st.integers(0, 60)),
    max_credit_min=st.integers(0, 60),
    lock=st.integers(0, 3),
    returns=st.none() | RULE,
)


@given(STAMPS)
def test_whatever_is_configured_every_figure_that_orders_is_said_in_both_languages(stamps):
    rules = said(with_stamps(stamps))
    every = [text for texts in rules.values() for text in texts]
    for text in every:
        assert text.zh.strip()
        assert not re.search(r"[\u4e00-\u9fff]", text.en)
    pairs = [(stamps.appointment, "appointment"), (stamps.walk_in, "walk_in"), (stamps.late, "late")]
    pairs += [(stamps.returns, "return")] if stamps.returns else []
    for rule, about in pairs:
        text = rules[about][0]
        figures = [rule.calls] if isinstance(rule, PlaceStamp) else [abs(rule.allowance_min)]
        figures += [rule.grace_min] if isinstance(rule, TimeStamp) and rule.anchor == "slot_start_within" else []
        for figure in figures:
            assert not figure or (str(figure) in text.zh and str(figure) in text.en)
    assert len(rules["missed"]) == max(1, len(stamps.missed))


def test_the_rules_say_how_often_the_expected_wait_held_and_nothing_while_nobody_knows():
    site = small_site()
    queue = site.queues[0]

    def said(judged):
        return next(rule.text for rule in rules_of(site, queue, judged) if rule.about == "wait")

    assert said((86, 100)).zh == "预计等候是一个范围，本周 100 次里 86% 在范围内"
    assert said((86, 100)).en == "The expected wait is a range; 86 % of this week's 100 waits were within it"
    assert "本周的次数还太少" in said((59, 59)).zh
    assert "%" not in said((0, 0)).zh + said((59, 59)).en
    assert "33%" in said((20, 60)).zh
