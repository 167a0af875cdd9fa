"""The append-only event log, what is derived from it, and the erasable records beside it."""
