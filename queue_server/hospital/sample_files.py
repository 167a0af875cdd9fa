"""The files of the sample hospital: its patients, and who sees patients when.

Identity numbers carry the area code 999999, which is assigned to no place, and a correct check digit (GB 11643-1999:
ISO 7064 MOD 11-2).
"""

from __future__ import annotations

import csv
import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from queue_server.hospital.port import BadAnswer, Identity, PatientFile

Period = Literal["morning", "afternoon", "night"]
Record = TypeVar("Record", bound=msgspec.Struct)

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class CardFace(msgspec.Struct, frozen=True):
    """What a second-generation identity card says, as its reader gives it. Dates are ``YYYYMMDD``."""

    name: str
    sex: Literal["男", "女"]
    nation: str
    birth: str
    address: str
    number: str
    issuer: str
    valid_from: str
    valid_to: str
    """A date, or ``长期`` for those who were 46 or older when it was issued."""

    def __repr__(self) -> str:
        """Without the person."""
        return "CardFace(<redacted>)"


class Patient(msgspec.Struct, frozen=True):
    """A row of ``patients.csv``; empty text where there is nothing."""

    id: str
    file_number: str
    name: str
    sex: Literal["male", "female"]
    birth: str
    nation: str
    id_number: str
    card: str
    code: str
    guardian: str
    credit: str

    def age(self, day: date) -> int:
        """Full years on ``day``."""
        born = date.fromisoformat(self.birth)
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Row(msgspec.Struct, frozen=True):
    """A row of ``schedule.csv``: who sees patients where, in which period, on which ISO weekdays."""

    queue: str
    clinic: str
    doctor: str
    room: str
    period: Period
    weekdays: Annotated[str, Meta(pattern="^[1-7]+$")]
    limit: Annotated[int, Meta(ge=1)]
    stamps: str = ""
    """The name of a set of stamps for these sessions; empty for the queue's own. The column may be missing."""


def identity_number_is_valid(number: str) -> bool:
    """Whether ``number`` has 18 places and the right check digit (GB 11643-1999)."""
    body, last = number[:17], number[17:]
    if len(number) != 18 or not (body.isascii() and body.isdigit()):  # noqa: PLR2004 - the standard's length
        return False
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == last


def patients(folder: Path) -> dict[str, Patient]:
    """The patients, by the hospital's patient id.

    Raises:
        BadAnswer: the file is missing, or a row is wrong; the sentence names the row.
    """
    rows = {row.id: row for row in _read(folder / "patients.csv", Patient)}
    for patient in rows.values():
        if patient.id_number and not identity_number_is_valid(patient.id_number):
            raise BadAnswer(f"patients.csv: patient {patient.id}: the identity number's check digit is wrong")
        if patient.guardian and patient.guardian not in rows:
            raise BadAnswer(f"patients.csv: patient {patient.id}: there is no guardian {patient.guardian}")
    return rows


def schedule(folder: Path) -> list[Row]:
    """The weekly schedule.

    Raises:
        BadAnswer: the file is missing, or a row is wrong; the sentence names the line.
    """
    return _read(folder / "schedule.csv", Row)


def patient_file(patient: Patient, everybody: dict[str, Patient]) -> PatientFile:
    """The hospital's file of ``patient``, with everything that leads to it: own cards, and the guardian's."""
    identities = [
        Identity("hospital_card", patient.card, patient.name),
        Identity("code", patient.code, patient.name),
    ]
    if patient.id_number:
        identities.insert(0, Identity("id_card", patient.id_number, patient.name))
    if patient.guardian:
        guardian = everybody[patient.guardian]
        identities.append(Identity("id_card", guardian.id_number, guardian.name, "guardian"))
    return PatientFile(patient.id, patient.file_number, patient.name, patient.sex, patient.birth, identities)


def insurance_code(patient: Patient) -> str:
    """An invented 电子医保凭证 of ``patient``: 28 digits, as such codes have, and nobody's."""
    return f"99{_invented('insurance', patient) % 10**26:026}"


def health_card(patient: Patient) -> str:
    """An invented 电子健康卡 of ``patient``."""
    return f"HZJK{_invented('health', patient) % 16**28:028X}:1"


def _invented(what: str, patient: Patient) -> int:
    return int.from_bytes(hashlib.sha256(f"{what} {patient.id}".encode()).digest(), "big")


def card_face(patient: Patient) -> CardFace:
    """The identity card of ``patient``."""
    place = int(patient.id[1:])
    birth = patient.birth.replace("-", "")
    # Validity by age at issue, GB: Identity Card Law of 2011, article 5: under 16 five years, 16-25 ten, 26-45 twenty,
    # from 46 long-term.
    issued = max(2019, int(birth[:4]) + 1)
    age = issued - int(birth[:4])
    years = next((years for limit, years in ((16, 5), (26, 10), (46, 20)) if age < limit), None)
    return CardFace(
        name=patient.name,
        sex="男" if patient.sex == "male" else "女",
        nation=patient.nation,
        birth=birth,
        address=f"云岭省示范市样例区演示路{place}号{place % 30 + 1}室",
        number=patient.id_number,
        issuer="示范市公安局样例分局",
        valid_from=f"{issued}0601",
        valid_to="长期" if years is None else f"{issued + years}0601",
    )


def _read(file: Path, kind: type[Record]) -> list[Record]:
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadAnswer(f"{file.name}: cannot be read: {error}") from error
    records = []
    for line, row in enumerate(rows, 2):
        try:
            records.append(msgspec.convert(row, kind, strict=False))
        except msgspec.ValidationError as error:
            raise BadAnswer(f"{file.name}: line {line}: {error}") from error
    return records
