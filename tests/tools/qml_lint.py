"""Checks the kiosk's screens with qmllint, and that its words are complete. ``python -m tests.tools.qml_lint``.

qmllint knows the Python types that QML binds to by the qmltypes that PySide's own tools make of them, in a folder that
is thrown away. Every warning counts.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from kiosk.faults import FAULTS, SendTo
from kiosk.words import Catalogue, CatalogueError

ROOT = Path(__file__).resolve().parents[2]
KIOSK = ROOT / "kiosk"
QML = KIOSK / "qml"

_ON_A_SLIP = [name for name, kind in FAULTS.items() if kind.send_to is SendTo.PAPER_DESK]
COMPOSED = {
    f"{table}.{name}.{part}"
    for table, names in (("fault", FAULTS), ("slip_paper", _ON_A_SLIP))
    for name in names
    for part in ("title", "next")
}
"""Keys that are put together of a fault's name: those of paper have words for a guide slip too."""


def lint_qml(files: list[Path] | None = None) -> list[str]:
    """Return what qmllint and the tools before it have to say of ``files``; all screens by default.

    Raises:
        FileNotFoundError: PySide's tools are not beside this interpreter.
    """
    tools = Path(sys.executable).parent
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "Kiosk"
        module.mkdir()
        objects = Path(folder) / "objects.json"
        steps: list[list[str | Path]] = [
            [tools / "pyside6-metaobjectdump", "-o", objects, KIOSK / "session.py", KIOSK / "view.py"],
            [
                *(tools / "pyside6-qmltyperegistrar", "--generate-qmltypes", module / "kiosk.qmltypes"),
                *("-o", "/dev/null", objects, "--import-name", "Kiosk"),
                *("--major-version", "1", "--minor-version", "0"),
            ],
            [
                *(tools / "pyside6-qmllint", "-W", "0", "-I", folder, "-I", QML),
                *(files if files is not None else sorted(QML.rglob("*.qml"))),
            ],
        ]
        (module / "qmldir").write_text("module Kiosk\ntypeinfo kiosk.qmltypes\ndepends QtQuick\n", encoding="utf-8")
        for step in steps:
            done = subprocess.run(step, check=False, capture_output=True, text=True)
            if done.returncode != 0:
                said = f"{done.stdout}{done.stderr}".strip()
                return said.splitlines() or [f"{Path(step[0]).name} ended with {done.returncode}."]
    return []


def lint_words(folder: Path = KIOSK / "i18n") -> list[str]:
    """Return what the catalogues in ``folder`` lack: a key in one language, or the words of a key that is said."""
    try:
        keys = Catalogue.load(folder).keys
    except CatalogueError as error:
        return [str(error)]
    sources = "\n".join(path.read_text(encoding="utf-8") for path in KIOSK.rglob("*.py"))
    said = set(re.findall(r'say\(\s*"([a-z_.]+)"', sources))
    quoted = set(re.findall(r'"([a-z_]+\.[a-z_.]+)"', sources))
    return [
        *(f"{key} is said and is in no catalogue." for key in sorted((said | COMPOSED) - keys)),
        *(f"{key} is in the catalogues and nobody says it." for key in sorted(keys - quoted - COMPOSED)),
    ]


def main() -> int:
    """Print every problem; the exit status is 1 where there is one."""
    problems = [*lint_qml(), *lint_words()]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
