"""The API's description of itself: OpenAPI as JSON, and nothing that would load a viewer's scripts from elsewhere.

What holds for every route is said in one place here: how callers prove who they are, and that every failure is a
problem document.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from queue_server.api.guards import CSRF_HEADER, DEVICE_COOKIE, LOG_IN_COOKIE
from queue_server.api.problems import MEDIA_TYPE
from queue_server.web.pages import HEADERS

PATH = "/schema"

_SECURITY: dict[str, list[dict[str, list[str]]]] = {
    "/api/kiosk/": [{"device": []}],
    "/api/board/": [{"device": []}, {"deviceCookie": []}],
    "/api/station/": [{"logIn": [], "pageToken": []}],
    "/api/desk/": [{"logIn": [], "pageToken": []}],
    "/api/admin/": [{"logIn": [], "pageToken": []}],
    "/api/auth/log-out": [{"logIn": [], "pageToken": []}],
    "/api/auth/me": [{"logIn": []}],
}
_SCHEMES = {
    "device": SecurityScheme("http", scheme="bearer", description="A device's credential."),
    "deviceCookie": SecurityScheme(
        "apiKey", name=DEVICE_COOKIE, security_scheme_in="cookie", description="A board's credential; for reading only."
    ),
    "logIn": SecurityScheme(
        "apiKey", name=LOG_IN_COOKIE, security_scheme_in="cookie", description="A log-in of staff."
    ),
    "pageToken": SecurityScheme(
        "apiKey",
        name=CSRF_HEADER.decode(),
        security_scheme_in="header",
        description="`csrf` of the log-in, to change something.",
    ),
}
_ANY = {
    "400": "The request is incomplete or malformed. Nothing was done.",
    "404": "There is no such address, station, ticket, appointment or whatever else was named.",
    "429": "Too often; `Retry-After` says how many seconds to wait.",
    "500": "The server failed; the outcome is not certain. Repeat the same request.",
    "503": "The log cannot be written or today's list is not there yet; `Retry-After` says when to try again.",
}
_KNOWN_CALLERS = {
    "401": "No credential, or no log-in.",
    "403": "This caller may not do that.",
}
_CHANGING = {
    "403": "This caller may not do that.",
    "409": "Refused; `code` says why. Nothing was done.",
    "413": "The body is larger than 64 KiB.",
    "422": "`command_id` was used for another command. Nothing was done.",
}


class _Described(JsonRenderPlugin):
    """The document with what holds everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self._document: bytes | None = None

    def render(self, _: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON; made once."""
        if self._document is None:
            for path, methods in openapi_schema["paths"].items():
                if path.startswith("/api/"):
                    for method, operation in methods.items():
                        _describe(path, method, operation)
            self._document = msgspec.json.encode(openapi_schema)
        return self._document


def _describe(path: str, method: str, operation: dict[str, Any]) -> None:
    security = next((one for prefix, one in _SECURITY.items() if path.startswith(prefix)), [])
    if method == "get":
        # A page's token is asked for where something changes.
        security = [{name: scopes for name, scopes in one.items() if name != "pageToken"} for one in security]
    operation["security"] = security
    said = {**_ANY, **(_KNOWN_CALLERS if security else {}), **({} if method == "get" else _CHANGING)}
    if path == "/api/auth/log-in":
        said["401"] = "The name or the password is wrong."
    if "screen-code/{poll}" in path:
        said["410"] = "The code on the screen has expired."
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, description in sorted(said.items()):
        operation["responses"][status] = {"description": description, "content": problem}


def openapi() -> OpenAPIConfig:
    """What ``Litestar(openapi_config=...)`` takes."""
    return OpenAPIConfig(
        title="Houzhen",
        version="1",
        path=PATH,
        use_handler_docstrings=True,
        render_plugins=[_Described()],
        components=Components(security_schemes=dict(_SCHEMES)),
        openapi_router=Router(PATH, route_handlers=[], include_in_schema=False, response_headers=dict(HEADERS)),
    )
