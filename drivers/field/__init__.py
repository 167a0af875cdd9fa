"""Tools for who installs and mends devices; ``houzhen-devices`` is their command (docs/field-tools.md)."""
