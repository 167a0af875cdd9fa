"""What every simulated device shares: a line, a control channel, a process that ends cleanly.

A simulator is a process of its own. It prints one line of JSON, ``{"url": ..., "control": ...}``, and then serves:

* ``url`` is what a driver opens: a pty (``serial:///dev/pts/3``, or the ``--link``) or ``tcp://127.0.0.1:PORT``; a
  ``NetworkDevice`` has a scheme and a path of its own;
* ``control`` takes a JSON object a line, ``{"verb": ..., ...}``, and answers each with ``{"ok": true, ...}`` or
  ``{"ok": false, "error": ...}``. Every simulator knows ``status``, ``fault`` (the keys of ``drivers.faults``),
  ``clear_fault`` (``action`` or all), ``unplug`` and ``plug``; the rest are its own.

After ``unplug`` a pty comes back under another name, as a USB adapter does; only its link stays the same.
"""

from drivers.simulator.control import ControlError
from drivers.simulator.line import DeviceLine, SimulatedDevice
from drivers.simulator.network import NetworkDevice
from drivers.simulator.program import run_simulator
from drivers.simulator.server import Simulator, SimulatorOptions

__all__ = [
    "ControlError",
    "DeviceLine",
    "NetworkDevice",
    "SimulatedDevice",
    "Simulator",
    "SimulatorOptions",
    "run_simulator",
]
