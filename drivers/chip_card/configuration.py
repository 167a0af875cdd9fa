"""From a configuration entry to a chip-card reader."""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING, Final, NoReturn

from drivers.chip_card import codec
from drivers.chip_card.driver import ChipCardReader, Timing
from drivers.chip_card.reading import MemoryCard
from drivers.registry import ConfigurationError

if TYPE_CHECKING:
    from drivers.registry import DeviceEntry

_OPTIONS: Final = frozenset({"profile", "cards", "number", "block", "key", "key_type", "patience"})
_CARDS: Final = ("social", "uid", "block")
_OF_A_BLOCK: Final = ("block", "key", "key_type")
_KEY = re.compile(r"[0-9A-Fa-f]{12}")
_LAST_BLOCK: Final = 255


def from_entry(entry: DeviceEntry) -> ChipCardReader:
    """Make the driver for a configuration entry; docs/cards.md tells its options.

    Raises:
        ConfigurationError: pyscard is not installed, an option is unknown, or a value cannot be.
    """
    if importlib.util.find_spec("smartcard") is None:
        raise ConfigurationError(
            f"{entry.where}: driver {entry.driver!r} needs pyscard: pip install 'houzhen[chip]', after "
            "apt-get install libpcsclite-dev swig gcc"
        )
    entry.refuse_unknown_options(_OPTIONS)
    cards = entry.options.get("cards", ["social"])
    if not isinstance(cards, list) or not cards or any(one not in _CARDS for one in cards):
        _refuse(entry, "cards", f"a list of {', '.join(_CARDS)}")
    if {"uid", "block"} <= set(cards):
        _refuse(entry, "cards", "without one of uid and block: a card has one number")
    patience = entry.options.get("patience", 1.0)
    if not isinstance(patience, int | float) or isinstance(patience, bool) or not patience > 0:
        _refuse(entry, "patience", "a number above 0")
    if entry.profile is not None and "block" not in cards:
        raise ConfigurationError(
            f'{entry.where}: profile = {entry.profile!r} is of no use without cards = ["block"]: no key is loaded'
        )
    if not {"uid", "block"} & set(cards):
        _refuse_unused(entry, ("number", *_OF_A_BLOCK), '"uid" or "block" among the cards')
    return ChipCardReader(
        entry.name,
        entry.url,
        social="social" in cards,
        memory=_memory(entry, by_block="block" in cards) if {"uid", "block"} & set(cards) else None,
        timing=Timing(patience=float(patience)),
    )


def _memory(entry: DeviceEntry, *, by_block: bool) -> MemoryCard:
    options = entry.options
    number = options.get("number", MemoryCard().pattern.pattern)
    try:
        pattern = re.compile(number) if isinstance(number, str) else _refuse(entry, "number", "a regular expression")
    except re.error as failure:
        _refuse(entry, "number", f"a regular expression: {failure}")
    if not by_block:
        _refuse_unused(entry, _OF_A_BLOCK, 'cards = ["block"]')
        return MemoryCard(pattern)
    block = options.get("block")
    if not isinstance(block, int) or isinstance(block, bool) or not 0 <= block <= _LAST_BLOCK:
        _refuse(entry, "block", f"a block's number, from 0 to {_LAST_BLOCK}")
    secret = options.get("key")
    if not isinstance(secret, str) or not _KEY.fullmatch(secret):
        # The value may be a key with a slip of the pen: it is not repeated.
        raise ConfigurationError(f"{entry.where}: key must be twelve hexadecimal digits")
    kind = options.get("key_type", "A")
    if kind not in {"A", "B"}:
        _refuse(entry, "key_type", '"A" or "B"')
    profile = entry.profile or "utrust"
    if profile not in codec.KEY_PLACES:
        raise ConfigurationError(
            f"{entry.where}: profile = {profile!r} is not one of {', '.join(sorted(codec.KEY_PLACES))}"
        )
    key_kind = codec.KEY_A if kind == "A" else codec.KEY_B
    return MemoryCard(pattern, block, bytes.fromhex(secret), key_kind, codec.KEY_PLACES[profile])


def _refuse_unused(entry: DeviceEntry, keys: tuple[str, ...], without: str) -> None:
    for key in keys:
        if key in entry.options:
            raise ConfigurationError(f"{entry.where}: {key} is of no use without {without}")


def _refuse(entry: DeviceEntry, key: str, wanted: str) -> NoReturn:
    raise ConfigurationError(f"{entry.where}: {key} = {entry.options.get(key)!r} must be {wanted}")
