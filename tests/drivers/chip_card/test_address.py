from types import SimpleNamespace

import pytest

from drivers.chip_card import pcsc
from drivers.chip_card.pcsc import SOCKET_VARIABLE, Address, use_socket
from drivers.device import DeviceError

READERS = ["ACS ACR122U [CCID Interface] 00 00", "ACS ACR38U 01 00", "Feitian R502 02 00"]


@pytest.mark.parametrize(
    ("url", "reader"),
    [
        ("pcsc:ACS ACR122U [CCID Interface] 00 00", READERS[0]),
        ("pcsc:ACS%20ACR38U*", READERS[1]),
        ("pcsc:Feitian*", READERS[2]),
        ("pcsc:*R502*", READERS[2]),
    ],
)
def test_a_reader_is_found_by_its_name(url, reader):
    assert Address.parse(url).choose(READERS) == reader


def test_a_name_that_means_none_or_several_tells_which_there_are():
    with pytest.raises(DeviceError, match="plugged in: ACS ACR122U") as caught:
        Address.parse("pcsc:Omnikey*").choose(READERS)
    assert caught.value.error == "no_device"
    with pytest.raises(DeviceError, match="plugged in: none"):
        Address.parse("pcsc:*").choose([])
    with pytest.raises(DeviceError, match=r"means 2 devices: ACS ACR122U .*, ACS ACR38U") as caught:
        Address.parse("pcsc:ACS*").choose(READERS)
    assert caught.value.error == "ambiguous"


@pytest.mark.parametrize("url", ["pcsc:", "pcsc://host/x", "pcsc://[x", "serial:x", "pcsc:x?baud=1", "pcsc:x?socket="])
def test_a_wrong_address_is_told(url):
    with pytest.raises(DeviceError) as caught:
        Address.parse(url)
    assert caught.value.error == "bad_url"


def test_a_program_uses_one_service(monkeypatch):
    monkeypatch.setattr(pcsc.os, "environ", {})
    use_socket(Address.parse("pcsc:x"))
    assert pcsc.os.environ == {}
    use_socket(Address.parse("pcsc:x?socket=/run/a"))
    use_socket(Address.parse("pcsc:y?socket=/run/a"))
    assert pcsc.os.environ == {SOCKET_VARIABLE: "/run/a"}
    with pytest.raises(DeviceError, match="/run/a already, and can use one only"):
        use_socket(Address.parse("pcsc:x?socket=/run/b"))


@pytest.mark.parametrize(
    ("result", "error"),
    [
        (0x8010001D, "no_service"),
        (-0x7FEFFFE3, "no_service"),  # the same, as a signed number
        (0x8010002F, "gone"),
        (0x80100017, "no_device"),
        (0x8010000B, "claimed"),
        (0x8010006A, "access"),
        (0x80100069, "no_media"),
        (0x80100066, "mute_card"),
        (0x80100099, "unknown"),
    ],
)
def test_results_are_told_apart(result, error):
    failure = pcsc.pcsc_error(result, "pcsc:x")
    assert failure.error == error
    assert failure.message.endswith((".", ")."))


SHUT_OUT = 0x8010006A
ENDING = SimpleNamespace(
    SCARD_STATE_UNAWARE=0,
    SCARD_STATE_CHANGED=2,
    SCARD_PROTOCOL_T0=1,
    SCARD_PROTOCOL_T1=2,
    SCARD_SHARE_EXCLUSIVE=1,
    SCARD_SCOPE_SYSTEM=2,
    SCardEstablishContext=lambda _scope: (SHUT_OUT, None),
    SCardGetStatusChange=lambda *_: (SHUT_OUT - (1 << 32), []),
    SCardConnect=lambda *_: (SHUT_OUT, None, 0),
)
"""The library while the service ends: all is told as forbidden."""


def test_only_a_newcomer_is_shut_out(monkeypatch):
    monkeypatch.setattr(pcsc, "library", lambda: ENDING)
    context = pcsc.Context(Address.parse("pcsc:x"))
    for ask, error in ((context.open, "access"), (lambda: context.look(None, 0), "gone"), (context.connect, "gone")):
        with pytest.raises(DeviceError) as caught:
            ask()
        assert caught.value.error == error
