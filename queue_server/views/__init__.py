"""What screens show: the committed state, today's list and masked names, as the contract's structs.

Everything here reads and nothing writes. Names are masked here and nowhere else; where a clinic does not show names,
boards get none at all. A module a noun: what every view is made from is in ``present``, and each class of views adds
one audience's to it.
"""

from __future__ import annotations

from queue_server.views.arrivals import ArrivalViews
from queue_server.views.boards import BoardViews
from queue_server.views.names import Names
from queue_server.views.stations import StationViews
from queue_server.views.voice import Voice
from queue_server.views.words import kind_of, words

__all__ = ["Names", "Views", "Voice", "kind_of", "words"]


class Views(StationViews, BoardViews, ArrivalViews):
    """Renders the committed state for each audience."""
