"""What a kiosk keeps over a restart: its credential, its hall, and what of its paper the server has not heard of yet.

None holds anything about a patient: a ticket here is the server's random reference.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from queue_server.contract import Credential, HallInfo, PrintAsked

CREDENTIAL = "credential.json"
HALL = "hall.json"
PRINTS = "prints.json"
QUIET = "quiet"


class DataError(RuntimeError):
    """The kiosk's own folder cannot be used; says which file and what to do."""


class DataFolder:
    """The kiosk's own folder. Files are readable by its account alone and replaced whole.

    Raises:
        DataError: the folder cannot be made or is not ours to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise DataError(
                f"The folder {path} cannot be made: {error.strerror}. Check data_dir and its owner."
            ) from error

    def credential(self) -> Credential:
        """Return the credential.

        Raises:
            DataError: the kiosk is not enrolled, or the file is damaged.
        """
        path = self._path / CREDENTIAL
        try:
            return msgspec.json.decode(path.read_bytes(), type=Credential)
        except FileNotFoundError as error:
            raise DataError(
                "This kiosk is not enrolled. Ask an administrator for a code and run: houzhen-kiosk enrol CODE"
            ) from error
        except (OSError, msgspec.DecodeError) as error:
            raise DataError(f"The credential in {path} cannot be read ({error}). Enrol this kiosk again.") from error

    def keep_credential(self, credential: Credential) -> None:
        """Keep ``credential``, readable by this account only."""
        self._replace(CREDENTIAL, msgspec.json.encode(credential))

    def hall(self) -> HallInfo | None:
        """Return the hall as it was last heard of; a damaged file counts as none, since the server says it anew."""
        try:
            return msgspec.json.decode((self._path / HALL).read_bytes(), type=HallInfo)
        except (OSError, msgspec.DecodeError):
            return None

    def keep_hall(self, hall: HallInfo) -> None:
        """Keep ``hall``, so that a kiosk that starts without its server knows where patients can go instead."""
        self._replace(HALL, msgspec.json.encode(hall))

    def prints(self) -> list[PrintAsked]:
        """Return the outcomes not yet reported; a damaged file counts as none, since each is then asked as pending."""
        path = self._path / PRINTS
        try:
            return msgspec.json.decode(path.read_bytes(), type=list[PrintAsked])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            raise DataError(
                f"The list of prints in {path} cannot be read ({error}). Remove it: the server asks about each ticket."
            ) from error

    def keep_prints(self, prints: list[PrintAsked]) -> None:
        """Keep the outcomes not yet reported."""
        self._replace(PRINTS, msgspec.json.encode(prints))

    def is_quiet(self) -> bool:
        """Whether the kiosk is to be quiet."""
        return (self._path / QUIET).exists()

    def keep_quiet(self, *, quiet: bool) -> None:
        """Keep whether the kiosk is to be quiet; a kiosk that runs sees it within half a minute."""
        if quiet:
            self._replace(QUIET, b"")
            return
        try:
            (self._path / QUIET).unlink(missing_ok=True)
        except OSError as error:
            raise DataError(
                f"{self._path / QUIET} cannot be removed: {error.strerror}. The kiosk stays quiet."
            ) from error

    def _replace(self, name: str, content: bytes) -> None:
        path, new = self._path / name, self._path / f".{name}.new"
        try:
            with contextlib.suppress(FileNotFoundError):
                new.unlink()
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except OSError as error:
            raise DataError(f"{path} cannot be written: {error.strerror}. The old one was kept.") from error
