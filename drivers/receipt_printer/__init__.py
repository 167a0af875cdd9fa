"""The receipt printer: documents, their picture, the bytes that print it, the driver and its simulator.

Nothing is imported here: the simulator, which lives below this package, must not load the driver's own reading of the
protocol, or one shared mistake would pass both.
"""
