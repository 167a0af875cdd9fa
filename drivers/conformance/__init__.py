"""What every driver must do, whatever it drives: checks that any driver can be run through (docs/driver-template.md).

They hold nothing about a protocol. A driver is made from its configuration entry, on lines that the checks hold in
their hands: one where nothing is, one that is mute, one that takes nothing, one full of noise, and the device's own
through a relay that can fall silent and break. ``houzhen-devices conform NAME`` runs them.
"""

from drivers.conformance.commands import COMMANDS, Command
from drivers.conformance.suite import CheckResult, Limits, Verdict, conform

__all__ = ["COMMANDS", "CheckResult", "Command", "Limits", "Verdict", "conform"]
