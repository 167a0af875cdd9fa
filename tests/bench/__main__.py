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

KEYS = {"bench", "case", "figure", "unit", "median", "floor", "ratio", "target", "holds", "rounds"}


def main(names: list[str]) -> int:
    known = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No bench is called {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    for name in names or known:
        for row in importlib.import_module(f"tests.bench.bench_{name}").run():
            if missing := KEYS - row.keys():
                raise SystemExit(f"bench_{name} left out {sorted(missing)} in {row}")
            print(json.dumps(row, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
