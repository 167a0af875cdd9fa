"""The command line: what it does, what it says, how it ends."""

from __future__ import annotations

import os
import re
import shutil

import pytest

from queue_server import certificates, clock_file
from queue_server.cli import main
from queue_server.clock import SettableClock, SystemClock
from queue_server.log import accounts, maintenance
from queue_server.log.data import DATABASE, DataDirectory
from queue_server.log.database import open_database
from queue_server.log.migrations import schema
from tests.queue_server.api.rig import CONFIG, PASSWORD_HASH, in_process


def run(capsys, *arguments):
    status = main([str(one) for one in arguments])
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.fixture(autouse=True)
def mask():
    """A command closes what it writes to others; the tests after it go on as before."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    maintenance.write(folder, lambda database: accounts.add_staff(database, "old", "nurse", PASSWORD_HASH, 1))
    return folder


@pytest.fixture
async def used(tmp_path):
    """A data directory with a ticket in its log."""
    async with in_process(tmp_path / "data") as site:
        await site.check_in(await site.device("kiosk"))
    return tmp_path / "data"


def test_a_code_is_printed_alone(capsys, data):
    status, out, err = run(
        capsys, "enrol-code", "--data", data, "--kind", "kiosk", "--hall", "main", "--config", CONFIG
    )
    assert (status, err) == (0, "")
    now = SystemClock().now()
    enrolled = maintenance.write(data, lambda database: accounts.enrol(database, out.strip(), "k", now))
    assert (enrolled.kind, enrolled.place) == ("kiosk", "main")


def test_a_code_is_good_by_the_demonstrations_clock(capsys, data):
    clock = SettableClock(SystemClock().now() - 7 * 3_600_000_000, rate=1)
    clock_file.write(data, clock)
    _, out, _ = run(capsys, "enrol-code", "--data", data, "--kind", "board", "--hall", "main", "--config", CONFIG)
    enrolled = maintenance.write(data, lambda database: accounts.enrol(database, out.strip(), "b", clock.now()))
    assert enrolled.kind == "board"
    clock_file.write(data, SystemClock())
    assert abs(clock_file.now(data) - SystemClock().now()) < 60_000_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kind", "kiosk"], "A kiosk needs --hall."),
        (["--kind", "station", "--hall", "main"], "A station needs --station."),
        (["--kind", "kiosk", "--hall", "cellar", "--config", CONFIG], "There is no hall 'cellar'; known: main"),
        (["--kind", "station", "--station", "r0", "--config", CONFIG], "There is no station 'r0'; known: r101"),
        (["--kind", "kiosk", "--hall", "main"], "The server has never run on this data"),
    ],
)
def test_a_code_for_nowhere_is_refused(capsys, data, arguments, said):
    status, out, err = run(capsys, "enrol-code", "--data", data, *arguments)
    assert (status, out) == (1, "")
    assert err.startswith(f"houzhen-server enrol-code: {said}")


async def test_without_a_configuration_the_one_that_ran_last_says_what_there_is(capsys, used):
    status, _, err = run(capsys, "enrol-code", "--data", used, "--kind", "kiosk", "--hall", "nowhere")
    assert (status, "There is no hall 'nowhere'; known: main, second" in err) == (1, True)
    assert run(capsys, "enrol-code", "--data", used, "--kind", "station", "--station", "r101")[0] == 0


@pytest.mark.parametrize("minutes", ["0", "-5", "1.5", "10081"])
def test_a_code_is_good_for_some_minutes(capsys, data, minutes):
    with pytest.raises(SystemExit) as ended:
        main(["enrol-code", "--data", str(data), "--kind", "kiosk", "--hall", "main", f"--minutes={minutes}"])
    assert ended.value.code == 2
    assert "a number of minutes from 1 to 10080" in capsys.readouterr().err


def test_what_is_written_is_for_its_owner_alone(capsys, tmp_path):
    run(capsys, "staff", "add", "--data", tmp_path / "data", "liu", "--role", "nurse")
    run(capsys, "backup", "--data", tmp_path / "data", tmp_path / "copy")
    run(capsys, "certificates", "--data", tmp_path / "data", "--name", "lobby.lan")
    written = [tmp_path / "data", tmp_path / "copy", *(tmp_path / "data").rglob("*"), *(tmp_path / "copy").rglob("*")]
    assert len(written) > 8
    assert [path for path in written if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("missing", ["own.crt", "own.key"])
def test_a_configured_certificate_that_is_missing_is_named_before_anything_is_touched(capsys, tmp_path, missing):
    folder = with_certificate(tmp_path)
    (folder / missing).unlink()
    status, _, err = run(capsys, "serve", "--config", folder, "--data", tmp_path / "data")
    assert (status, f"{missing} cannot be read: No such file" in err) == (1, True)
    assert not (tmp_path / "data").exists()


def test_a_configured_certificate_with_another_key_is_told(capsys, tmp_path):
    folder = with_certificate(tmp_path)
    other = certificates.issue(tmp_path / "other", ["localhost"])
    (folder / "own.key").write_bytes(other.server_key.read_bytes())
    status, _, err = run(capsys, "serve", "--config", folder, "--data", tmp_path / "data")
    assert (status, "own.crt and" in err, "cannot be used together" in err) == (1, True, True)
    assert not (tmp_path / "data").exists()


def with_certificate(tmp_path):
    """A configuration that names a certificate of the hospital's own."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    text = (folder / "hospital.toml").read_text(encoding="utf-8")
    own = '[server]\ntls_certificate = "own.crt"\ntls_key = "own.key"\n'
    (folder / "hospital.toml").write_text(text.replace("[server]\n", own), encoding="utf-8")
    files = certificates.issue(tmp_path / "tls", ["localhost"])
    shutil.copy(files.server, folder / "own.crt")
    shutil.copy(files.server_key, folder / "own.key")
    return folder


def test_accounts_are_added_reset_and_disabled(capsys, data):
    status, out, _ = run(capsys, "staff", "add", "--data", data, "liu.mei", "--role", "nurse")
    assert status == 0
    assert re.fullmatch(r"liu\.mei  ([a-z2-9]{4}-){3}[a-z2-9]{4}  \(shown this once\)\n", out)
    first = maintenance.write(data, lambda database: accounts.staff_by_name(database, "liu.mei"))
    assert run(capsys, "staff", "reset", "--data", data, "liu.mei")[0] == 0
    second = maintenance.write(data, lambda database: accounts.staff_by_name(database, "liu.mei"))
    assert first[1] != second[1]
    assert run(capsys, "staff", "disable", "--data", data, "liu.mei")[0] == 0
    assert not maintenance.write(data, lambda database: accounts.staff_by_name(database, "liu.mei"))[0].is_active


def test_what_cannot_be_done_to_an_account_is_told(capsys, data):
    status, _, err = run(capsys, "staff", "add", "--data", data, "old", "--role", "nurse")
    assert (status, "There is an account 'old' already" in err) == (1, True)
    status, _, err = run(capsys, "staff", "reset", "--data", data, "none")
    assert (status, "There is no account 'none'" in err) == (1, True)


async def test_data_is_backed_up_restored_and_rebuilt(capsys, used, tmp_path):
    status, out, _ = run(capsys, "backup", "--data", used, tmp_path / "copy")
    assert status == 0
    assert "Backed up" in out
    status, out, _ = run(capsys, "restore", "--data", tmp_path / "new", tmp_path / "copy")
    assert (status, "Restored" in out) == (0, True)
    status, out, _ = run(capsys, "rebuild", "--data", tmp_path / "new")
    assert status == 0
    assert "Rebuilt 1 tickets" in out
    status, _, err = run(capsys, "restore", "--data", used, tmp_path / "copy")
    assert (status, "not empty" in err) == (1, True)
    status, _, err = run(capsys, "rebuild", "--data", tmp_path / "nothing")
    assert (status, "holds no" in err) == (1, True)


def test_certificates_are_made_and_renewed_for_the_same_names(capsys, tmp_path):
    status, _, err = run(capsys, "certificates", "--data", tmp_path)
    assert (status, "No name given" in err) == (1, True)
    status, out, _ = run(capsys, "certificates", "--data", tmp_path, "--name", "lobby.lan", "--name", "10.0.0.1")
    assert (status, "lobby.lan, 10.0.0.1" in out) == (0, True)
    first = (tmp_path / "tls" / "server.crt").read_bytes()
    status, out, _ = run(capsys, "certificates", "--data", tmp_path)
    assert (status, "lobby.lan, 10.0.0.1" in out) == (0, True)
    assert (tmp_path / "tls" / "server.crt").read_bytes() != first


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "without TLS"),
        (["--host", "192.0.2.7"], "without TLS"),
        (["--tls"], "server.crt does not exist"),
        (["--clock", "25:00"], "--clock 25:00: give a time of day"),
    ],
)
def test_serving_is_refused_with_a_sentence_before_anything_is_touched(capsys, tmp_path, arguments, said):
    status, out, err = run(capsys, "serve", "--config", CONFIG, "--data", tmp_path / "data", *arguments)
    assert (status, out) == (1, "")
    assert said in err
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("is_older", [False, True])
def test_a_second_server_on_a_demonstrations_data_moves_nothing_of_the_first(capsys, data, is_older):
    """Nor is it told to bring the database up to date by a start, which is what was just asked."""
    if is_older:
        database = open_database(data / DATABASE)
        database.table(schema.migrations_table).delete_where("name = ?", ["tails_of_file_numbers"])
        database.close()
    clock_file.write(data, SettableClock(SystemClock().now() - 7 * 3_600_000_000, rate=1))
    before = clock_file.now(data)
    first = DataDirectory.take(data)
    try:
        status, out, err = run(capsys, "serve", "--config", CONFIG, "--data", data, "--port", 0)
    finally:
        first.release()
    assert (status, out) == (1, "")
    assert "Another process already uses the data directory" in err
    assert clock_file.now(data) - before < 60_000_000


def test_a_configuration_that_cannot_be_used_is_told(capsys, tmp_path):
    status, _, err = run(capsys, "serve", "--config", tmp_path, "--data", tmp_path / "data")
    assert (status, "hospital.toml" in err) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [[], ["dance"], ["serve"], ["serve", "--config", "c", "--data", "d", "--port", "70000"], ["staff", "add", "a b"]],
)
def test_a_wrong_command_line_ends_with_two(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err
