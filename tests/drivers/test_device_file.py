"""What is written as ``devices.toml`` is what was meant."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from drivers.device_file import write_entries
from drivers.registry import DeviceEntry, devices_as_toml, read_devices
from drivers.stand_ins import one_of_each

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
LEAVES = st.one_of(TEXTS, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False, width=32))
VALUES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3))
)
FIELDS = {"name", "kind", "driver", "url", "profile", "simulator"}


@given(st.dictionaries(TEXTS.filter(lambda key: key not in FIELDS), VALUES, max_size=3))
def test_every_option_is_read_as_it_was_written(options):
    entry = DeviceEntry("x", "scanner", "serial_scanner", "serial:by-id/usb-*", options=options)
    [table] = tomllib.loads(devices_as_toml([entry]))["device"]
    assert {key: value for key, value in table.items() if key not in FIELDS} == options


def test_one_of_each_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "devices.toml"
    path.write_text("# nothing of this stays\n")
    entries = one_of_each(tmp_path)
    write_entries(path, entries, anew=True)
    facts = [(one.name, one.kind, one.driver, one.url, one.options) for one in entries]
    assert [(one.name, one.kind, one.driver, one.url, one.options) for one in read_devices(path)] == facts
    assert "nothing of this" not in path.read_text()
