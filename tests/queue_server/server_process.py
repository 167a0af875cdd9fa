"""A process with nothing but the service in it, to be killed by the tests that ask what survives.

``python -m tests.queue_server.server_process DATA --after POSITION [--synchronous FULL]`` prints, a line each:
``ready POSITION``; ``event POSITION COMMAND_ID`` for every event after ``--after``, as a feed would; and for every
command id read from standard input ``done COMMAND_ID POSITION TICKET`` or ``failed COMMAND_ID CODE``.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from queue_server.clock import SettableClock
from queue_server.log import database
from queue_server.service import Service, Subscription, Unavailable
from tests.queue_server.services import SITE, TAKE_NUMBER, do, morning, open_lobby


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def feed(service: Service, news: Subscription, after: int) -> None:
    missed = service.since(after)
    for recorded in missed if missed is not None else service._log.read(after):
        say("event", recorded.position, recorded.command_id)
    async for batch in news:
        for recorded in batch:
            say("event", recorded.position, recorded.command_id)


async def answer(service: Service, name: str) -> None:
    try:
        done = await do(service, TAKE_NUMBER, command_id=name)
    except Unavailable as error:
        say("failed", name, error.code)
    else:
        say("done", name, done.position, done.ticket)


async def main(data: Path, after: int, synchronous: str, now: int) -> None:
    database.SYNCHRONOUS = synchronous
    service = await Service.start(data, site=SITE, clock=SettableClock(now), tick=False)
    if service.committed.position == 0:
        await open_lobby(service)
    say("ready", service.committed.position)
    following = asyncio.create_task(feed(service, service.subscribe(), after))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with asyncio.TaskGroup() as commands:
        while line := (await reader.readline()).decode().strip():
            commands.create_task(answer(service, line))
    await service.stop()
    await following


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--after", type=int, default=0)
    parser.add_argument("--synchronous", choices=["FULL", "NORMAL", "OFF"], default="FULL")
    parser.add_argument("--now", type=int, default=morning().now(), help="what its clock shows, UTC microseconds")
    asked = parser.parse_args()
    asyncio.run(main(asked.data, asked.after, asked.synchronous, asked.now))
