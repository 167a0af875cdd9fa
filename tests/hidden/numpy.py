"""Stands before numpy in the programs that the tests start: nobody has it who installs them.

Here ciw brings it, a peer of the simulation, and whatever finds it loads it: sqlite-utils does at every start.
"""

raise ImportError("numpy is hidden from the programs that the tests start (tests/hidden)")
