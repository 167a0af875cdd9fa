"""Joins the mirror to the erasable table of people: who of the hospital's patients has which reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlite_utils import Database

from queue_server.hospital.port import PatientFile
from queue_server.hospital.references import PeopleUnavailable
from queue_server.log.people import Identity, PersonRecord, erase_unused, new_person, upsert_all
from queue_server.service import Service, Unavailable
from queue_server.views import Names

_FILE_TAIL = 4
"""Places of a file number that are kept: enough to tell a family's files apart, too few to be somebody's number."""


class LogPeople:
    """``PeopleStore`` over the running service: reads at once, writes in the writer's next transaction."""

    def __init__(self, service: Service, identity_key: bytes, names: Names) -> None:
        """Use ``service``.

        Args:
            service: what writes.
            identity_key: the secret of the identities' keyed hashes.
            names: the masked names, kept in step with what is written.
        """
        self._service = service
        self._key = identity_key
        self._names = names

    async def references(self, patient_ids: Sequence[str]) -> dict[str, str]:
        """Our references of those patients of the hospital who have one."""
        found = ((patient_id, self._service.people.by_patient_id(patient_id)) for patient_id in patient_ids)
        return {patient_id: person.person for patient_id, person in found if person is not None}

    async def keep(self, files: Mapping[str, PatientFile]) -> None:
        """Write the files, by reference.

        Raises:
            PeopleUnavailable: nothing was written, because the log cannot be written or the server stops.
        """
        records = [record(reference, file) for reference, file in files.items()]
        now = self._service.clock.now()

        def write(database: Database) -> None:
            upsert_all(database.conn, records, self._key, now)

        try:
            await self._service.write(write)
        except Unavailable as error:
            raise PeopleUnavailable(error.message.en) from error
        for written in records:
            self._names.keep(written.person, written.name)

    async def erase_unused(self, before: int) -> int:
        """Erase everybody not written since ``before`` (UTC microseconds), from the file's bytes too; how many.

        Raises:
            PeopleUnavailable: nobody was erased.
        """
        try:
            erased = await self._service.write(lambda database: erase_unused(database, before), truncate=True)
        except Unavailable as error:
            raise PeopleUnavailable(error.message.en) from error
        if erased:
            self._names.forget()
        return erased

    def new_reference(self) -> str:
        """A fresh random reference."""
        return new_person()


def record(reference: str, file: PatientFile) -> PersonRecord:
    """What is kept of a patient file: name, birth year, its number's tail and, hashed, everything that leads to it."""
    year = file.birth_date[:4]
    return PersonRecord(
        person=reference,
        name=file.name,
        patient_id=file.id,
        birth_year=int(year) if year.isdigit() else None,
        identities=[Identity(identity.kind, identity.value) for identity in file.identities],
        file_tail=file.file_number.strip()[-_FILE_TAIL:] or None,
    )
