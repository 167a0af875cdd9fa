"""The state as bytes: the same for the same log on every machine and run."""

from __future__ import annotations

from typing import Any

import msgspec

from queue_server.engine.events import ListKey
from queue_server.engine.state import State


def records(state: State) -> dict[str, Any]:
    """The records that an undo restores: tickets, stations, countdowns and number counters, in a fixed order."""
    builtins = msgspec.to_builtins
    return {
        "tickets": [builtins(state.tickets[key]) for key in sorted(state.tickets)],
        "stations": [builtins(state.stations[key]) for key in sorted(state.stations)],
        "countdowns": [[list(key), builtins(state.countdowns[key])] for key in sorted(state.countdowns, key=_sortable)],
        "counters": state.counters,
        "slips": [builtins(state.slips[key]) for key in sorted(state.slips)],
        "sessions": [builtins(state.sessions[key]) for key in sorted(state.sessions)],
        "ended": sorted(state.ended),
        "day": builtins(state.day),
        "configuration": state.index.digest if state.index else None,
    }


def canonical(state: State) -> bytes:
    """The state as canonical JSON, the same for the same log on every machine and run."""
    builtins = msgspec.to_builtins
    return _ENCODER.encode(
        {
            **records(state),
            "position": state.position,
            "now": state.now,
            "seq": state.seq,
            "carried": sorted(state.carried),
            "unkept": sorted(state.unkept),
            "record": {key: builtins(state.record[key]) for key in sorted(state.record)},
            "paused": {key: builtins(pause) for key, pause in state.paused.items()},
            "broadcasts": [builtins(broadcast) for broadcast in state.broadcasts.values()],
            "history": {key: builtins(lines) for key, lines in state.history.items()},
            "undo": [
                {
                    **{
                        name: builtins(getattr(entry, name))
                        for name in (
                            "command_id",
                            "first",
                            "last",
                            "main",
                            "kind",
                            "number",
                            "weight",
                            "station",
                            "counted",
                        )
                    },
                    "slips": [[key, builtins(entry.slips[key])] for key in sorted(entry.slips)],
                    "tickets": [builtins(entry.tickets[key]) for key in sorted(entry.tickets)],
                    "stations": [builtins(entry.stations[key]) for key in sorted(entry.stations)],
                    "countdowns": [
                        [list(key), builtins(entry.countdowns[key])] for key in sorted(entry.countdowns, key=_sortable)
                    ],
                }
                for entry in state.undo.values()
            ],
        }
    )


def _sortable(key: ListKey) -> tuple[str, str, str]:
    return (key[0], key[1], key[2] or "")


_ENCODER = msgspec.json.Encoder(order="sorted")
