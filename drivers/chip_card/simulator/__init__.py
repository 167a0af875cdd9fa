"""A simulated chip card in a virtual reader, with or without a card service of its own."""
