"""``houzhen-kiosk``: enrol this kiosk, and run it."""

from __future__ import annotations

import argparse
import asyncio
import functools
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk import config, log
from kiosk.data import DataError, DataFolder
from kiosk.ports import AwayError, CredentialError, RefusedError, Ui

if TYPE_CHECKING:
    from kiosk.app import Screens
    from kiosk.config import Configuration

DATA = Path("/var/lib/houzhen-kiosk")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, 1 where it could not be done, or 2 for a wrong configuration."""
    given = _parser().parse_args(arguments)
    try:
        if given.command == "quiet":
            DataFolder(given.data).keep_quiet(quiet=given.state == "on")
            return 0
        if given.command == "enrol":
            return _enrol(config.load(given.config), DataFolder(given.data), given.code)
        return run(given.config, given.data, windowed=given.windowed, size=given.size)
    except config.ConfigurationError as error:
        print(f"houzhen-kiosk: {error}", file=sys.stderr)
        return 2
    except DataError as error:
        print(f"houzhen-kiosk: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="houzhen-kiosk", description="The touchscreen kiosk.")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, default=Path("config"), metavar="FOLDER", help="holds kiosk.toml")
    shared.add_argument("--data", type=Path, default=DATA, metavar="FOLDER", help="the kiosk's own folder")
    commands = parser.add_subparsers(dest="command", required=True)
    enrolling = commands.add_parser("enrol", parents=[shared], help="exchange a one-time code for a credential")
    enrolling.add_argument("code", metavar="CODE")
    running = commands.add_parser("run", parents=[shared], help="serve patients")
    quiet = commands.add_parser("quiet", parents=[shared], help="speak softly from now on, or no longer")
    quiet.add_argument("state", choices=("on", "off"))
    running.add_argument("--windowed", action="store_true", help="a window instead of the whole panel")
    running.add_argument("--size", type=_size, metavar="WxH", help="draw the panel in this many pixels")
    return parser


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    try:
        return int(width), int(height)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 540x960") from error


def _enrol(configuration: Configuration, folder: DataFolder, code: str) -> int:
    from kiosk.lobby_client import enrol  # noqa: PLC0415 - a running kiosk loads it behind its window

    try:
        credential = asyncio.run(enrol(configuration.server, configuration.ca, code, configuration.name))
    except RefusedError as refused:
        message = refused.problem.message
        print(f"houzhen-kiosk: not enrolled: {message.en} {message.zh}", file=sys.stderr)
        return 1
    except CredentialError:
        print("houzhen-kiosk: not enrolled: the code is wrong, used or too old. Ask for a new one.", file=sys.stderr)
        return 1
    except AwayError as error:
        print(f"houzhen-kiosk: not enrolled: {configuration.server} was not reached ({error}).", file=sys.stderr)
        return 1
    folder.keep_credential(credential)
    print(f"Enrolled as {credential.device}.")
    return 0


def run(
    config_folder: Path,
    data_folder: Path,
    *,
    windowed: bool,
    size: tuple[int, int] | None = None,
    shown: Callable[[Screens], None] | None = None,
) -> int:
    """Serve patients until a signal ends it; return the process's exit code.

    Args:
        config_folder: holds ``kiosk.toml``.
        data_folder: the kiosk's own folder.
        windowed: a window instead of the whole panel.
        size: draw the panel in this many pixels.
        shown: called once with the screens when they are up.

    Raises:
        kiosk.config.ConfigurationError: the configuration is wrong.
        DataError: the kiosk is not enrolled, or its folder cannot be used.
    """
    # Qt is loaded for this command only: a kiosk can be enrolled where no display libraries are.
    from PySide6.QtCore import QTimer  # noqa: PLC0415 - see above
    from PySide6.QtGui import QGuiApplication  # noqa: PLC0415 - see above

    from kiosk.app import ScreenError, Screens  # noqa: PLC0415 - see above
    from kiosk.font import FontMissingError  # noqa: PLC0415 - see above

    configuration = config.load(config_folder)
    folder = DataFolder(data_folder)
    folder.credential()  # said before a window appears
    log.set_up()
    application = QGuiApplication(["houzhen-kiosk"])
    try:
        panel = configuration.panel if size is None else configuration.panel.shown_at(*size)
        screens = Screens(panel, configuration.durations, configuration.language)
    except (FontMissingError, ScreenError, ValueError) as error:
        print(f"houzhen-kiosk: {error}", file=sys.stderr)
        return 1
    if (hall := folder.hall()) is not None:
        screens.session.place(hall.hospital, hall.hall_name, hall.desk)  # until the server says it anew
    failures: list[str] = []

    def fail(sentence: str) -> None:
        failures.append(sentence)
        application.exit(1)

    screens.bridge.failed.connect(fail)
    for number in (signal.SIGINT, signal.SIGTERM):
        # By a timer: asked to quit before it runs, Qt would forget it.
        signal.signal(number, lambda *_: QTimer.singleShot(0, application.quit))
    screens.put_up(windowed=windowed)
    serving = functools.partial(_serve, configuration=configuration, folder=folder, pulse=screens.pulse.last)
    screens.bridge.start(serving)
    if shown is not None:
        shown(screens)
    code = application.exec()
    screens.close()
    for sentence in failures:
        print(f"houzhen-kiosk: {sentence}", file=sys.stderr)
    return code


async def _serve(ui: Ui, configuration: Configuration, folder: DataFolder, pulse: Callable[[], float]) -> None:
    from kiosk.serving import serve  # noqa: PLC0415 - half a second of drivers, while the window stands already

    await serve(ui, configuration, folder, pulse)


if __name__ == "__main__":
    sys.exit(main())
