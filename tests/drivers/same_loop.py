"""A simulator in the test's own event loop, so that its clock and the driver's are one and may jump (``WarpLoop``)."""

import asyncio
import contextlib

from hypothesis import HealthCheck

from drivers.simulator import Simulator, SimulatorOptions
from tests.tools.warp_loop import WarpLoop

RELAXED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
"""For stories: each is long by its own clock and draws much."""


@contextlib.asynccontextmanager
async def served(device):
    announced = asyncio.get_running_loop().create_future()
    simulator = Simulator(device, SimulatorOptions(("127.0.0.1", 0), fast=True))
    serving = asyncio.create_task(simulator.run(lambda told: announced.set_result(told["url"])))
    try:
        yield simulator, await announced
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def later(seconds, *steps):
    """Do things after some time, one after the other."""
    await asyncio.sleep(seconds)
    for step in steps:
        await step()


def run(story):
    """Run a coroutine by a clock that jumps; return what it returns."""
    with asyncio.Runner(loop_factory=WarpLoop) as runner:
        return runner.run(story)
