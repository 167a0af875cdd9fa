"""Whatever stands in ``url``, it is an address or a ``DeviceError`` with a sentence; nothing else is raised."""

import asyncio
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.chip_card.pcsc import Address
from drivers.device import DeviceError
from drivers.document_printer.link import parse_address
from drivers.line import parse_line_settings
from drivers.ports import find_input
from drivers.transport import open_transport

SCHEMES = ("serial", "tcp", "rfc2217", "usb", "input", "ipp", "ipps", "pcsc")
ADDRESSES = st.one_of(
    st.builds(
        "{}:{}{}{}{}".format,
        st.sampled_from(SCHEMES),
        st.sampled_from(("", "//")),
        st.text("a.%@:[]/~*?é²\0\ud800\N{IDEOGRAPHIC FULL STOP}-", max_size=8) | st.just("h" * 64 + ".example"),
        st.sampled_from(("", ":9100", ":0", ":٣", ":99999", "/dev/none", "by-id/x", "by-usb/04b8:0202:")),
        st.sampled_from(("", "?baud=9600", "?baud=" + "9" * 5000, "?baud=²", "?grab=2", "?socket=", "#x", "?baud=٣")),
    ),
    st.text(max_size=20),
)


async def opened(url):
    return await open_transport(url, timeout=5)


def refusal_of(read, url):
    """The error of reading ``url``, or None; anything but a ``DeviceError`` is raised on."""
    try:
        result = read(url)
        if asyncio.iscoroutine(result):
            asyncio.run(result)
    except DeviceError as failure:
        return failure.error if failure.message.endswith(".") else failure.message
    return None


@pytest.fixture(scope="module")
def _no_network():
    """Names are encoded as the system's resolver has them, and then nobody has them."""

    def unknown(host, *_arguments, **_options):
        host.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", unknown)
        yield


@pytest.mark.usefixtures("_no_network")
@given(url=ADDRESSES)
def test_an_address_is_understood_or_refused_in_a_sentence(url):
    for read in (opened, find_input, parse_address, Address.parse):
        assert refusal_of(read, url) in {None, "bad_url", "no_device", "access", "ambiguous", "claimed"}


@pytest.mark.usefixtures("_no_network")
@pytest.mark.parametrize("scheme", ["tcp", "rfc2217", "ipp"])
@pytest.mark.parametrize("host", ["a..b", "h" * 64, ".h", "a\0b", "a\ud800b"])
def test_a_host_that_can_be_no_name_is_told_as_such(scheme, host):
    read = parse_address if scheme == "ipp" else opened
    assert refusal_of(read, f"{scheme}://{host}:9100") == "bad_url"


@pytest.mark.parametrize("url", ["usb:///dev/\0", "serial:///dev/\0", "serial:by-id/\ud800*", "input:///dev/\0"])
def test_characters_that_no_address_has_are_refused(url):
    assert refusal_of(find_input if url.startswith("input") else opened, url) == "bad_url"


def test_a_network_may_be_faster_than_any_serial_port():
    url = "tcp://192.0.2.7:9100?baud=10000000"
    assert parse_line_settings(url, "baud=10000000").baud == 10_000_000


@pytest.mark.parametrize("baud", ["0", "10000000", "²", "-1", pytest.param("9" * 5000, id="long")])
def test_a_rate_that_no_line_has_is_refused(baud):
    assert refusal_of(opened, f"serial:///dev/none?baud={baud}") == "bad_url"
