"""The names of ``drivers.simulator``, as older simulators import them."""

from drivers.simulator import ControlError, DeviceLine, SimulatedDevice, Simulator, SimulatorOptions, run_simulator

__all__ = ["ControlError", "DeviceLine", "SimulatedDevice", "Simulator", "SimulatorOptions", "run_simulator"]
