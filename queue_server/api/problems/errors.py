"""What handlers and guards raise, as problem documents (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from queue_server.api.problems.kinds import KINDS
from queue_server.contract import FieldProblem, Problem, Text
from queue_server.engine.refusals import Refusal

TYPE_PREFIX = "urn:houzhen:problem:"


@dataclass(frozen=True)
class ProblemError(Exception):
    """Raised by handlers and guards; answered as the problem ``code``.

    Attributes:
        code: a key of ``KINDS``.
        detail: for whoever builds or runs a client, in English; never shown to patients, never about one.
        words: values for the sentence's placeholders; a ``Text`` gives each language its own.
        retry_after_s: whole seconds for ``Retry-After``.
        fields: the single fields that were refused.
    """

    code: str
    detail: str | None = None
    words: dict[str, str | Text] = field(default_factory=dict)
    retry_after_s: int | None = None
    fields: tuple[FieldProblem, ...] = ()

    def problem(self) -> Problem:
        """The document to answer with."""
        kind = KINDS[self.code]
        zh = {name: word.zh if isinstance(word, Text) else word for name, word in self.words.items()}
        en = {name: word.en if isinstance(word, Text) else word for name, word in self.words.items()}
        message = Text(kind.message.zh.format(**zh), kind.message.en.format(**en))
        return Problem(
            TYPE_PREFIX + self.code,
            kind.status.phrase,
            kind.status.value,
            self.code,
            message,
            detail=self.detail,
            fields=list(self.fields),
        )


class RefusedError(Exception):
    """The engine refused a command; answered 409 with the refusal's own code and sentence."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def refusal_problem(refusal: Refusal) -> Problem:
    """An engine refusal as a problem document."""
    return Problem(
        TYPE_PREFIX + refusal.code,
        HTTPStatus.CONFLICT.phrase,
        HTTPStatus.CONFLICT.value,
        refusal.code,
        Text(refusal.message.zh, refusal.message.en),
        ticket=refusal.ticket,
        position=refusal.position,
    )
