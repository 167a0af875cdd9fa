"""The triage table as configured: measures and their bands, signs, levels, green channels, scores.

All of it is data (``config/triage.toml``), read and checked by ``queue_server.config.triage_file``. Every number is
whole: temperatures in tenths of a degree Celsius, glucose and potassium in hundredths of a millimole per litre. Nothing
here judges a patient; ``triage.assess`` does, and a nurse confirms.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from queue_server.engine.site import Level, Text

LEVELS: tuple[Level, ...] = ("I", "II", "III", "IVa", "IVb")
"""The levels, the most urgent first."""

Grade: TypeAlias = Literal["I", "II", "III", "nurse", "stable"]
"""What a value means: a level, ``stable``, or ``nurse`` where the table is silent and the value is not normal."""

GRADES: tuple[Grade, ...] = ("I", "II", "III", "nurse", "stable")
"""The grades, the worst first."""

Consciousness: TypeAlias = Literal["A", "C", "V", "P", "U"]
"""ACVPU: alert, new confusion, responds to voice, responds to pain, unresponsive."""

CONSCIOUSNESS: tuple[Consciousness, ...] = ("A", "C", "V", "P", "U")

MEASURES = (
    "age_years",
    "heart_rate",
    "respiratory_rate",
    "systolic",
    "usual_systolic",
    "systolic_drop",
    "spo2",
    "temperature_tenths",
    "gcs",
    "pain",
    "glucose_hundredths",
    "potassium_hundredths",
)
"""Every number that is looked at. ``systolic_drop`` is ``usual_systolic - systolic``; the others are entered."""

CONDITIONS = ("tachypnoea", "unrelieved_by_oxygen")
"""Yes-or-no findings on which a measure's bands may depend."""

Years = Annotated[int, Meta(ge=0, le=130)]
Minutes = Annotated[int, Meta(ge=0, le=1_440)]
Points = Annotated[int, Meta(ge=0, le=3)]


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """A band of whole numbers: ``at_least`` and ``at_most`` include their number, ``above`` and ``below`` do not."""

    at_least: int | None = None
    at_most: int | None = None
    above: int | None = None
    below: int | None = None

    def ends(self, low: int, high: int) -> tuple[int, int]:
        """The first and last whole number in the band, within ``low`` to ``high``."""
        starts = [low]
        stops = [high]
        if self.at_least is not None:
            starts.append(self.at_least)
        if self.above is not None:
            starts.append(self.above + 1)
        if self.at_most is not None:
            stops.append(self.at_most)
        if self.below is not None:
            stops.append(self.below - 1)
        return (max(starts), min(stops))

    def holds(self, value: int) -> bool:
        """Whether ``value`` is in the band."""
        low, high = self.ends(value, value)
        return low <= value <= high


class GradeBand(Limits, frozen=True, kw_only=True):
    """A measure's band and its grade. Neighbours may share an end point, as printed tables do; the worse one counts."""

    grade: Grade


class PointsBand(Limits, frozen=True, kw_only=True):
    """A score's band and its points."""

    points: Points


class RiskBand(Limits, frozen=True, kw_only=True):
    """A band of NEWS2 totals and its clinical risk."""

    risk: Literal["low", "medium", "high"]


class Plausible(msgspec.Struct, frozen=True):
    """What can be true; anything outside is a typing error. Both ends are included."""

    low: int
    high: int


class Source(msgspec.Struct, frozen=True):
    """Where a table comes from. ``credit`` is to be shown wherever its result is."""

    citation: str
    credit: Text


class Reviewed(msgspec.Struct, frozen=True, kw_only=True):
    """Something a clinician answers for: its source (an id in ``sources``), who reviewed it and on which day.

    An empty ``reviewed_by`` means not clinically reviewed. ``reviewed_on`` is ``YYYY-MM-DD``.
    """

    source: str
    reviewed_by: str
    reviewed_on: str = ""

    @property
    def reviewed(self) -> bool:
        """Whether a clinician has signed."""
        return bool(self.reviewed_by.strip())


class Measure(Reviewed, frozen=True, kw_only=True):
    """A number that is measured or asked.

    Attributes:
        unit: as printed behind the value.
        decimals: how many of the whole number's digits stand behind the point: 366 with one is 36.6.
        required: without it nobody is called stable.
        bands: from low to high, over all that is plausible; empty for a number that is not graded by itself.
        needs: conditions without which a band of level I to III does not count.
    """

    name: Text
    unit: Text
    plausible: Plausible
    decimals: Annotated[int, Meta(ge=0, le=2)] = 0
    required: bool = False
    bands: list[GradeBand] = []
    needs: list[str] = []


class Mind(Reviewed, frozen=True, kw_only=True):
    """What each state of consciousness means, by letter of ACVPU."""

    name: Text
    required: bool
    words: dict[str, Text]
    grades: dict[str, Grade]


class Sign(msgspec.Struct, frozen=True):
    """A finding the nurse ticks.

    Attributes:
        above_years: it counts for patients older than this only.
        child: it is about a child, whatever age was entered.
    """

    zh: str
    en: str
    above_years: Years | None = None
    child: bool = False


class Signs(Reviewed, frozen=True, kw_only=True):
    """The signs of one level, by id."""

    signs: dict[str, Sign]


class LevelRule(Reviewed, frozen=True, kw_only=True):
    """What a level means for the waiting. Minutes are whole.

    Attributes:
        colour: as on signs and screens.
        response_min: the longest wait from the end of triage to the physician.
        reassess_min: when a waiting patient is looked at again; none where the patient is never left waiting.
        tier: the tier of the rank (0 and 1 go before everybody else).
        key_min: the rank's key is the moment of triage and these minutes.
    """

    name: Text
    colour: Literal["red", "orange", "yellow", "green"]
    response_min: Minutes
    tier: Annotated[int, Meta(ge=0, le=2)]
    key_min: Minutes
    reassess_min: Annotated[int, Meta(ge=1, le=1_440)] | None = None


class Channels(Reviewed, frozen=True, kw_only=True):
    """The green channels 绿色通道, by id."""

    names: dict[str, Text]


class Mews(Reviewed, frozen=True, kw_only=True):
    """The Modified Early Warning Score: points by parameter and by letter of AVPU."""

    name: Text
    from_age_years: Years
    parameters: dict[str, list[PointsBand]]
    consciousness: dict[str, Points]


class MewsLevels(Reviewed, frozen=True, kw_only=True):
    """What a MEWS total would mean for the level. It is off while ``reviewed_by`` is empty."""

    bands: list[GradeBand]


class News2(Reviewed, frozen=True, kw_only=True):
    """The National Early Warning Score 2.

    ``parameters`` holds ``spo2_scale_1``, ``spo2_scale_2_air`` and ``spo2_scale_2_oxygen`` in place of ``spo2``.
    ``risk_names`` has ``low``, ``low_medium`` (a single parameter with 3 points), ``medium`` and ``high``.
    """

    name: Text
    from_age_years: Years
    parameters: dict[str, list[PointsBand]]
    consciousness: dict[str, Points]
    oxygen_points: Points
    risks: list[RiskBand]
    risk_names: dict[str, Text]


class TriageTable(msgspec.Struct, frozen=True):
    """Everything that triage goes by.

    Attributes:
        version: the hospital's own word for this state of the table; it goes with every assessment.
        child_below_years: younger patients get no adult level.
        stable_level: the level of an adult in whom everything required is stable and no sign was ticked.
    """

    version: str
    child_below_years: Years
    stable_level: Literal["IVa", "IVb"]
    sources: dict[str, Source]
    levels: dict[str, LevelRule]
    measures: dict[str, Measure]
    consciousness: Mind
    conditions: dict[str, Text]
    signs: dict[str, Signs]
    channels: Channels
    mews: Mews
    mews_levels: MewsLevels
    news2: News2

    @property
    def reviewed(self) -> bool:
        """Whether a clinician signed everything an assessment can rest on; the mapping of MEWS is off until it is."""
        parts: list[Reviewed] = [*self.measures.values(), self.consciousness, *self.signs.values()]
        return all(part.reviewed for part in [*parts, *self.levels.values()])


NOT_REVIEWED = Text("未经临床审核", "not clinically reviewed")
"""What is shown beside anything whose ``reviewed_by`` is empty."""


def review_note(part: Reviewed) -> Text:
    """Who reviewed ``part`` and when, or that nobody did."""
    if not part.reviewed:
        return NOT_REVIEWED
    return Text(f"{part.reviewed_by}于{part.reviewed_on}审核", f"reviewed by {part.reviewed_by} on {part.reviewed_on}")


def decimal(value: int, decimals: int) -> str:
    """``value`` with its last ``decimals`` digits behind the point, without going through a float."""
    if not decimals:
        return str(value)
    whole, rest = divmod(abs(value), 10**decimals)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{decimals}d}"


def printed(limits: Limits, decimals: int = 0) -> str:
    """A band as tables print it: ``<40``, ``40–50``, ``>180``, ``≥94``, ``>5.30–7.00``."""
    first = last = ""
    if limits.at_least is not None:
        first = decimal(limits.at_least, decimals)
    elif limits.above is not None:
        first = f">{decimal(limits.above, decimals)}"
    if limits.at_most is not None:
        last = decimal(limits.at_most, decimals)
    elif limits.below is not None:
        last = f"<{decimal(limits.below, decimals)}"
    if first and last:
        return first if first == last else f"{first}–{last}"
    if first:
        return first if limits.above is not None else f"≥{first}"
    return last if limits.below is not None else f"≤{last}"


def grade_of(bands: list[GradeBand], value: int) -> GradeBand:
    """The worst of the bands that hold ``value``: printed bands share their end points.

    Raises:
        ValueError: no band holds it, which a checked table and a plausible value exclude.
    """
    return min((band for band in bands if band.holds(value)), key=lambda band: GRADES.index(band.grade))
