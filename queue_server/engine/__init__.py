"""The engine: pure decisions about who waits where, who is called next, and why.

No input or output, clock, thread or framework: ``decide`` turns a command into events or a refusal, ``evolve`` folds an
event into the state, and everything else reads.
"""
