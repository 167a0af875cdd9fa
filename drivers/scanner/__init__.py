"""Scanners of printed and displayed codes: on a serial line, or typing like a keyboard."""
