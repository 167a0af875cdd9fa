"""What must hold between the parts of a configuration: references, times, sentences."""
