"""A past day again: under the rules as they were, and under others.

``days`` reads a day's events from the log, ``past`` finds in them who came and when rooms were open, ``rerun`` lets the
engine decide that day anew, ``changes`` are other rules and further rooms, ``figures`` and ``fidelity`` compare what
came of it. docs/simulation.md tells what follows the patient and what the room.
"""
