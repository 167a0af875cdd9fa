"""Simulated stripe readers as processes, shared by all tests of this folder and set to rights before each."""

import contextlib

import pytest

from tests.drivers.conftest import SimulatorProcess


@contextlib.contextmanager
def shared(*options):
    simulator = SimulatorProcess("drivers.magnetic_stripe.simulator", *options, "--fast")
    yield simulator
    assert simulator.end() == 0


@pytest.fixture(scope="session")
def _serial(tmp_path_factory):
    with shared("--pty", "--link", str(tmp_path_factory.mktemp("line") / "stripe")) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def _keyboard(tmp_path_factory):
    with shared("--keyboard", "--link", str(tmp_path_factory.mktemp("input") / "event6")) as simulator:
        yield simulator


@pytest.fixture
def far_end(_serial):
    _serial.tell("clear_fault")
    _serial.tell("plug")
    return _serial


@pytest.fixture
def keyboard(_keyboard):
    _keyboard.tell("clear_fault")
    _keyboard.tell("plug")
    return _keyboard
