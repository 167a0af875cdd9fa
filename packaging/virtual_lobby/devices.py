"""The devices of the demo's kiosk, as its configuration lists them; the addresses are the simulators'."""

DEVICES = """\
[[device]]
name = "reader"
kind = "identity_card"
driver = "resident_id"
url = "{reader}"

[[device]]
name = "printer"
kind = "receipt_printer"
driver = "escpos"
url = "{printer}"

[[device]]
name = "cabinet"
kind = "cabinet"
driver = "cabinet_board"
url = "{cabinet}"
lights = ["identity_card", "receipt_printer"]
contacts = ["door", "tamper"]

[[device]]
name = "scanner"
kind = "scanner"
driver = "serial_scanner"
url = "{scanner}"
"""
