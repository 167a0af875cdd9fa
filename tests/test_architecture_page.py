"""The manual names places that there are, and the architecture page shows a stranger every folder of the server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md"])
PAGE = (DOCS / "architecture.md").read_text(encoding="utf-8")
WHERE = PAGE[PAGE.index("## Where to look") : PAGE.index("## Words")]
NAMED = re.compile(r"`([^`\s]+)`")
OURS = re.compile(r"(?:queue_server|kiosk|drivers|packaging|tests|config|docs)/[\w./-]+")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_path_in_the_manual_leads_somewhere(page):
    named = [name.partition("::")[0] for name in NAMED.findall(page.read_text(encoding="utf-8"))]
    paths = {name for name in named if OURS.fullmatch(name)}
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def places_of(part: str) -> list[str]:
    """The modules and folders that one part of the page names, in order."""
    return [name for name in NAMED.findall(part) if re.fullmatch(r"[\w/]+(?:\.\w+|/)", name)]


def test_a_module_of_the_architecture_page_is_where_the_page_says():
    server, engine, kiosk, drivers = (
        WHERE.index(f"**The {name}**") for name in ("server", "engine", "kiosk", "drivers")
    )
    parts = {
        "queue_server": WHERE[server:engine],
        "queue_server/engine": WHERE[engine:kiosk],
        "kiosk": WHERE[kiosk:drivers],
        "drivers": WHERE[drivers : WHERE.index("**Tests**")],
    }
    for folder, part in parts.items():
        # Below a folder the page names modules by themselves; what it says of every device's folder is in one of them.
        homes = [ROOT, ROOT / folder, *(path for path in (ROOT / folder).iterdir() if path.is_dir())]
        named = places_of(part)
        assert named, folder
        assert [name for name in named if not any((home / name).exists() for home in homes)] == [], folder


def test_no_folder_of_the_server_is_left_out():
    folders = {path.parent.name + "/" for path in (ROOT / "queue_server").glob("*/__init__.py")}
    assert folders - set(places_of(WHERE)) == set()


def test_events_and_folds_have_the_same_modules():
    engine = ROOT / "queue_server" / "engine"
    shared = re.search(r"with the same modules: (.*) \|", WHERE)
    assert shared is not None
    modules = set(NAMED.findall(shared[1]))
    assert modules == {file.name for file in (engine / "folds").glob("*.py")} - {"__init__.py", "records.py"}
    assert modules == {file.name for file in (engine / "events").glob("*.py")} - {
        "__init__.py",
        "encoding.py",
        "kinds.py",
        "parts.py",
    }
