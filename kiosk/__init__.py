"""The touchscreen kiosk: journeys without Qt, and the screens that show them."""
