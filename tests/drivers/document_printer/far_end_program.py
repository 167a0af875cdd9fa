"""Runs somebody else's printer, CUPS's ippeveprinter, in a network of its own; started by ``conftest.py``.

ippeveprinter listens on every address, and will not start without a D-Bus with Avahi. So this runs under ``unshare
--net --mount``, brings up the new network's loopback, starts a bus, Avahi and the printer in it, and carries
connections from a socket in the file system to the printer's port. It prints a line once all stands, and ends all when
standard input closes.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

PORT = 18631
LIMIT = 30

BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={folder}/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/>
<allow receive_sender="*"/><allow eavesdrop="true"/></policy></busconfig>
"""
AVAHI = """[server]
host-name=houzhen-test
use-ipv4=yes
use-ipv6=no
allow-interfaces=lo
[wide-area]
enable-wide-area=no
[publish]
publish-hinfo=no
publish-workstation=no
[rlimits]
"""
# What is printed, and what was asked for, is kept; what the printer then suffers is the test's to say.
COMMAND = """#!/bin/sh
cp "$1" "{folder}/printed-$IPP_JOB_ID"
env | grep -E '^(IPP|CONTENT)_' | sort > "{folder}/asked-$IPP_JOB_ID"
cd "{folder}"
. ./plan
"""


def bring_up_loopback():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        wanted = struct.pack("16sh", b"lo", 0)
        flags = struct.unpack("16sh", fcntl.ioctl(link, 0x8913, wanted))[1]
        fcntl.ioctl(link, 0x8914, struct.pack("16sh", b"lo", flags | 1))


async def stands(ready, what):
    """Wait until a thing that starts can be reached."""
    async with asyncio.timeout(LIMIT):
        while True:
            try:
                return await ready()
            except (OSError, EOFError):
                await asyncio.sleep(0.02)
    raise SystemExit(f"{what} does not start")


async def carry(reader, writer):
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def bridge(reader, writer):
    try:
        theirs_in, theirs_out = await asyncio.open_connection("127.0.0.1", PORT)
    except OSError:
        writer.close()
        return
    await asyncio.gather(carry(reader, theirs_out), carry(theirs_in, writer))


async def main(folder, options):
    (folder / "bus.conf").write_text(BUS.format(folder=folder))
    (folder / "avahi.conf").write_text(AVAHI)
    (folder / "plan").write_text("exit 0\n")
    command = folder / "command"
    command.write_text(COMMAND.format(folder=folder))
    command.chmod(0o755)
    (folder / "spool").mkdir()
    (folder / "keys").mkdir()
    os.mkfifo(folder / "go")
    world = {
        **os.environ,
        "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/bus",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
    }
    running = []

    async def start(*arguments):
        with (folder / "log").open("ab") as log:
            running.append(
                await asyncio.create_subprocess_exec(
                    *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, env=world, cwd=folder
                )
            )

    try:
        await start("dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile")
        await stands(lambda: asyncio.open_unix_connection(folder / "bus"), "the bus")
        no_rights = ("--no-drop-root", "--no-chroot", "--no-rlimits")
        await start("avahi-daemon", "-f", str(folder / "avahi.conf"), *no_rights)

        async def avahi():
            asking = await asyncio.create_subprocess_exec(
                "dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.Avahi", "/",
                "org.freedesktop.Avahi.Server.GetVersionString",
                env=world, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            )  # fmt: skip
            if await asking.wait():
                raise OSError

        await stands(avahi, "Avahi")
        paths = ("-d", str(folder / "spool"), "-c", str(command), "-K", str(folder / "keys"))
        await start("ippeveprinter", "-n", "localhost", "-p", str(PORT), "-k", *paths, "-vvv", *options, "Houzhen test")

        async def printer():
            _, writer = await asyncio.open_connection("127.0.0.1", PORT)
            writer.close()

        await stands(printer, "ippeveprinter")
        await asyncio.start_unix_server(bridge, folder / "printer")
        sys.stdout.write(json.dumps({"ready": True}) + "\n")
        sys.stdout.flush()
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(0, ended.set)
        await ended.wait()
    finally:
        for process in reversed(running):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def go_apart(folder, outside):
    """Have a loopback, and a /run, that are nobody else's: Avahi runs once for each /run."""
    if any(Path(f"/proc/self/ns/{kind}").readlink() == Path(outside[kind]) for kind in ("net", "mnt")):
        raise SystemExit("this changes the network and the file system that it runs in: start it with unshare")
    bring_up_loopback()
    (folder / "run").mkdir()
    subprocess.run(["mount", "--bind", str(folder / "run"), "/run"], check=True)


if __name__ == "__main__":
    go_apart(Path(sys.argv[1]), json.loads(sys.argv[2]))
    asyncio.run(main(Path(sys.argv[1]), sys.argv[3:]))
