"""A simulated LED board, in any of the four protocols. It shares no code with the driver's codecs."""
