"""What a registration costs, and why it may cost nothing.

Two rules of Chinese public hospitals are here as data: one fee covers the same illness for some days (一号管三天), and
one fee covers further visits of the same day to the same clinic (同日同科只收一次挂号费). Money is in integer fen (0.01
yuan), days are ``YYYY-MM-DD`` service days. Nothing here charges anybody: it says what is owed and in one sentence why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal

import msgspec

from queue_server.engine.site import FeeRules, Paid, Registration, Text


class Visit(msgspec.Struct, frozen=True):
    """A visit that is to be registered. ``illness`` is a code such as of ICD-10; ``None`` where nobody knows yet."""

    day: str
    clinic: str
    fen: int
    illness: str | None = None


FeeRule = Literal["full", "same_day", "covered"]


class Fee(msgspec.Struct, frozen=True, gc=False):
    """What is owed, and why.

    Attributes:
        fen: what is to be paid.
        saved_fen: what a visit without an earlier fee would have cost more.
        rule: no earlier fee covers it, one of the same day and clinic does, or one of the days before.
        paid_by: the reference of the fee that covers it.
        sentence: the reason, without names.
    """

    fen: int
    saved_fen: int
    rule: FeeRule
    paid_by: str | None
    sentence: Text


class Savings(msgspec.Struct, frozen=True):
    """What the rules spared patients: visits that cost less, and fen, of a period."""

    visits: int = 0
    fen: int = 0
    same_day_visits: int = 0
    covered_visits: int = 0


def fee_of(rules: FeeRules, visit: Visit, paid: Sequence[Paid]) -> Fee:
    """What ``visit`` costs a person who paid the fees ``paid`` before.

    Of several fees that cover it the highest counts, and of equal ones the latest. A visit that cost nothing covers
    nothing: the days count from the fee, not from the last visit.

    Raises:
        ValueError: a negative fee, or a day that is none.
    """
    if visit.fen < 0 or any(one.fen < 0 for one in paid):
        raise ValueError("a fee cannot be negative")
    best: tuple[tuple[int, int, str], Paid, FeeRule] | None = None
    for one in paid:
        rule = _covers(rules, one, visit)
        if rule is not None:
            merit = (one.fen, date.fromisoformat(one.day).toordinal(), one.reference)
            best = (merit, one, rule) if best is None or merit > best[0] else best
    if best is None or visit.fen == 0:
        return Fee(visit.fen, 0, "full", None, _FULL if visit.fen else _FREE)
    _, by, rule = best
    owed = max(0, visit.fen - by.fen) if rules.dearer == "difference" else 0
    return Fee(owed, visit.fen - owed, rule, by.reference, _sentence(rules, visit, by, rule, owed))


def of_registration(rules: FeeRules, registered: Registration, clinic: str) -> Fee | None:
    """What a registration in ``clinic`` costs by the fees that its facts name; ``None`` where it has no fee.

    Raises:
        ValueError: a day that is none.
    """
    if not registered.fen:
        return None
    visit = Visit(registered.day, clinic, registered.fen, registered.illness)
    # The fee of this very registration covers others, and not itself.
    return fee_of(rules, visit, [one for one in registered.paid if one.reference != registered.id])


def _covers(rules: FeeRules, paid: Paid, visit: Visit) -> FeeRule | None:
    if paid.is_refunded or paid.fen == 0 or paid.clinic != visit.clinic:
        return None
    passed = date.fromisoformat(visit.day).toordinal() - date.fromisoformat(paid.day).toordinal()
    if passed == 0 and rules.once_a_day:
        return "same_day"
    same = rules.same == "clinic" or (visit.illness is not None and visit.illness == paid.illness)
    return "covered" if same and 0 <= passed < days_of(rules, visit.clinic) else None


def days_of(rules: FeeRules, clinic: str) -> int:
    """How many days one fee covers in ``clinic``, the paid day included."""
    return rules.days_of_clinic.get(clinic, rules.days)


def savings(fees: Iterable[Fee]) -> Savings:
    """What the rules spared patients altogether."""
    spared = [fee for fee in fees if fee.saved_fen]
    same_day = sum(fee.rule == "same_day" for fee in spared)
    return Savings(len(spared), sum(fee.saved_fen for fee in spared), same_day, len(spared) - same_day)


_FULL = Text("按标准收取挂号费", "The full registration fee")
_FREE = Text("此门诊不收挂号费", "This clinic has no registration fee")


def _sentence(rules: FeeRules, visit: Visit, by: Paid, rule: FeeRule, owed: int) -> Text:
    if rule == "same_day":
        zh, en = "同日同科只收一次挂号费", "One fee a day and clinic"
    else:
        days = days_of(rules, visit.clinic)
        same = "同一病情" if rules.same == "illness" else "同一科室"
        zh = f"{by.day} 已交挂号费，{days} 天内{same}不再收取"
        en = f"The fee paid on {by.day} covers {days} days"
    if owed:
        return Text(f"{zh}，只补差价 {yuan(owed)} 元", f"{en}; only the difference of {yuan(owed)} yuan is due")
    return Text(zh, en)


def yuan(fen: int) -> str:
    """Fen as yuan with two decimals."""
    return f"{fen // 100}.{fen % 100:02d}"
