"""How staff's passwords are kept. Elsewhere tests keep them by weak hashes, which take less time."""

from __future__ import annotations

import pytest

from queue_server.api import passwords


async def test_a_password_is_kept_by_argon2id_with_the_parameters_of_rfc_9106():
    kept = await passwords.hash_password("correct horse battery")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.is_password("correct horse battery", kept)
    assert not await passwords.is_password("correct horse batter", kept)


@pytest.mark.parametrize("password", ["", "correct horse battery"])
async def test_no_password_is_that_of_nobody(password):
    assert not await passwords.is_password(password, None)
