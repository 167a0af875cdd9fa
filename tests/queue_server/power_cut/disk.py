"""What is on the disk after the power was cut: all that was synced, and any part of what was not."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_NUMBERS = struct.Struct("<qqq")
_SECTOR = 512


def build_shim(folder: Path) -> Path:
    """Compile the shim into ``folder``.

    Raises:
        RuntimeError: there is no C compiler; the sentence names the Debian packages.
    """
    if shutil.which("gcc") is None:
        raise RuntimeError("The power-cut test compiles a C shim: install the Debian packages gcc and libc6-dev.")
    library = folder / "power_cut.so"
    source = Path(__file__).with_name("shim.c")
    command = [
        "gcc",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-shared",
        "-fPIC",
        "-o",
        library,
        source,
        "-ldl",
        "-pthread",
    ]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise RuntimeError(f"The power-cut shim does not compile (Debian packages gcc, libc6-dev): {built.stderr}")
    return library


class Disk:
    """A folder whose unsynced writes can be taken away.

    Args:
        folder: the data directory of the process that will be killed.
        journal: where the shim writes.
        shim: the compiled library.
    """

    def __init__(self, folder: Path, journal: Path, shim: Path) -> None:
        self._folder = folder
        self._journal = journal
        self._before: dict[str, bytes] = {}
        self.environment = {
            "LD_PRELOAD": str(shim),
            "POWER_CUT_JOURNAL": str(journal),
            "POWER_CUT_FOLDER": str(folder),
        }

    def begin(self) -> None:
        """Take what is in the folder now as durable."""
        self._journal.unlink(missing_ok=True)
        self._before = {
            str(path): path.read_bytes()
            for path in self._folder.rglob("*")
            if path.is_file() and not _is_volatile(path)
        }

    def cut(self, rng: random.Random) -> int:
        """Make the folder what a disk might hold had the power gone at the kill; how many syncs it had seen."""
        images = {path: bytearray(content) for path, content in self._before.items()}
        loose: dict[str, list[tuple[str, int, bytes]]] = defaultdict(list)
        syncs = 0
        for kind, path, offset, data in self._operations():
            if kind == "U":
                images.pop(path, None)
                loose.pop(path, None)
                continue
            image = images.setdefault(path, bytearray())
            if kind == "S":
                syncs += 1
                for operation in loose.pop(path, ()):
                    _apply(image, *operation)
            else:
                loose[path].append((kind, offset, data))
        for path, operations in loose.items():
            for part in (part for operation in operations for part in _torn(operation, rng)):
                _apply(images[path], *part)
        self._put(images)
        return syncs

    def _put(self, images: dict[str, bytearray]) -> None:
        for path in self._folder.rglob("*"):
            if path.is_file():
                path.unlink()
        for path, content in images.items():
            file = Path(path)
            # The shim also sees folders being synced; they have no content.
            if not _is_volatile(file) and not file.is_dir():
                file.write_bytes(content)

    def _operations(self) -> Iterator[tuple[str, str, int, bytes]]:
        journal = self._journal.read_bytes() if self._journal.exists() else b""
        at = 0
        while at + 1 + _NUMBERS.size <= len(journal):
            kind = chr(journal[at])
            path_length, offset, size = _NUMBERS.unpack_from(journal, at + 1)
            at += 1 + _NUMBERS.size
            if at + path_length + size > len(journal):
                return
            path = journal[at : at + path_length].decode()
            yield kind, path, offset, journal[at + path_length : at + path_length + size]
            at += path_length + size


def _is_volatile(path: Path) -> bool:
    # The WAL's index lives in shared memory and is made anew after every crash.
    return path.name.endswith("-shm")


def _apply(image: bytearray, kind: str, offset: int, data: bytes) -> None:
    if kind == "T":
        del image[offset:]
        image.extend(bytes(offset - len(image)))
    else:
        image.extend(bytes(max(0, offset - len(image))))
        image[offset : offset + len(data)] = data


def _torn(operation: tuple[str, int, bytes], rng: random.Random) -> Iterator[tuple[str, int, bytes]]:
    """Nothing, all, or some sectors of an operation that was never synced."""
    kind, offset, data = operation
    fate = rng.random()
    if fate < 0.4:
        return
    if kind == "T" or fate < 0.8:
        yield operation
        return
    for start in range(0, len(data), _SECTOR):
        if rng.random() < 0.5:
            yield kind, offset + start, data[start : start + _SECTOR]
