"""Runs the benches and prints one JSON object a line. ``python -m tests.bench [NAME]``.

Each ``bench_NAME.py`` has ``run()``, which yields rows with the keys ``bench``, ``case``, ``figure``, ``unit``,
``median``, ``floor``, ``ratio``, ``target``, ``holds`` and ``rounds``. The exit status is 0 whether or not targets
hold: a figure is not a test.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

# Pytest knows where the demo's programs are by its settings; here nobody has said it.
sys.path.append(str(Path(__file__).parents[2] / "packaging"))

KEYS = {"bench", "case", "figure", "unit", "median", "floor", "ratio", "target", "holds", "rounds"}


def known_benches() -> list[str]:
    """Their names."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def bench(name: str) -> ModuleType:
    """The module of one."""
    return importlib.import_module(f"tests.bench.bench_{name}")


def main(names: list[str]) -> int:
    known = known_benches()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No bench is called {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    for name in names or known:
        for row in bench(name).run():
            if missing := KEYS - row.keys():
                raise SystemExit(f"bench_{name} left out {sorted(missing)} in {row}")
            print(json.dumps(row, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
