"""Asking a device to end what the patient does not want any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from kiosk.log import where

_log = structlog.get_logger(__name__)


async def asked_to_end(cancel: Callable[[], Awaitable[bool]]) -> bool:
    """Ask by ``cancel``; whether there was something to end.

    What has not begun, as it waits for its turn, is asked again when it has. A mistake here must not take the device's
    answer away: how it ends says only what is under way.
    """
    try:
        return await cancel()
    except Exception as error:  # noqa: BLE001 - see above
        _log.error("not_asked_to_end", exception_type=type(error).__name__, where=where(error))
        return False
