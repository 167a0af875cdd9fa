"""The lobby's LED boards: at which rooms they hang, and the server's configuration with them in it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path


class CallBoard(NamedTuple):
    """A board.

    Attributes:
        name: of its device.
        zh: where it hangs.
        en: the same.
        stations: whose calls it shows.
        shows: the text of a call.
        idle: what stands while nobody is called.
    """

    name: str
    zh: str
    en: str
    stations: tuple[str, ...]
    shows: str
    idle: str = ""


BOARDS = (
    CallBoard("board", "1号诊室门口", "door of room 1", ("r101",), "请{number}号到{room}", "请候诊"),
    CallBoard("board_numeric", "2号诊室门口", "door of room 2", ("r102",), "{number}"),
    CallBoard("board_xunpeng", "3号诊室门口", "door of room 3", ("r103",), "{number}"),
    CallBoard("board_alpha", "4至6号诊室走廊", "rooms 4 to 6", ("r104", "r105", "r106"), "{number} {room_en}", "WAIT"),
)


def at_station(station: str) -> CallBoard:
    """The board that hangs at ``station``."""
    return next(board for board in BOARDS if station in board.stations)


def configuration_with_boards(shipped: Path, folder: Path, devices: str) -> None:
    """Copy the shipped configuration into ``folder``, with the lobby's boards in it.

    Args:
        shipped: the configuration that is shipped.
        folder: where the copy is made; it may be there from another time.
        devices: the boards' ``devices.toml``.
    """
    shutil.copytree(shipped, folder, dirs_exist_ok=True)
    (folder / "devices.toml").write_text(devices, encoding="utf-8")
    with (folder / "hospital.toml").open("a", encoding="utf-8") as hospital:
        for board in BOARDS:
            stations = ", ".join(f'"{station}"' for station in board.stations)
            hospital.write(
                f'\n[displays.{board.name}]\nstations = [{stations}]\nshows = "{board.shows}"\nidle = "{board.idle}"\n'
            )
