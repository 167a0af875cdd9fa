"""The HTML pages: shells without anybody's data; their scripts ask the JSON API, which checks who may see what.

Security headers follow the OWASP Secure Headers Project. The content security policy allows this server's own files
only, and no inline script: a name that looks like markup stays text.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import MediaType, Request, Response, Router, get
from litestar.datastructures import CacheControlHeader, Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.static_files import create_static_files_router
from markupsafe import Markup

from queue_server.config import HallSettings
from queue_server.engine.rules import RuleText
from queue_server.engine.site import Text
from queue_server.web.words import Language, Words, load

STATIC = Path(__file__).parent / "static"
LANGUAGE_COOKIE = "houzhen_language"
_YEAR_S = 365 * 24 * 3600
_PLAIN = {
    "/": "start.html",
    "/log-in": "log_in.html",
    "/station": "station_choice.html",
    "/desk": "desk.html",
    "/commands": "commands.html",
    "/admin": "admin.html",
    "/admin/what-if": "what_if.html",
}
"""Pages that are the same for everybody, and their templates."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def static_digest(folder: Path = STATIC) -> str:
    """A digest of everything under ``folder``: part of the files' address, so that they may be cached for ever."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def preferred_language(accepted: str) -> Language:
    """The page's language by an ``Accept-Language`` header (RFC 9110, 12.5.4): Chinese unless English comes first."""
    best: tuple[float, Language] = (0.0, "zh")
    for entry in accepted.split(","):
        tag, _, weight = entry.strip().partition(";q=")
        primary = tag.partition("-")[0].lower()
        quality = float(weight) if re.fullmatch(r"[01](\.\d{0,3})?", weight) else 1.0
        if primary in {"zh", "en"} and quality > best[0]:
            best = (quality, "zh" if primary == "zh" else "en")
    return best[1]


class Pages:
    """Renders the templates."""

    def __init__(self, words: Words, static: str) -> None:
        """Render with ``words``, and with static files at the address ``static``."""
        self._words = words
        self._static = static
        self._templates = Environment(
            loader=PackageLoader("queue_server.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    def language(self, request: Request[Any, Any, Any]) -> Language:
        """The language in which a page is answered."""
        asked = _language(request.query_params.get("lang", ""))
        kept = _language(request.cookies.get(LANGUAGE_COOKIE, ""))
        return asked or kept or preferred_language(request.headers.get("accept-language", ""))

    def answer(
        self, request: Request[Any, Any, Any], template: str, status: int = HTTPStatus.OK, **values: object
    ) -> Response[str]:
        """The page ``template`` in the language asked for.

        ``?lang=`` decides and is remembered in a cookie; without either, the browser's own preference does.
        """
        asked = _language(request.query_params.get("lang", ""))
        lang = self.language(request)
        body = self._templates.get_template(template).render(
            lang=lang,
            static=self._static,
            words=Markup(self._words.block),  # noqa: S704  (our own catalogue, with "<" escaped)
            t=lambda key, tongue=lang, **blanks: self._words.say(key, tongue, **blanks),
            **values,
        )
        cookies = []
        if asked:
            cookies.append(
                Cookie(LANGUAGE_COOKIE, value=asked, path="/", max_age=_YEAR_S, samesite="lax", httponly=True)
            )
        return Response(body, media_type=MediaType.HTML, status_code=status, headers=dict(HEADERS), cookies=cookies)


class QueueRules(msgspec.Struct, frozen=True):
    """A queue's rules for the public page."""

    id: str
    name: Text
    rules: list[RuleText]


class Rules(msgspec.Struct, frozen=True):
    """What the public rules page shows."""

    hospital: Text
    queues: list[QueueRules]


def no_rules() -> Rules:
    """Before any configuration."""
    return Rules(Text("", ""), [])


def _rules_in(rules: Rules, lang: Language) -> list[dict[str, Any]]:
    return [
        {
            "id": queue.id,
            "name": getattr(queue.name, lang),
            "rules": [
                {"about": rule.about, "title": getattr(rule.title, lang), "text": getattr(rule.text, lang)}
                for rule in queue.rules
            ],
        }
        for queue in rules.queues
    ]


def _language(value: str) -> Language | None:
    return "zh" if value == "zh" else "en" if value == "en" else None


def no_such_page(request: Request[Any, Any, Any]) -> Response[str] | None:
    """The answer to somebody who reads, at an address that is no page; None for a program, or beside the pages."""
    if request.url.path.startswith("/api/") or MediaType.HTML not in request.headers.get("accept", ""):
        return None
    return _own_pages().answer(request, "not_found.html", HTTPStatus.NOT_FOUND)


@cache
def _own_pages() -> Pages:
    return Pages(Words(load()), f"/static/{static_digest()}")


def pages_router(
    halls: Mapping[str, HallSettings], rules: Callable[[], Rules] = no_rules, public_url: str | None = None
) -> Router:
    """All pages and their static files.

    Args:
        halls: each hall's board (its panel and how far away people sit) and volume by time of day; a hall that is not
            among them has the settings' defaults.
        rules: the rules of the queues as they are in force.
        public_url: where patients' telephones reach these pages, if anywhere: the board names the rules' address.
    """
    static = f"/static/{static_digest()}"
    pages = _own_pages()

    @get("/station/{station:str}", include_in_schema=False, sync_to_thread=False)
    def station_console(request: Request[Any, Any, Any], station: FromPath[str]) -> Response[str]:
        """One station's console."""
        return pages.answer(request, "station.html", station=station)

    @get("/board/{hall:str}", include_in_schema=False, sync_to_thread=False)
    def board(request: Request[Any, Any, Any], hall: FromPath[str]) -> Response[str]:
        """One hall's board."""
        settings = halls.get(hall, HallSettings())
        return pages.answer(
            request,
            "board.html",
            hall=hall,
            width_mm=f"{settings.board.width_mm:g}",
            distance_m=f"{settings.board.distance_m:g}",
            volume=msgspec.json.encode(settings.volume).decode(),
            rules_address=f"{public_url.rstrip('/')}/rules" if public_url else "",
        )

    @get("/rules", include_in_schema=False, sync_to_thread=False)
    def show_rules(request: Request[Any, Any, Any]) -> Response[str]:
        """The rules of every queue, for anybody."""
        lang = pages.language(request)
        shown = rules()
        return pages.answer(
            request, "rules.html", hospital=getattr(shown.hospital, lang), queues=_rules_in(shown, lang)
        )

    @get("/t/{link:str}", include_in_schema=False, sync_to_thread=False)
    def ticket(request: Request[Any, Any, Any], link: FromPath[str]) -> Response[str]:
        """One ticket, for whoever holds its link."""
        return pages.answer(request, "ticket.html", link=link)

    files = create_static_files_router(
        path=static,
        directories=[STATIC],
        cache_control=CacheControlHeader(max_age=_YEAR_S, public=True, immutable=True),
        name="web-static",
    )
    return Router(
        "/",
        route_handlers=[
            *(_plain(pages, path, template) for path, template in _PLAIN.items()),
            *(station_console, board, show_rules, ticket, files),
        ],
    )


def _plain(pages: Pages, path: str, template: str) -> HTTPRouteHandler:
    @get(path, include_in_schema=False, sync_to_thread=False)
    def page(request: Request[Any, Any, Any]) -> Response[str]:
        return pages.answer(request, template)

    return page
