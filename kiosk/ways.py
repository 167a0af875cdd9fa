"""By what patients can say who they are at this kiosk: what works now, and what is there and does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from drivers.device import DeviceState

Way: TypeAlias = Literal["identity", "social", "hospital", "scan"]
"""An identity card on its reader, 社保卡, 就诊卡, a code before the scanner."""

WAYS: tuple[Way, ...] = get_args(Way)
"""In the order in which screens tell of them."""


@dataclass(frozen=True)
class Ways:
    """What can be used, and what cannot be used at present."""

    works: frozenset[Way] = frozenset({"identity"})
    gone: frozenset[Way] = frozenset()

    def without(self, way: Way) -> Ways:
        """The same with ``way`` gone."""
        return Ways(self.works - {way}, self.gone | {way}) if way in self.works else self


def is_well(state: DeviceState) -> bool:
    """Whether a device in this state is to be spoken of to patients: it is in use, or about to be."""
    return state in {DeviceState.ONLINE, DeviceState.STARTING}
