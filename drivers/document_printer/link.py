"""The way to a printer: one IPP message over HTTP and its answer (RFC 8010, 4), with deadlines.

Errors are ``DeviceError`` with ``error`` one of those of ``drivers.transport`` (``no_device``, ``timeout``, ``gone``,
``closed``, ``bad_url``) and

* ``http``: the far end refuses at the level of HTTP; ``needs_tls``, ``not_authorised`` where it says so;
* ``certificate``: it is not whom it should be;
* ``garbled``: its answer is no answer to this request.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import httpx

from drivers.device import CompletionCode, DeviceError
from drivers.document_printer.codec import IppFormatError, Message, decode, encode
from drivers.document_printer.sentences import sentence
from drivers.line import bad_url, host_port, split_url, transport_error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

PORT: Final = 631
LARGEST_ANSWER: Final = 4 << 20
_PIECE: Final = 1 << 16
_KEPT_OPEN: Final = 2.0
"""Seconds for which a connection is used again: long enough for the looks at a job, shorter than printers keep them."""
_CONTENT: Final = "application/ipp"
_BROKE_OFF: Final = re.compile("disconnected|closed")
_HTTP_ERRORS: Final = {401: "not_authorised", 403: "not_authorised", 426: "needs_tls"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a printer is.

    Attributes:
        printer: its URI, as IPP wants it, with its port.
        http: where its requests are posted.
        line: the connection beneath, as ``drivers.transport`` writes it.
        tls: whether the connection is encrypted.
    """

    printer: str
    http: str
    line: str
    tls: bool


def parse_address(url: str) -> Address:
    """Read ``ipp://HOST[:631]/ipp/print`` or the same with ``ipps``.

    Raises:
        DeviceError: ``bad_url``.
    """
    parts = split_url(url)
    name, port = host_port(url, parts)
    if parts.scheme not in {"ipp", "ipps"} or not name or port == 0:
        raise bad_url(url, "it needs ipp://HOST/ipp/print or ipps://HOST/ipp/print")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise bad_url(url, "it has neither user nor options")
    host = f"[{name}]" if ":" in name else name
    where = f"{host}:{port or PORT}{parts.path or '/'}"
    line = f"tcp://{host}:{port or PORT}"
    tls = parts.scheme == "ipps"
    return Address(f"{parts.scheme}://{where}", f"{'https' if tls else 'http'}://{where}", line, tls)


@dataclass(frozen=True, slots=True)
class Source:
    """A document as it is sent.

    Attributes:
        pieces: its bytes in order.
        length: how many there are; None = not known before the end, and sent in chunks.
    """

    pieces: AsyncIterator[bytes]
    length: int | None = None


class Sending:
    """How far a request got.

    Attributes:
        begun: set before its first byte is given to a connection that stands; until then the printer has nothing of it.
        octets: bytes of the document that were handed over so far.
        whole: the document was handed over to its end.
        answered: the printer has begun to answer that it has the request, document and all.
    """

    def __init__(self) -> None:
        self.begun = False
        self.octets = 0
        self.whole = False
        self.answered = False


class IppLink:
    """The way to one printer.

    Args:
        address: where it is.
        connect: seconds to wait for a connection.
        ca: a file of certificates in PEM to trust instead of the system's.

    Raises:
        DeviceError: ``certificate``: the file cannot be used.
    """

    def __init__(self, address: Address, *, connect: float, ca: Path | None = None) -> None:
        self.address = address
        self._closed = False
        self._client = httpx.AsyncClient(
            verify=_trust(ca) if address.tls else False,  # without TLS nothing is verified
            timeout=httpx.Timeout(None, connect=connect),  # the rest has its deadlines here
            limits=httpx.Limits(keepalive_expiry=_KEPT_OPEN),
            follow_redirects=False,
            trust_env=False,  # a printer is never reached by a proxy
        )

    async def close(self) -> None:
        """See ``Connection``."""
        self._closed = True
        await self._client.aclose()

    async def exchange(
        self, message: Message, *, seconds: float, source: Source | None = None, sending: Sending | None = None
    ) -> Message:
        """Put a request; return its answer, whatever it says.

        Args:
            message: the request.
            seconds: until the whole answer must be there.
            source: the document that follows it.
            sending: is told how far the request got; where ``begun`` is not set, the printer has received nothing.

        Raises:
            DeviceError: see the module's head.
        """
        if self._closed:
            raise transport_error("closed", self.address.printer)
        told = sending or Sending()
        head = encode(message)
        headers = {"Content-Type": _CONTENT, "Accept": _CONTENT, "Accept-Encoding": "identity"}
        if source is None or source.length is not None:
            headers["Content-Length"] = str(len(head) + (source.length or 0 if source else 0))
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.stream(
                    "POST", self.address.http, headers=headers, content=_body(head, source, told)
                ) as answer,
            ):
                told.answered = answer.status_code == httpx.codes.OK and told.whole
                return _read(await self._content(answer), message)
        except TimeoutError as late:
            raise transport_error("timeout", self.address.printer) from late
        except httpx.HTTPError as failure:
            raise self._error(failure) from failure
        except RuntimeError as failure:
            if not self._closed:
                raise
            raise transport_error("closed", self.address.printer) from failure  # closed while it waited

    async def _content(self, answer: httpx.Response) -> bytes:
        if answer.status_code != httpx.codes.OK:
            error = _HTTP_ERRORS.get(answer.status_code, "http")
            raise DeviceError(
                CompletionCode.DEVICE_NOT_READY, error, f"{sentence(error)} (HTTP status {answer.status_code}.)"
            )
        if answer.headers.get("content-type", "").partition(";")[0].strip().lower() != _CONTENT:
            raise _garbled("Its answer is of another kind.")
        content = bytearray()
        async for piece in answer.aiter_raw(_PIECE):
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise _garbled("Its answer does not end.")
        return bytes(content)

    def _error(self, failure: httpx.HTTPError) -> DeviceError:
        cause: BaseException | None = failure
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return DeviceError(CompletionCode.DEVICE_NOT_READY, "certificate", sentence("certificate"))
            cause = cause.__cause__ or cause.__context__
        if isinstance(failure, httpx.TimeoutException):
            return transport_error("timeout", self.address.printer)
        if isinstance(failure, httpx.ConnectError):
            return transport_error("no_device", self.address.printer)
        # What h11 calls a protocol error is also a connection that ended too early.
        if isinstance(failure, httpx.RemoteProtocolError) and not _BROKE_OFF.search(str(failure)):
            return _garbled("It does not speak HTTP.")
        return transport_error("gone", self.address.printer)


def _trust(ca: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=str(ca) if ca else None)
    except OSError as failure:  # SSLError is one
        raise DeviceError(
            CompletionCode.INVALID_DATA, "certificate", f"The certificates in {ca} cannot be used: {failure}."
        ) from failure


async def _body(head: bytes, source: Source | None, told: Sending) -> AsyncIterator[bytes]:
    told.begun = True
    yield head
    if source is not None:
        async for piece in source.pieces:
            yield piece
            told.octets += len(piece)
    told.whole = True


def _read(content: bytes, request: Message) -> Message:
    try:
        answer = decode(content)
    except IppFormatError as failure:
        raise _garbled(f"{failure}.") from failure
    if answer.request != request.request:
        raise _garbled(f"It answers request {answer.request}, not {request.request}.")
    return answer


def _garbled(why: str) -> DeviceError:
    return DeviceError(CompletionCode.COMMAND_ERROR, "garbled", f"{sentence('garbled')} {why}")


async def pieces_of(document: bytes) -> AsyncIterator[bytes]:
    """Give out a document in pieces, so that a printer that stops taking it is noticed."""
    for start in range(0, len(document), _PIECE):
        yield document[start : start + _PIECE]
