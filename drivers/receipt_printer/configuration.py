"""From an entry of ``devices.toml`` to the receipt printer's driver.

A profile is a model; what another model has otherwise is said in the entry's ``model`` table, by the names of
``Profile``'s own attributes::

    profile = "80mm"
    model = {dots = 512, process_id = false, clearing = "none"}
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, get_args

from drivers.receipt_printer.driver import EscPosPrinter
from drivers.receipt_printer.profile import PROFILES, Clearing, Hanzi
from drivers.registry import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from drivers.receipt_printer.profile import Profile
    from drivers.registry import DeviceEntry

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"clearing": get_args(Clearing), "hanzi": get_args(Hanzi)}
_SWITCHES: Final = frozenset({"process_id", "asb", "near_end", "cutter"})
_WHOLE: Final = frozenset({"paper_mm", "dots", "receive_buffer"})
_FIGURES: Final = frozenset({"speed_mm_s", "cutter_to_head_mm"})


def from_entry(entry: DeviceEntry) -> EscPosPrinter:
    """Make the driver for a configuration entry; its options are ``mode`` and ``model``.

    Raises:
        ConfigurationError: an unknown profile, option or value.
    """
    entry.refuse_unknown_options(frozenset({"profile", "mode", "model"}))
    profile = profile_of(entry)
    mode = entry.options.get("mode", "auto")
    match mode:
        case "auto" | "raster" | "text":
            return EscPosPrinter(entry.name, entry.url, profile, mode=mode)
        case _:
            raise ConfigurationError(f"{entry.where}: mode = {mode!r} is not one of auto, raster, text")


def profile_of(entry: DeviceEntry) -> Profile:
    """Return the profile that ``entry`` names, with what its ``model`` table says otherwise.

    Raises:
        ConfigurationError: there is no such profile or key, a value is of the wrong kind, or they do not fit together.
    """
    profile = PROFILES.get(entry.profile or "80mm")
    if profile is None:
        known = ", ".join(sorted(PROFILES))
        raise ConfigurationError(f"{entry.where}: profile = {entry.profile!r} is not one of {known}")
    model = entry.options.get("model", {})
    if not isinstance(model, dict):
        raise ConfigurationError(f"{entry.where}: model = {model!r} must be a table")
    for key, value in model.items():
        _check(entry.where, key, value)
    try:
        return replace(profile, **model) if model else profile
    except ValueError as error:
        raise ConfigurationError(f"{entry.where}: model: {error}") from error


def _check(where: str, key: str, value: object) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if key in _SWITCHES:
        right, wanted = isinstance(value, bool), "true or false"
    elif key in _WHOLE:
        right, wanted = is_number and isinstance(value, int), "a whole number"
    elif key in _FIGURES:
        right, wanted = is_number, "a number"
    elif key in _CHOICES:
        right, wanted = value in _CHOICES[key], f"one of {', '.join(_CHOICES[key])}"
    else:
        known = ", ".join(sorted({*_SWITCHES, *_WHOLE, *_FIGURES, *_CHOICES}))
        raise ConfigurationError(f"{where}: model has no key {key!r}; there are: {known}")
    if not right:
        raise ConfigurationError(f"{where}: model.{key} = {value!r} is not {wanted}")
