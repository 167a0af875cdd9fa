"""What the nurse found, and whether it can be true.

A typing error must never become a level: whatever lies outside the plausible range is refused with its name, its value
and the range, and nothing else is said about the patient until it is put right.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from queue_server.engine.site import Text
from queue_server.engine.triage_table import Consciousness, TriageTable, decimal


class Findings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An adult's or child's findings; ``None`` is "not measured" or "not answered". Whole numbers only.

    Attributes:
        age_years: completed years.
        heart_rate: beats a minute.
        respiratory_rate: breaths a minute.
        systolic: systolic blood pressure, mmHg.
        usual_systolic: what the patient says it usually is, mmHg.
        spo2: oxygen saturation by pulse oximeter, %.
        temperature_tenths: axillary temperature in tenths of a degree Celsius.
        consciousness: a letter of ACVPU.
        gcs: Glasgow Coma Scale, 3 to 15.
        pain: numerical rating, 0 to 10.
        glucose_hundredths: capillary blood glucose in hundredths of a mmol/L.
        potassium_hundredths: serum potassium in hundredths of a mmol/L.
        tachypnoea: whether the patient breathes fast.
        unrelieved_by_oxygen: whether oxygen was given and did not raise the saturation.
        on_oxygen: whether the patient breathes supplemental oxygen (NEWS2).
        scale_2_prescribed: whether a physician prescribed NEWS2's SpO2 scale 2 (hypercapnic respiratory failure).
        pregnant: known pregnancy; NEWS2 does not apply.
        signs: ids of the signs that were ticked, in any order.
    """

    age_years: int | None = None
    heart_rate: int | None = None
    respiratory_rate: int | None = None
    systolic: int | None = None
    usual_systolic: int | None = None
    spo2: int | None = None
    temperature_tenths: int | None = None
    consciousness: Consciousness | None = None
    gcs: int | None = None
    pain: int | None = None
    glucose_hundredths: int | None = None
    potassium_hundredths: int | None = None
    tachypnoea: bool | None = None
    unrelieved_by_oxygen: bool | None = None
    on_oxygen: bool | None = None
    scale_2_prescribed: bool = False
    pregnant: bool = False
    signs: tuple[str, ...] = ()

    def number(self, measure: str) -> int | None:
        """The value of a measure (a name in ``MEASURES``), or ``None``."""
        numbers = {
            "age_years": self.age_years,
            "heart_rate": self.heart_rate,
            "respiratory_rate": self.respiratory_rate,
            "systolic": self.systolic,
            "usual_systolic": self.usual_systolic,
            "systolic_drop": self.systolic_drop,
            "spo2": self.spo2,
            "temperature_tenths": self.temperature_tenths,
            "gcs": self.gcs,
            "pain": self.pain,
            "glucose_hundredths": self.glucose_hundredths,
            "potassium_hundredths": self.potassium_hundredths,
        }
        return numbers[measure]

    def condition(self, name: str) -> bool | None:
        """The answer to a condition (a name in ``CONDITIONS``), or ``None``."""
        return {"tachypnoea": self.tachypnoea, "unrelieved_by_oxygen": self.unrelieved_by_oxygen}[name]

    @property
    def systolic_drop(self) -> int | None:
        """How far the systolic pressure lies below the usual one, mmHg; negative where it lies above."""
        if self.systolic is None or self.usual_systolic is None:
            return None
        return self.usual_systolic - self.systolic


class Problem(msgspec.Struct, frozen=True):
    """One thing that was refused.

    Attributes:
        code: stable, for programs.
        field: the field of the request, such as ``heart_rate``, ``signs``, ``reason``.
        value: what was given.
        low: the lowest plausible value, where there is a range.
        high: the highest one.
        message: what was wrong and what would be right.
    """

    code: Literal[
        "implausible_value",
        "unknown_sign",
        "unknown_level",
        "unknown_channel",
        "nothing_to_confirm",
        "same_level",
        "reason_missing",
        "score_not_for_age",
        "score_not_in_pregnancy",
    ]
    field: str
    value: int | str | None
    message: Text
    low: int | None = None
    high: int | None = None


class Refused(msgspec.Struct, frozen=True):
    """Nothing was decided; ``problems`` has every reason, at least one."""

    problems: tuple[Problem, ...]


def problems_of(table: TriageTable, findings: Findings) -> tuple[Problem, ...]:
    """Everything in ``findings`` that cannot be true or is not in the table; empty when all is well."""
    problems: list[Problem] = []
    for name, measure in table.measures.items():
        value = findings.number(name)
        low, high = measure.plausible.low, measure.plausible.high
        if value is None or low <= value <= high:
            continue
        given, lowest, highest = (decimal(number, measure.decimals) for number in (value, low, high))
        message = Text(
            f"{measure.name.zh}“{given}”超出可信范围 {lowest}–{highest} {measure.unit.zh}，请核对后重新输入。",
            f"{measure.name.en} {given} is outside {lowest} to {highest} {measure.unit.en}. Check and enter it again.",
        )
        problems.append(Problem("implausible_value", name, value, message, low, high))
    known = {sign for signs in table.signs.values() for sign in signs.signs}
    problems += [
        Problem("unknown_sign", "signs", sign, Text(f"分诊标准里没有“{sign}”。", f'The table has no sign "{sign}".'))
        for sign in sorted(set(findings.signs) - known)
    ]
    return tuple(problems)
