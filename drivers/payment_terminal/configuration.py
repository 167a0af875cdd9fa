"""From a configuration entry to a payment terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from drivers.payment_terminal.driver import ZvtTerminal
from drivers.payment_terminal.fields import CURRENCY_CNY
from drivers.registry import ConfigurationError

if TYPE_CHECKING:
    from drivers.registry import DeviceEntry

_LARGEST_PASSWORD: Final = 999_999
_LARGEST_CURRENCY: Final = 999


def zvt_from_entry(entry: DeviceEntry) -> ZvtTerminal:
    """Make the driver for a configuration entry.

    Options: ``framing`` (``serial`` or ``tcp``; by default what the address is), ``password`` (six digits, as a text),
    ``currency`` (ISO 4217, a number), ``prints`` (whether the terminal prints receipts itself).

    Raises:
        ConfigurationError: another option, or a value that cannot be.
    """
    entry.refuse_unknown_options(frozenset({"framing", "password", "currency", "prints"}))
    framing = entry.options.get("framing")
    if framing not in {None, "serial", "tcp"}:
        raise ConfigurationError(f"{entry.where}: framing = {framing!r} is not serial or tcp")
    password = entry.options.get("password", "000000")
    if not isinstance(password, str) or not password.isdecimal() or int(password) > _LARGEST_PASSWORD:
        raise ConfigurationError(f"{entry.where}: password must be six digits, in quotation marks")
    currency = entry.options.get("currency", CURRENCY_CNY)
    if not isinstance(currency, int) or isinstance(currency, bool) or not 0 < currency <= _LARGEST_CURRENCY:
        raise ConfigurationError(f"{entry.where}: currency = {currency!r} is no number of ISO 4217")
    prints = entry.options.get("prints", False)
    if not isinstance(prints, bool):
        raise ConfigurationError(f"{entry.where}: prints = {prints!r} must be true or false")
    blocks = None if framing is None else framing == "serial"
    return ZvtTerminal(entry.name, entry.url, blocks=blocks, password=int(password), currency=currency, prints=prints)
