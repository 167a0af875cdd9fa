"""What a scanned code is, by the rules of the configuration."""

import dataclasses
import re
from pathlib import Path

import pytest
import structlog

from kiosk.codes import CodeRule, CodeRules, code_rule
from kiosk.config import ConfigurationError, load
from queue_server.hospital import sample_files
from tests.kiosk.conftest import Visitor

ROOT = Path(__file__).parents[2]
RULES = CodeRules(
    [
        CodeRule("insurance_code", re.compile("[0-9]{28}")),
        CodeRule("health_card", re.compile("HZJK[0-9A-F]+:[0-9]")),
        CodeRule("hospital_card", re.compile("JZK(?P<token>[0-9]{10})")),
    ]
)
LEAST = 'name = "k"\nserver = "http://127.0.0.1:8600"\n'


@pytest.mark.parametrize(
    ("code", "kind", "value"),
    [
        ("1" * 28, "insurance_code", "1" * 28),
        ("1" * 27, "code", "1" * 27),
        ("HZJK00FF:1", "health_card", "HZJK00FF:1"),
        ("JZK8800000001", "hospital_card", "8800000001"),
        ("HZ:7Hq2mXw9Kc4RbT1z", "code", "HZ:7Hq2mXw9Kc4RbT1z"),
        ("AP-20261123-0007", "code", "AP-20261123-0007"),
        ("", "code", ""),
    ],
)
def test_a_code_is_what_it_looks_like(code, kind, value):
    asked = RULES.asked(code)
    assert (asked.kind, asked.value, asked.name) == (kind, value, None)
    assert not value or value not in repr(asked)


def test_a_tickets_code_is_nobodys_voucher():
    greedy = CodeRules([CodeRule("insurance_code", re.compile(".*"))])
    for code in ("HZ:7Hq2", "https://queue.example/t/7Hq2", "http://10.0.0.1/t/7"):
        assert greedy.asked(code).kind == "code"


def test_without_rules_every_code_is_a_tickets_or_a_bookings():
    assert CodeRules().asked("1" * 28).kind == "code"


def test_the_rules_are_configured(tmp_path):
    entry = '[[code]]\nkind = "insurance_code"\npattern = "[0-9]{28}"\n'
    (tmp_path / "kiosk.toml").write_text(LEAST + entry, encoding="utf-8")
    assert load(tmp_path).codes.asked("1" * 28).kind == "insurance_code"


def test_the_shipped_examples_tell_the_sample_hospitals_vouchers_apart(tmp_path):
    lines = (ROOT / "config" / "kiosk.toml").read_text(encoding="utf-8").splitlines()
    begin = lines.index("# [[code]]")
    examples = [line.removeprefix("#").removeprefix(" ") for line in lines[begin : lines.index("", begin)]]
    (tmp_path / "kiosk.toml").write_text(LEAST + "\n".join(examples), encoding="utf-8")
    codes = load(tmp_path).codes
    patients = sample_files.patients(ROOT / "config" / "sample_hospital").values()
    for patient in patients:
        assert codes.asked(sample_files.insurance_code(patient)).kind == "insurance_code"
        assert codes.asked(sample_files.health_card(patient)).kind == "health_card"
        assert codes.asked(patient.code).kind == "code"
    assert len({sample_files.insurance_code(patient) for patient in patients}) == len(patients)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            'kind = "bank_card"\npattern = "x"',
            r"kiosk\.toml: Invalid enum value 'bank_card' - at `\$\.code\[0\]\.kind`",
        ),
        ('kind = "health_card"', r"kiosk\.toml: .*missing required field `pattern` - at `\$\.code\[0\]`"),
        ('kind = "health_card"\npattern = "("', r"kiosk\.toml: code\[0\]\.pattern is '\(', which is no regular expr"),
        ('kind = "health_card"\npattern = ".*"', r"kiosk\.toml: code\[0\]\.pattern is '\.\*', which fits a ticket's"),
        ('kind = "health_card"\npattern = ""', r"code\[0\]\.pattern is ''"),
        ('kind = "health_card"\npattern = "x"\ncolour = 1', r"unknown field `colour`"),
    ],
)
def test_a_wrong_rule_is_named_with_file_key_and_value(tmp_path, entry, words):
    (tmp_path / "kiosk.toml").write_text(f"{LEAST}[[code]]\n{entry}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=words):
        load(tmp_path)


def test_a_rule_made_by_hand_is_checked_too():
    with pytest.raises(ValueError, match=r"code\[3\]\.pattern"):
        code_rule("health_card", "[", "code[3]")


async def test_a_voucher_is_asked_as_one_and_gone_with_the_visit(room):
    room.world = dataclasses.replace(room.world, codes=RULES)
    visitor = Visitor(room)
    token = "6" * 28
    with structlog.testing.capture_logs() as logs:
        await room.ui.until_key("start.title")
        room.ui.scan(token)
        await room.ui.until_key("confirm.title")
        journey_holds = [value for value in vars(visitor.attendant.visit).values() if token in repr(value)]
        assert journey_holds == []
        room.ui.tap("home")
        await visitor.ended()
    assert room.lobby.called("identify") == [("insurance_code", token, None)]
    assert token not in str(logs)
    assert visitor.attendant.visit is None
