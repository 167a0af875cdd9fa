"""Simulated days: described patients meet the real engine, and what comes out is held to queueing theory.

A description (``day``) and a seed give the patients (``patients``); ``runner`` lets the engine decide their day under a
policy, ``reference`` plays the same patients through a small simulator of its own, ``compare`` sets policies side by
side with their sampling errors, and ``theory`` knows the formulas. docs/simulation.md tells how to use them.
"""
