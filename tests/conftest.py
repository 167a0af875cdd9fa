"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

# How long an example takes is the machine's business: a test that fails on a busy one says nothing.
settings.register_profile("houzhen", deadline=None)
settings.load_profile("houzhen")
