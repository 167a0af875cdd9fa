import pytest

from drivers.field.machine import Panel, facts, missing_groups, own_groups, panels, port_thieves, read_edid
from drivers.ports import Roots


def edid(*, width_mm=398, height_mm=708, width_px=1080, height_px=1920):
    data = bytearray(128)
    data[:8] = bytes.fromhex("00FFFFFFFFFFFF00")
    data[21], data[22] = 40, 71
    timing = data[54:72]
    timing[0:2] = (1, 1)
    timing[2], timing[4] = width_px & 0xFF, (width_px >> 8) << 4
    timing[5], timing[7] = height_px & 0xFF, (height_px >> 8) << 4
    timing[12], timing[13], timing[14] = width_mm & 0xFF, height_mm & 0xFF, (width_mm >> 8) << 4 | height_mm >> 8
    data[54:72] = timing
    data[127] = -sum(data) % 256
    return bytes(data)


def test_a_panel_tells_its_millimetres():
    assert read_edid("HDMI-A-1", edid()) == Panel("HDMI-A-1", 398, 708, 1080, 1920)


def test_a_panel_without_millimetres_in_its_timing_tells_centimetres():
    assert read_edid("HDMI-A-1", edid(width_mm=0, height_mm=0)) == Panel("HDMI-A-1", 400, 710, 1080, 1920)


@pytest.mark.parametrize("data", [b"", bytes(128), edid()[:-1] + b"\x00", edid()[:100]])
def test_what_is_no_description_is_passed_over(data):
    assert read_edid("x", data) is None


def test_panels_that_are_plugged_in_are_listed(tmp_path):
    for name, data in (("card0-HDMI-A-1", edid()), ("card0-DP-1", b"")):
        (tmp_path / "class" / "drm" / name).mkdir(parents=True)
        (tmp_path / "class" / "drm" / name / "edid").write_bytes(data)
    assert [panel.connector for panel in panels(Roots(tmp_path, tmp_path))] == ["card0-HDMI-A-1"]


def test_a_group_that_is_missing_is_named_with_what_to_do():
    [concern] = missing_groups(["serial", "usb", "tcp"], frozenset({"lp"}), uid=65534)
    assert "dialout" in concern.en
    assert "adduser" in concern.zh
    assert missing_groups(["serial"], frozenset(), uid=0) == []
    assert missing_groups(["tcp"], frozenset(), uid=65534) == []
    assert own_groups() is not None


def test_services_that_reach_for_ports_are_named(tmp_path):
    for number, name in (("1", "systemd"), ("77", "ModemManager")):
        (tmp_path / "proc" / number).mkdir(parents=True)
        (tmp_path / "proc" / number / "comm").write_text(f"{name}\n")
    rules = tmp_path / "rules.d"
    rules.mkdir()
    assert ["ModemManager" in c.en for c in port_thieves(tmp_path / "proc", [rules])] == [True]
    (rules / "85-brltty.rules").touch()
    assert [c.en.partition(" ")[0] for c in port_thieves(tmp_path / "proc", [rules])] == ["ModemManager", "brltty"]


def test_the_machine_says_what_it_is():
    machine = facts()
    assert machine.host
    assert machine.kernel
    assert machine.houzhen
