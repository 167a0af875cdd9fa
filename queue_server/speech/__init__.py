"""A program of its own that speaks: ``python -m queue_server.speech``.

It uses espeak-ng, which is GPL-3, and therefore shares no process with the server: the two exchange lines of JSON over
standard input and output. It imports nothing of the server, and the server imports nothing of it.
"""
