"""Every failure over HTTP as ``application/problem+json`` (RFC 9457): a stable code, a sentence in two languages.

Nothing about a person, a token or the inside of the server ever enters a problem document.
"""

from __future__ import annotations

from queue_server.api.problems.answers import HANDLERS, MEDIA_TYPE, answer_to
from queue_server.api.problems.errors import ProblemError, RefusedError, refusal_problem
from queue_server.api.problems.kinds import KINDS

__all__ = ["HANDLERS", "KINDS", "MEDIA_TYPE", "ProblemError", "RefusedError", "answer_to", "refusal_problem"]
