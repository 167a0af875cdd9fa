"""The pages: templates, static files, their words and the handlers that send them."""
