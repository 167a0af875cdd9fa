"""The reader of Chinese resident identity cards and the residence cards built like them."""
