"""The whole lobby as ``make demo`` starts it: real processes, real drivers, simulated devices, a real browser."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
DEMO = str(ROOT / "packaging" / "demo.py")

# Both start a lobby of some ten processes: one after the other, on whatever machine.
pytestmark = [pytest.mark.xdist_group("demo"), pytest.mark.timeout(240)]


def descendants(pid: int) -> set[int]:
    """Every process below ``pid``."""
    children: dict[int, set[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        children.setdefault(int(fields[1]), set()).add(int(stat.parent.name))
    found: set[int] = set()
    todo = [pid]
    while todo:
        below = children.get(todo.pop(), set())
        found |= below
        todo += below
    return found


def test_the_story_holds(tmp_path):
    ran = subprocess.run(
        [sys.executable, DEMO, "--check", "--json", "--data", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=220,
    )
    steps = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    assert all(step["holds"] for step in steps)
    cuts = [step["saw"] for step in steps if "power" in step["step"]]
    assert len(cuts) == 4
    assert all("doubled 0" in cut for cut in cuts)
    # Whoever is acknowledged grows from cut to cut: the last one counts the whole story.
    assert int(re.search(r"acknowledged (\d+) = logged (\d+)", cuts[-1])[1]) > 30


@pytest.fixture
def demo(tmp_path):
    environment = {name: value for name, value in os.environ.items() if name not in {"DISPLAY", "QT_QPA_PLATFORM"}}
    process = subprocess.Popen(
        [sys.executable, DEMO, "--quiet-lobby", "--data", str(tmp_path), "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    said = []
    for line in process.stdout:
        said.append(line)
        if "Ctrl-C" in line:
            break
    yield process, "".join(said)
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    process.stdout.close()


def test_the_page_is_for_whoever_started_it_and_ctrl_c_ends_everything(demo):
    process, said = demo
    entry = re.search(r"http://127\.0\.0\.1:\d+/enter/\S+", said)
    assert entry is not None, said
    base = entry[0].partition("/enter/")[0]
    with httpx.Client(base_url=base, headers={"Origin": base}) as stranger:
        assert stranger.get("/state").status_code == 401
        assert stranger.post("/do", json={"action": "power"}).status_code == 401
    with httpx.Client(base_url=base, headers={"Origin": base}) as visitor:
        assert visitor.get(entry[0]).status_code == 302
        state = visitor.get("/state").json()
        assert state["kiosk"] == "virtual"
        assert visitor.post("/do", json={"action": "fault", "value": "paper_out"}).json() == {"done": True}
        assert next(one for one in visitor.get("/state").json()["faults"] if one["id"] == "paper_out")["on"]
        assert visitor.post("/do", json={"action": "dance"}).status_code == 409
        evil = visitor.post("/do", json={"action": "power"}, headers={"Origin": "http://evil.example"})
        assert evil.status_code == 401
    with httpx.Client(base_url=base) as second:
        assert second.get(entry[0]).status_code == 401

    started = descendants(process.pid)
    assert len(started) >= 5
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    assert not {pid for pid in started if Path(f"/proc/{pid}").exists()}
