"""Where the server listens, and whom it believes."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from queue_server.toml_reader import Complaints


def server(complaints: Complaints, host: str, public_url: str | None, certificate: str | None, key: str | None) -> None:
    """An address that can be listened on, encrypted unless it is this machine's own."""
    if (certificate is None) != (key is None):
        complaints.add("server.tls_certificate", "tls_certificate and tls_key belong together")
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        complaints.value("server.host", host, "must be an IP address or localhost")
        return
    if not loopback and certificate is None:
        complaints.value(
            "server.host", host, "needs tls_certificate and tls_key: without them only 127.0.0.1 is served"
        )
    if public_url is not None:
        parts = urlsplit(public_url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or public_url.endswith("/"):
            complaints.value(
                "server.public_url", public_url, "must be like https://example.org, without a slash at the end"
            )


def proxies(complaints: Complaints, networks: list[str]) -> None:
    """Addresses or networks."""
    for one in networks:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            complaints.value("server.trusted_proxies", one, "must be an address or a network such as 10.0.0.0/24")
