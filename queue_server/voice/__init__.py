"""Calls for the ear: how they are worded, spoken by a program of its own, kept as files and announced."""

from __future__ import annotations

from queue_server.voice.announcer import Announcer

__all__ = ["Announcer"]
