"""Readers of magnetic stripes: on a serial line, or typing like a keyboard."""
