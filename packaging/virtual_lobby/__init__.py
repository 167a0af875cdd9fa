"""A whole lobby on one machine: server, devices, kiosk, a morning's patients, and a page to play with them."""
