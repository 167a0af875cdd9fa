from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import expect

from queue_server.contract import Text
from queue_server.web.pages import STATIC, pages_router, preferred_language, static_digest
from queue_server.web.words import check, load

PAGES = ["/", "/log-in", "/station", "/station/r1", "/desk", "/board/lobby", "/t/k3yL", "/rules", "/admin"]


@pytest.fixture
def client():
    with TestClient(Litestar([pages_router({})], openapi_config=None)) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_whole_in_both_languages_and_lets_nothing_else_in(client, path, language):
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in answer.text
    assert re.search(r"<title>[^<]+</title>", answer.text)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_an_address_is_text_in_the_page(client):
    answer = client.get('/station/"><script>alert(1)<%2Fscript>')
    assert "<script>alert" not in answer.text
    assert 'onload="' not in client.get("/board/%22%20onload%3D%22alert(1)").text


def test_static_files_are_cached_for_ever_under_their_digest(client):
    answer = client.get(f"/static/{static_digest()}/theme.css")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert client.get("/static/000000000000/theme.css").status_code == 404


def test_the_digest_changes_with_any_file(tmp_path):
    (tmp_path / "a.css").write_text("a {}")
    before = static_digest(tmp_path)
    (tmp_path / "a.css").write_text("b {}")
    assert static_digest(tmp_path) != before
    assert STATIC.is_dir()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("zh;q=0.2, en;q=0.7", "en"),
        ("fr-FR,fr", "zh"),
        ("de,en;q=0.5", "en"),
        ("en;q=nonsense", "en"),
    ],
)
def test_the_language_is_the_readers(header, language):
    assert preferred_language(header) == language


def test_a_chosen_language_is_remembered(client):
    assert '<html lang="en">' in client.get("/?lang=en").text
    assert '<html lang="en">' in client.get("/desk", headers={"Accept-Language": "zh"}).text
    assert '<html lang="zh-CN">' in client.get("/?lang=zh").text
    assert '<html lang="zh-CN">' in client.get("/desk?lang=<script>", headers={"Accept-Language": "en"}).text


def test_the_catalogue_is_whole():
    words = load()
    assert len(words) > 100
    for text in words.values():
        assert not re.search(r"[\u4e00-\u9fff]", text.en) or text.en == "中文"
        assert "！" not in text.zh
        assert "!" not in text.en


@pytest.mark.parametrize(
    ("zh", "en", "said"),
    [("", "x", "lacks a language"), ("x", " ", "lacks a language"), ("{n} 人", "people", "different blanks")],
)
def test_a_catalogue_with_a_hole_is_refused_by_key(zh, en, said):
    with pytest.raises(ValueError, match=said) as error:
        check({"some.key": Text(zh, en)})
    assert "some.key" in str(error.value)


def test_the_start_page_says_whether_numbers_are_issued(open_page, shoot):
    page = open_page("/")
    expect(page.locator("#health")).to_contain_text("服务器正常取号")
    shoot(page, "start")


def test_the_page_ships_its_words_as_data(lobby):
    page = httpx.get(lobby.url + "/").text
    block = re.search(r'<script type="application/json" id="words">(.*?)</script>', page, re.DOTALL)
    assert msgspec.json.decode(block[1], type=dict[str, Text]) == load()


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "/.//evil.example/", "/\\evil.example/"]
)
def test_a_crafted_link_to_the_log_in_leads_nowhere_else(lobby, open_page, wanted):
    lobby.answers["POST /api/auth/log-in"] = lambda _: {"name": "n01", "role": "nurse", "csrf": "token"}
    page = open_page(f"/log-in?next={quote(wanted, safe='')}")
    asked = []
    page.route("**/*", lambda route: (asked.append(route.request.url), route.continue_()))
    page.locator("[name=name]").fill("n01")
    page.locator("[name=password]").fill("a password")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert {urlsplit(one).netloc for one in asked} == {urlsplit(lobby.url).netloc}
