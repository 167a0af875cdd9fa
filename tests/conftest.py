"""What holds for every test."""

from __future__ import annotations

import gc
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from tests.workers import Units, place_of

# How long an example takes is the machine's business: a test that fails on a busy one says nothing. A property is tried
# on half as many examples as are usual; make slow tries each on ten times as many.
settings.register_profile("everyday", deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=500)
settings.load_profile("everyday")

MEMORY = "/dev/shm"
ENOUGH_BYTES = 4 << 30

# Servers sync every commit, and the tests start hundreds of them: in memory none waits for a disk. What a power cut
# leaves is tested on disks of its own making (queue_server/disks.py), not on what happens to be below.
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", MEMORY)

HIDDEN = str(Path(__file__).with_name("hidden"))
"""What is installed here for the tests' own sake, and what the programs that they start are not to find."""

paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
if HIDDEN not in paths:  # a worker has it from the first process
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [HIDDEN, *paths]))


def pytest_xdist_make_scheduler(config, log):
    """Everyday tests go to the workers by units; others, few and long, as the plugin does it."""
    return Units(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """For several workers, what takes longest in one piece is put first. Alone the order stays."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place_of(item.nodeid.split("::", 1)[0]))


def pytest_collection(session):
    """Thousands of tests are collected, and none is garbage: nobody need look for any."""
    del session
    gc.disable()


def pytest_collection_finish(session):
    """Nor need anybody look through them after each test."""
    del session
    gc.enable()
    gc.freeze()
