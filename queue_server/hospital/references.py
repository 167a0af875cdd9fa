"""Which of the hospital's patients has which of our random references, and what of them was written already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from queue_server.hospital.port import DayList, PatientFile


class PeopleUnavailable(Exception):  # noqa: N818 - named by what it says
    """The table of people could not be read or written just now; nothing of the batch was kept."""


class PeopleStore(Protocol):
    """Who is who: the erasable table of people, as the mirror uses it."""

    async def references(self, patient_ids: Sequence[str]) -> dict[str, str]:
        """Our references of those patients of the hospital who have one. Raises ``PeopleUnavailable``."""
        ...

    async def keep(self, files: Mapping[str, PatientFile]) -> None:
        """Write the files, by reference, new or changed. Raises ``PeopleUnavailable``."""
        ...

    async def erase_unused(self, before: int) -> int:
        """Erase everybody not written since ``before`` (UTC microseconds); how many. Raises ``PeopleUnavailable``."""
        ...

    def new_reference(self) -> str:
        """A fresh random reference."""
        ...


class References:
    """The references, kept at hand; a file is written anew when it changed."""

    def __init__(self, people: PeopleStore) -> None:
        self._people = people
        self._by_patient: dict[str, str] = {}
        self._written: dict[str, bytes] = {}
        self._forgotten: set[str] = set()

    def known(self, patient_id: str) -> str | None:
        """The reference of one of the hospital's patients; ``None`` for somebody in no list so far."""
        return self._by_patient.get(patient_id)

    def patients_of(self, person: str) -> list[str]:
        """The hospital's ids of those who have the reference ``person``."""
        return [patient_id for patient_id, reference in self._by_patient.items() if reference == person]

    async def of(self, files: list[PatientFile]) -> dict[str, str]:
        """The references of all of ``files``, which are written where they are new or changed.

        Whoever is forgotten meanwhile has none, and is not written any more.

        Raises:
            PeopleUnavailable: nothing was written.
        """
        strangers = [file.id for file in files if file.id not in self._by_patient]
        known = {**self._by_patient, **(await self._people.references(strangers) if strangers else {})}
        references = {file.id: known.get(file.id) or self._people.new_reference() for file in files}
        changed: dict[str, PatientFile] = {}
        marks: dict[str, bytes] = {}
        for file in files:
            if file.id in self._forgotten:
                continue  # erased while the references were looked up
            reference = references[file.id]
            mark = hashlib.sha256(msgspec.json.encode(file)).digest()
            if self._written.get(reference) != mark:
                changed[reference], marks[reference] = file, mark
        if changed:
            await self._people.keep(changed)
            self._written.update(marks)
        references = {patient_id: one for patient_id, one in references.items() if patient_id not in self._forgotten}
        self._by_patient.update(references)
        return references

    def write_all_anew(self) -> None:
        """Take every file for changed, so that the table shows when somebody was last in a list."""
        self._written.clear()

    def forget(self, person: str) -> None:
        """Drop an erased person, and do not take them over again while this process runs."""
        for patient_id in self.patients_of(person):
            del self._by_patient[patient_id]
            self._forgotten.add(patient_id)
        self._written.pop(person, None)

    def without_forgotten(self, fetched: DayList) -> DayList:
        """The list without those who were forgotten."""
        gone = self._forgotten
        return msgspec.structs.replace(
            fetched,
            appointments=[one for one in fetched.appointments if one.person not in gone],
            registrations=[one for one in fetched.registrations if one.person not in gone],
            orders=[one for one in fetched.orders if one.person not in gone],
            people=[file for file in fetched.people if file.id not in gone],
        )
