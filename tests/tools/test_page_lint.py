from __future__ import annotations

import json

import pytest

from tests.tools import page_lint


def whats(findings):
    return [finding.what for finding in findings]


def test_our_own_pages_hold():
    assert page_lint.lint(page_lint.WEB) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a:is(b, c) { color: inherit; }", ":is is newer"),
        ("a:where(b) { color: inherit; }", ":where is newer"),
        ("a:has(b) { color: inherit; }", ":has is newer"),
        ("a:focus-visible { color: inherit; }", ":focus-visible is newer"),
        ("a { display: flex; gap: var(--x); }", "gap outside a grid"),
        ("a { gap: var(--x); }", "gap outside a grid"),
        ("a { aspect-ratio: 1; }", "aspect-ratio is newer"),
        ("a { inset: 0; }", "inset is newer"),
        ("a { accent-color: inherit; }", "accent-color is newer"),
        ("a { width: 100dvh; }", "the unit dvh is newer"),
        ("a { color: color-mix(in srgb, var(--a), var(--b)); }", "color-mix() is newer"),
        ("@layer x { a { color: inherit; } }", "@layer is newer"),
        ("@container (width > 1) { a { color: inherit; } }", "@container is newer"),
        ("a { b { color: inherit; } }", "a nested rule is newer"),
        ("a { color: #fff; }", "a colour outside theme.css: #fff"),
        ("a { background: rgb(1, 2, 3); }", "a colour outside theme.css: rgb(1, 2, 3)"),
        ("a { border: 0 solid red; }", "a colour outside theme.css: red"),
        ("a { margin: 3px; }", "a size or duration outside theme.css: 3px"),
        ("a { margin: calc(var(--u) + 2em); }", "a size or duration outside theme.css: 2em"),
        ("a { transition: color 0.2s; }", "a size or duration outside theme.css: 0.2s"),
        ("@media print { a { margin: 3px; } }", "a size or duration outside theme.css: 3px"),
        ("@import 'other.css';", "@import: link"),
        ("a { background: url(https://example.org/x.png); }", "url(https://example.org/x.png)"),
        ("a { color: }}", "does not parse"),
    ],
)
def test_css_that_must_not_be(source, said):
    found = whats(page_lint.lint_css(source, "x.css"))
    assert any(said in what for what in found), found


@pytest.mark.parametrize(
    "source",
    [
        "a { display: grid; gap: var(--x); }",
        "a { display: inline-grid; column-gap: var(--x); }",
        "a { margin: 0; width: 100%; flex: 1; grid-template-columns: 1fr 2fr; }",
        "@media (max-width: 600px) { a { color: var(--ink); } }",
        "a { margin: calc(var(--u) * 0.5); }",
    ],
)
def test_css_that_may_be(source):
    assert whats(page_lint.lint_css(source, "x.css")) == []


def test_the_theme_alone_holds_literals():
    source = ":root { --ink: #16211f; --step: 8px; --quick: 160ms; }"
    assert whats(page_lint.lint_css(source, "theme.css", is_theme=True)) == []
    assert len(whats(page_lint.lint_css(source, "other.css"))) == 3


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a ??= b;", "??= is newer"),
        ("a ||= b;", "||= is newer"),
        ("a &&= b;", "&&= is newer"),
        ("class A { #x() { return 1; } }", "a private method is newer"),
        ("class A { static { a(); } }", "static block is newer"),
        ("await a();", "await at the top level"),
        ("a.at(-1);", ".at() is newer"),
        ("a.replaceAll('x', 'y');", ".replaceAll() is newer"),
        ("a.replaceChildren();", ".replaceChildren() is newer"),
        ("a.findLast(b);", ".findLast() is newer"),
        ("a.toSorted();", ".toSorted() is newer"),
        ("structuredClone(a);", "structuredClone is newer"),
        ("crypto.randomUUID();", "crypto.randomUUID is newer"),
        ("Promise.any([a]);", "Promise.any is newer"),
        ("Object.hasOwn(a, 'b');", "Object.hasOwn is newer"),
        ("fetch(a, { signal: AbortSignal.timeout(5) });", "AbortSignal.timeout is newer"),
        ("new WeakRef(a);", "WeakRef is newer"),
        ("document.querySelector('a:has(b)');", "a selector newer"),
        ("a.innerHTML = b;", ".innerHTML: build elements"),
        ("say('请稍候');", "words in a script"),
        ("say(`请稍候 ${a}`);", "words in a script"),
        ("fetch('https://example.org/x');", "an address of another host"),
        ("fetch('//example.org/x');", "an address of another host"),
        ("let = = 1;", "does not parse"),
    ],
)
def test_scripts_that_must_not_be(source, said):
    found = whats(page_lint.lint_js(source, "x.js"))
    assert any(said in what for what in found), found


@pytest.mark.parametrize(
    "source",
    [
        "const a = b?.c ?? d;",
        "async function f() { await g(); }",
        "// 请稍候\na.at = 1;",
        "document.createElementNS('http://www.w3.org/2000/svg', 'path');",
        "class A { x = 1; static y = 2; }",
        "a.flatMap(b).matchAll(c);",
    ],
)
def test_scripts_that_may_be(source):
    assert whats(page_lint.lint_js(source, "x.js")) == []


WHOLE = '<html lang="zh-CN"><head><title>{{ t("a.b") }}</title></head><body>%s</body></html>'


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (WHOLE % '<button onclick="a()"></button>', "an inline handler: onclick"),
        (WHOLE % '<p style="color: inherit"></p>', "an inline style"),
        (WHOLE % "<style>a {}</style>", "an inline style sheet"),
        (WHOLE % "<script>a()</script>", "an inline script"),
        (WHOLE % '<script src="https://example.org/x.js"></script>', "an address of another host"),
        (WHOLE % '<a href="javascript:a()"></a>', "an address of another host"),
        (WHOLE % "<form></form>", "a form that puts its fields into the address"),
        (WHOLE % '<div popover="auto"></div>', "the attribute popover is newer"),
        (WHOLE % "<p>请稍候</p>", "words in a template: 请稍候"),
        (WHOLE % "<p>Please wait</p>", "words in a template: Please wait"),
        (WHOLE % '<input placeholder="姓名">', "words in a template: 姓名"),
        ("<html><head><title>{{ t('a.b') }}</title></head></html>", "the page has no language"),
        ('<html lang="en"><head></head></html>', "the page has no title"),
        ('{% extends "base.html" %}', "the page has no title"),
    ],
)
def test_templates_that_must_not_be(source, said):
    found = whats(page_lint.lint_template(source, "x.html"))
    assert any(said in what for what in found), found


def test_a_finding_names_its_file_and_line():
    (found,) = page_lint.lint_template(WHOLE % "{% if a %}\n\n<p>请稍候</p>{% endif %}", "x.html")
    assert str(found) == "x.html:3: words in a template: 请稍候"


def test_words_are_all_there_and_all_used(tmp_path):
    words = {
        "used.one": {"zh": "一", "en": "one"},
        "kind.a": {"zh": "甲", "en": "a"},
        "no.use": {"zh": "无", "en": "none"},
        "half": {"zh": "半", "en": ""},
    }
    sources = {"x.js": 't("used.one");\nt(`kind.${a}`);\nt("missing.key");\nt("half");'}
    found = [str(each) for each in page_lint.lint_words(words, sources)]
    assert found == [
        "x.js:3: no words for missing.key",
        "words.json:1: no.use is used nowhere",
        "words.json:1: half lacks a language",
    ]
    (tmp_path / "words.json").write_text(json.dumps(words))
    (tmp_path / "x.js").write_text(sources["x.js"])
    assert len(page_lint.lint(tmp_path)) == 3
