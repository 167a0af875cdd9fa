"""LED boards that show whose turn it is: four protocols, one driver, and a simulator of its own.

Nothing is imported here: the simulator, which lives below this package, must not load the driver's own reading of the
protocols, or one shared mistake would pass both.
"""
