"""Card terminals: a port that says what one does, and the ZVT protocol that some of them speak."""
