"""A simulated receipt printer, as a process of its own that speaks ESC/POS over a pty or TCP.

It shares no reading of the protocol with the driver: what it understands it took from the printers' manuals by itself.
"""
