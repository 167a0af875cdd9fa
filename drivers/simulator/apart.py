"""A network and a file system's mounts of a program's own (Linux namespaces), for simulators and for tests.

For services that listen on every address, or of which a machine has one: nobody outside reaches the one, and the
other's ``/run`` can be a folder. Needs root, or a kernel that lets accounts make user namespaces.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from typing import Final

_UNSHARE: Final = "/usr/bin/unshare"


def command() -> list[str]:
    """Return the words that start a program apart, to be put before its own.

    Raises:
        OSError: this machine, or this account, cannot; see ``missing``.
    """
    words, why = _found()
    if words is None:
        raise OSError(why)
    return list(words)


def missing() -> str | None:
    """Say what this machine, or this account, lacks; None = nothing."""
    return _found()[1]


@cache
def _found() -> tuple[tuple[str, ...] | None, str | None]:
    for program in ("unshare", "mount", "umount"):
        if shutil.which(program) is None:
            return None, f"{program} is not installed: apt-get install util-linux mount"
    as_root = os.geteuid() == 0
    usual = (_UNSHARE, *(() if as_root else ("--map-root-user",)), "--net", "--mount")
    why = _failure(*usual, "true")
    if why is None:
        return usual, None
    kept = (*usual, "--propagation", "unchanged")
    if as_root and _stays_inside(kept):
        return kept, None
    return None, f"this account may not make namespaces here ({why})"


def _stays_inside(words: tuple[str, ...]) -> bool:
    """Tell whether what is mounted apart stays there, though the mounts could not be made private.

    They cannot be where the root is a folder that ``chroot`` made the root, and no mount point. Whether its mounts are
    shared with those outside is not to be seen from inside either: so it is tried, with a folder beside those meant.
    """
    try:
        folder = tempfile.mkdtemp(prefix="houzhen-", dir="/run")
    except OSError:
        return False
    try:
        if _failure(*words, "mount", "-t", "tmpfs", "none", folder) is not None:
            return False
        came_out = os.path.ismount(folder)
        if came_out:
            _failure("umount", folder)
        return not came_out
    finally:
        os.rmdir(folder)  # noqa: PTH106 -- as it was made


def _failure(*words: str) -> str | None:
    """Run a fixed command; return what it says where it fails."""
    ended = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 -- fixed commands
    return None if ended.returncode == 0 else ended.stderr.strip() or f"status {ended.returncode}"
