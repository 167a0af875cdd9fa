"""Namespaces of a program's own, also where the root is a folder and no mount point, as in a plain chroot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from drivers.simulator import apart

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 120

# A root that is a folder of a mount, made of this machine's folders; its /run is its own.
PLAIN_CHROOT = """\
set -e
around=$1 how=$2 program=$3
root=$around/root
mount --bind "$around" "$around"
mount "--make-$how" "$around"
mkdir -p "$root/run"
for name in /*; do
    case "$name" in /run|/lost+found) continue;; esac
    if [ -L "$name" ]; then cp -a "$name" "$root$name"
    elif [ -d "$name" ]; then mkdir "$root$name"; mount --rbind "$name" "$root$name"
    fi
done
touch "$root/run/of-the-root"
chroot "$root" "$program" -c "$4"
"""
TRIED = """\
import json, os, subprocess
from drivers.simulator import apart
said = {"missing": apart.missing()}
if said["missing"] is None:
    inside = subprocess.run([*apart.command(), "sh", "-c", "mount -t tmpfs none /run && ls -A /run && echo mounted"],
                            capture_output=True, text=True)
    said["inside"] = inside.stdout + inside.stderr
said["run"] = sorted(set(os.listdir("/run")) - {"mount"})  # mount's own folder
print(json.dumps(said))
"""


def in_a_plain_chroot(folder, how):
    ended = subprocess.run(
        [*apart.command(), "sh", "-c", PLAIN_CHROOT, "sh", folder, how, sys.executable, TRIED],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=LIMIT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or apart.missing() is not None, reason=f"needs root and namespaces: {apart.missing()}"
)


def test_in_a_plain_chroot_a_program_can_be_apart_and_nothing_it_mounts_comes_out(tmp_path):
    assert in_a_plain_chroot(tmp_path, "private") == {"missing": None, "inside": "mounted\n", "run": ["of-the-root"]}


def test_where_mounts_would_come_out_it_is_refused_and_none_is_left(tmp_path):
    said = in_a_plain_chroot(tmp_path, "shared")
    assert "may not make namespaces here" in said["missing"]
    assert said["run"] == ["of-the-root"]
