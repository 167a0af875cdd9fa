"""The cabinet around a kiosk's devices: guide lights, contacts of door and tamper loop, the board's watchdog."""
