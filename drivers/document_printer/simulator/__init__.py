"""A simulated document printer: IPP over HTTP, paper that runs out, and pages that can be looked at.

It shares no code with the driver's reading of the protocol.
"""
