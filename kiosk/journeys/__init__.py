"""What patients come to the kiosk for. Each journey is a list of steps; a step is a coroutine and knows no Qt."""
