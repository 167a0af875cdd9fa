"""The hardware abstraction: device drivers, and simulators that speak the same bytes."""
