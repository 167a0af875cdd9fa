"""Simulated stripe readers as processes, shared by all tests of this folder and set to rights before each."""

import pytest

from tests.drivers.conftest import plugged_in, shared

SIMULATOR = "drivers.magnetic_stripe.simulator"


@pytest.fixture(scope="session")
def _serial(tmp_path_factory):
    with shared(SIMULATOR, "--pty", "--link", str(tmp_path_factory.mktemp("line") / "stripe")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _keyboard(tmp_path_factory):
    with shared(SIMULATOR, "--keyboard", "--link", str(tmp_path_factory.mktemp("input") / "event6")) as simulator:
        yield simulator


@pytest.fixture
def far_end(_serial):
    return plugged_in(_serial)


@pytest.fixture
def keyboard(_keyboard):
    return plugged_in(_keyboard)
