"""On how many examples a property is tried: a share of what the profile gives every other (tests/conftest.py)."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def share(part: float) -> settings:
    """``part`` of the usual number, for a property whose examples are whole days or long documents."""
    return settings(
        max_examples=round(settings.default.max_examples * part), suppress_health_check=[HealthCheck.too_slow]
    )
