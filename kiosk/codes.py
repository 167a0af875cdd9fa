"""What a scanned code is: an opaque token, told from others by how it looks and by nothing else.

Electronic vouchers (电子医保凭证, 电子健康卡), the hospital's card numbers and tickets all come from the same scanner.
What a voucher holds only its issuer knows, so it is taken as it is and resolved by the hospital's system.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from queue_server.contract import Identify

CodeKind: TypeAlias = Literal["insurance_code", "health_card", "hospital_card"]
"""What a code may be, beside a ticket's or a booking's. An identity number is none: a picture of a card is no card."""

_TICKETS = ("HZ:", "http://", "https://")
"""How the codes of tickets begin; what looks like one is never taken for a voucher."""


@dataclass(frozen=True)
class CodeRule:
    """How codes of one kind look: ``pattern`` is of the whole; its group ``token``, or else the whole, is the token."""

    kind: CodeKind
    pattern: re.Pattern[str]


class CodeRules:
    """Tells codes apart.

    Args:
        rules: the first whose pattern fits decides; what fits none is a ticket's or a booking's code.
    """

    def __init__(self, rules: Sequence[CodeRule] = ()) -> None:
        self._rules = tuple(rules)

    def asked(self, code: str) -> Identify:
        """The question to the server whose code this is."""
        if not code.startswith(_TICKETS):
            for rule in self._rules:
                if (found := rule.pattern.fullmatch(code)) is not None:
                    return Identify(kind=rule.kind, value=found.groupdict().get("token") or code)
        return Identify(kind="code", value=code)


def code_rule(kind: CodeKind, pattern: str, where: str) -> CodeRule:
    """A rule of the configuration.

    Args:
        kind: what such a code is.
        pattern: a regular expression.
        where: how an error names the entry.

    Raises:
        ValueError: the pattern is none, or fits nothing or everything; names the key and the value.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{where}.pattern is {pattern!r}, which is no regular expression: {error}.") from error
    if not pattern or compiled.fullmatch("HZ:7") is not None:
        raise ValueError(f"{where}.pattern is {pattern!r}, which fits a ticket's code too; say what sets it apart.")
    return CodeRule(kind, compiled)
