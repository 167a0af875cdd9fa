"""A driver for Houzhen, to begin one's own with: the reader of a maker that does not exist."""
