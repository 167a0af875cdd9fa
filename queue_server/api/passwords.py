"""Staff passwords: Argon2id with the parameters of RFC 9106's second recommended option, never in the event loop."""

from __future__ import annotations

import asyncio
import functools
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_HASHER = PasswordHasher()
SHORTEST = 10
"""Characters. Eight is the least that NIST SP 800-63B allows with a second factor; there is none here."""


def hash_now(password: str) -> str:
    """The hash to keep of a password; takes some tens of milliseconds."""
    return _HASHER.hash(password)


async def hash_password(password: str) -> str:
    """The hash to keep of a password."""
    return await asyncio.to_thread(hash_now, password)


async def is_password(password: str, kept: str | None) -> bool:
    """Whether ``password`` is the one ``kept`` was made of. ``None`` is no account: wrong, and as slow."""
    return await asyncio.to_thread(_verify, password, kept)


def fresh_password() -> str:
    """A password for a first log-in: 80 bits, without characters that a person copying it confuses."""
    alphabet = "23456789abcdefghjkmnpqrstuvwxyz"
    letters = "".join(secrets.choice(alphabet) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


@functools.cache
def _nobody() -> str:
    """Verified against for a name that has no account, so that the answer takes as long.

    Made when first needed: at import it would keep a killed server from answering for a tenth of a second or more. The
    first such answer takes longer than others, which tells no more than that there is one.
    """
    return _HASHER.hash(secrets.token_urlsafe(16))


def _verify(password: str, kept: str | None) -> bool:
    try:
        _HASHER.verify(kept or _nobody(), password)
    except VerificationError:
        return False
    return kept is not None
