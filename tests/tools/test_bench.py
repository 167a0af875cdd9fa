from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
from tests.bench.__main__ import bench, known_benches
for name in known_benches():
    assert callable(bench(name).run), name
print(len(known_benches()))
"""


def test_every_bench_can_be_run_as_the_makefile_runs_it():
    # In a process of its own: this one knows paths that a bench does not.
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
