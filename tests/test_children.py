"""What tests and benches start ends when they do, however they end: a killed run leaves nothing behind."""

from __future__ import annotations

import ast
import os
import re
import select
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
STARTS = {"Popen", "create_subprocess_exec"}
CALL = re.compile(rf"\b(?:{'|'.join(sorted(STARTS))})\(")
BOUND = ("WITH_ITS_PARENT", "stdin=subprocess.PIPE", "stdin=asyncio.subprocess.PIPE")
"""The system ends it with its parent, or its standard input ends then; it is to go on reading that."""
COMMAND = re.compile(r"command = \[\s*\*WITH_ITS_PARENT,")
OTHERWISE = {
    "drivers/cabinet/test_firmware.py",  # ends with its socket
    "drivers/document_printer/far_end_program.py",  # in a namespace of its own, and ended by the program
}


def starts(path: Path) -> list[str]:
    """The calls in a file that start a program and go on, as they stand there."""
    source = path.read_text(encoding="utf-8")
    calls = (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Call))
    found = []
    for call in calls:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name in STARTS:
            found.append(ast.get_source_segment(source, call) or "")
    return found


def is_bound(call: str, source: str) -> bool:
    """Whether it ends with its parent: by its own words, or by those of the command that stands above it."""
    return any(word in call for word in BOUND) or ("command" in call and COMMAND.search(source) is not None)


FILES = [
    path
    for path in sorted(TESTS.rglob("*.py"))
    # Every worker looks at all of them: what stands there is read by the test.
    if path != Path(__file__) and re.search(CALL, path.read_text(encoding="utf-8"))
]


def test_there_is_something_to_look_at():
    assert len(FILES) > 10
    assert {str(path.relative_to(TESTS)) for path in FILES} >= OTHERWISE


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_whatever_is_started_ends_with_the_tests(path):
    if str(path.relative_to(TESTS)) in OTHERWISE:
        return
    source = path.read_text(encoding="utf-8")
    calls = starts(path)
    assert calls
    assert [call for call in calls if not is_bound(call, source)] == []


RUNNER = """
import subprocess, sys
from virtual_lobby.processes import WITH_ITS_PARENT
command = [*WITH_ITS_PARENT, sys.executable, "-c", "import signal; print(1, flush=True); signal.pause()"]
child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
child.stdout.readline()
print(child.pid, flush=True)
child.wait()
"""


def test_a_program_in_a_session_of_its_own_ends_with_a_killed_run():
    environment = {**os.environ, "PYTHONPATH": str(TESTS.parent / "packaging")}
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as run:
        child = os.pidfd_open(int(run.stdout.readline()))
        run.kill()
    try:
        assert select.select([child], [], [], 30)[0] == [child]
    finally:
        os.close(child)
