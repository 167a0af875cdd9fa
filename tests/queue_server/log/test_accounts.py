"""Devices, staff and log-ins: one-time codes, expiry, and hashes in place of secrets."""

from __future__ import annotations

import hashlib

import pytest

from queue_server.log import accounts
from queue_server.log.database import open_database
from queue_server.log.migrations import migrate, schema
from tests.queue_server.services import text_of

NOW = 1_000_000_000


def test_a_code_lets_one_device_in_once(database):
    code, _ = accounts.make_enrolment_code(database, "kiosk", "h1", NOW)
    enrolled = accounts.enrol(database, f" {code[:4].lower()}-{code[4:]} ", "自助机 1", NOW + 1)
    device = accounts.device_by_token(database, enrolled.token)
    assert (device.kind, device.place, device.name) == ("kiosk", "h1", "自助机 1")
    with pytest.raises(accounts.UnknownCodeError):
        accounts.enrol(database, code, "自助机 2", NOW + 2)
    assert len(accounts.devices(database)) == 1


def test_an_old_code_is_no_code(database):
    code, expires_at = accounts.make_enrolment_code(database, "kiosk", "h1", NOW)
    with pytest.raises(accounts.UnknownCodeError):
        accounts.enrol(database, code, "late", expires_at)


def test_a_revoked_device_is_a_stranger(database):
    code, _ = accounts.make_enrolment_code(database, "board", "h1", NOW)
    enrolled = accounts.enrol(database, code, "屏 1", NOW)
    assert accounts.revoke_device(database, enrolled.device)
    assert accounts.device_by_token(database, enrolled.token) is None
    assert not accounts.revoke_device(database, enrolled.device)


def test_a_device_is_seen(database):
    code, _ = accounts.make_enrolment_code(database, "board", "h1", NOW)
    enrolled = accounts.enrol(database, code, "屏 1", NOW)
    accounts.mark_seen(database, {enrolled.device: NOW + 5, "none": NOW})
    assert accounts.devices(database)[0].seen_at == NOW + 5


def test_a_screen_waits_for_an_administrator_and_gets_its_token_once(database):
    shown = accounts.make_screen_code(database, "board", "屏 2", NOW)
    assert accounts.claim_screen(database, shown.poll, NOW) is None
    assert accounts.pending_screen(database, shown.code, NOW) == accounts.PendingScreen("board", "屏 2")
    assert accounts.confirm_screen(database, shown.code, "h2", NOW) == "屏 2"
    enrolled = accounts.claim_screen(database, shown.poll, NOW)
    assert accounts.device_by_token(database, enrolled.token).place == "h2"
    with pytest.raises(accounts.UnknownCodeError):
        accounts.claim_screen(database, shown.poll, NOW)


def test_a_screens_code_does_not_fetch_its_credential(database):
    shown = accounts.make_screen_code(database, "board", "屏 2", NOW)
    accounts.confirm_screen(database, shown.code, "h2", NOW)
    with pytest.raises(accounts.UnknownCodeError):
        accounts.claim_screen(database, shown.code, NOW)


def test_an_old_screen_code_is_no_code(database):
    shown = accounts.make_screen_code(database, "board", "屏 2", NOW)
    with pytest.raises(accounts.UnknownCodeError):
        accounts.confirm_screen(database, shown.code, "h2", shown.expires_at)
    with pytest.raises(accounts.UnknownCodeError):
        accounts.claim_screen(database, shown.poll, shown.expires_at)


def test_a_name_is_taken_once(database):
    accounts.add_staff(database, "li", "nurse", "hash", NOW)
    with pytest.raises(accounts.NameTakenError):
        accounts.add_staff(database, "li", "administrator", "hash", NOW)
    assert [(one.name, one.role) for one in accounts.all_staff(database)] == [("li", "nurse")]


def test_a_log_in_is_good_until_it_expires_or_ends(database):
    staff = accounts.add_staff(database, "li", "nurse", "hash", NOW)
    fresh = accounts.begin_log_in(database, staff.staff, "hash", NOW)
    log_in = accounts.log_in_by_token(database, fresh.token, NOW)
    assert log_in.staff == staff
    assert accounts.log_in_by_token(database, fresh.token, fresh.expires_at) is None
    accounts.end_log_in(database, accounts.token_key(fresh.token))
    assert accounts.log_in_by_token(database, fresh.token, NOW) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda database, staff: accounts.set_password(database, staff, "another hash"),
        lambda database, staff: accounts.set_active(database, staff, is_active=False),
    ],
)
def test_another_password_or_a_disabled_account_ends_every_log_in(database, change):
    staff = accounts.add_staff(database, "li", "nurse", "hash", NOW).staff
    tokens = [accounts.begin_log_in(database, staff, "hash", NOW).token for _ in range(2)]
    assert change(database, staff)
    assert [accounts.log_in_by_token(database, token, NOW) for token in tokens] == [None, None]


def test_a_disabled_account_has_no_good_log_in(database):
    staff = accounts.add_staff(database, "li", "nurse", "hash", NOW).staff
    fresh = accounts.begin_log_in(database, staff, "hash", NOW)
    database.conn.execute("UPDATE staff SET is_active = 0")
    assert accounts.log_in_by_token(database, fresh.token, NOW) is None
    with pytest.raises(accounts.AccountChangedError):
        accounts.begin_log_in(database, staff, "hash", NOW)
    accounts.set_active(database, staff, is_active=True)
    fresh = accounts.begin_log_in(database, staff, "hash", NOW)
    assert accounts.log_in_by_token(database, fresh.token, NOW) is not None


def test_a_password_that_was_replaced_meanwhile_begins_no_log_in(database):
    staff = accounts.add_staff(database, "li", "nurse", "hash", NOW).staff
    accounts.set_password(database, staff, "another hash")
    with pytest.raises(accounts.AccountChangedError):
        accounts.begin_log_in(database, staff, "hash", NOW)
    assert database.table("log_ins").count == 0


def test_no_secret_is_in_the_database(database):
    code, _ = accounts.make_enrolment_code(database, "kiosk", "h1", NOW)
    unused, _ = accounts.make_enrolment_code(database, "kiosk", "h1", NOW)
    enrolled = accounts.enrol(database, code, "自助机 1", NOW)
    screen = accounts.make_screen_code(database, "board", "屏 2", NOW)
    staff = accounts.add_staff(database, "li", "nurse", "$argon2id$...", NOW).staff
    log_in = accounts.begin_log_in(database, staff, "$argon2id$...", NOW)
    written = text_of(database)
    for secret in (code, unused, enrolled.token, screen.code, screen.poll, log_in.token):
        assert secret not in written
    assert enrolled.token not in repr(enrolled)
    assert log_in.token not in repr(log_in)


def test_a_log_in_of_an_older_version_goes_on(tmp_path):
    database = open_database(tmp_path / "old.sqlite3")
    schema.apply(database, stop_before="log_ins_without_page_tokens")
    accounts.add_staff(database, "li", "nurse", "hash", NOW)
    database.conn.execute(
        "INSERT INTO log_ins (token_hash, staff, csrf_hash, made_at, seen_at, expires_at) "
        "SELECT ?, staff, x'00', ?, ?, ? FROM staff",
        (hashlib.sha256(b"token").digest(), NOW, NOW, NOW + 1),
    )
    database.conn.commit()
    migrate(database)
    assert accounts.log_in_by_token(database, "token", NOW).staff.name == "li"
    database.close()
