"""The HTTP API: one module per audience, each a Litestar router; the framework goes no further than here."""
