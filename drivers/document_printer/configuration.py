"""From a configuration entry to a document printer."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.device import DeviceError
from drivers.registry import ConfigurationError

if TYPE_CHECKING:
    from drivers.document_printer.driver import DocumentPrinter
    from drivers.registry import DeviceEntry

_NEEDS: Final = ("httpx", "pypdfium2")
_WAITS: Final = ("busy", "queue", "attention")
_COUNTS: Final = ("megabytes", "pages", "copies")


def ipp_from_entry(entry: DeviceEntry) -> DocumentPrinter:
    """Make the driver for a configuration entry.

    Options: ``ca`` (a file of certificates, for ``ipps``), ``user``, ``create_job`` (whether jobs are begun by
    Create-Job), ``megabytes``, ``pages`` and ``copies`` (the most that is printed), ``busy``, ``queue`` and
    ``attention`` (waits in seconds).

    Raises:
        ConfigurationError: another option, a value that cannot be, or this machine lacks the extra ``documents``.
    """
    entry.refuse_unknown_options(frozenset({"ca", "user", "create_job", *_COUNTS, *_WAITS}))
    missing = [name for name in _NEEDS if find_spec(name) is None]
    if missing:
        raise ConfigurationError(f"{entry.where}: driver 'ipp' needs {', '.join(missing)}: install houzhen[documents]")
    from drivers.document_printer.driver import DocumentPrinter  # noqa: PLC0415 -- for machines that have a printer
    from drivers.document_printer.link import parse_address  # noqa: PLC0415 -- the same
    from drivers.document_printer.pdf import Limits  # noqa: PLC0415 -- the same
    from drivers.document_printer.printing import Timing  # noqa: PLC0415 -- the same

    try:
        address = parse_address(entry.url)
    except DeviceError as failure:
        raise ConfigurationError(f"{entry.where}: url = {entry.url!r}: {failure.message}") from failure
    ca = entry.options.get("ca")
    if ca is not None and (not isinstance(ca, str) or not address.tls):
        raise ConfigurationError(f"{entry.where}: ca = {ca!r} must be a file's path, and is for ipps: addresses")
    user = entry.options.get("user", "houzhen")
    if not isinstance(user, str) or not user:
        raise ConfigurationError(f"{entry.where}: user = {user!r} must be a text that is not empty")
    create_job = entry.options.get("create_job", True)
    if not isinstance(create_job, bool):
        raise ConfigurationError(f"{entry.where}: create_job = {create_job!r} must be true or false")
    return DocumentPrinter(
        entry.name,
        entry.url,
        ca=Path(ca) if isinstance(ca, str) else None,
        user=user,
        create_job=create_job,
        limits=Limits(**_numbers(entry, _COUNTS)),
        timing=Timing(**{name: float(value) for name, value in _numbers(entry, _WAITS).items()}),
    )


def _numbers(entry: DeviceEntry, names: tuple[str, ...]) -> dict[str, int]:
    numbers = {}
    for name in names:
        if name in entry.options:
            value = entry.options[name]
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigurationError(f"{entry.where}: {name} = {value!r} is not a whole number from 1")
            numbers[name] = value
    return numbers
