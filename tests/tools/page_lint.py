"""Read the pages' CSS, JavaScript and templates for what Chromium 80 does not have, and what they must not have.

Old television boxes and Windows 7 machines stop at old browsers: every page holds on Chromium 80. The tables in
``page_features`` name what pages are tempted to use; CSS is parsed by tinycss2, JavaScript by tree-sitter.

The rules besides: no colour, size or duration outside theme.css; no address of another host; no inline script, handler
or style; no form that puts what was typed into the address; no words in templates or scripts (they come from
words.json, where each has both languages); every page has a language and a title; every key used exists and every key
is used.

Run ``python -m tests.tools.page_lint``; it prints ``file:line: what`` and exits 1 where anything was found.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import tinycss2
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from tests.tools.page_features import (
    CSS_AT_RULES,
    CSS_FUNCTIONS,
    CSS_PROPERTIES,
    CSS_PSEUDO_CLASSES,
    CSS_UNITS,
    FLEX_GAP,
    HTML_ATTRIBUTES,
    HTML_ELEMENTS,
    JS_ASSIGNMENTS,
    JS_GLOBALS,
    JS_MEMBERS,
    JS_METHODS,
    JS_STRING_PSEUDO,
    PRIVATE_IN,
    PRIVATE_METHOD,
    STATIC_BLOCK,
    TOP_LEVEL_AWAIT,
)

WEB = Path(__file__).resolve().parents[2] / "queue_server" / "web"

VOID = {"meta", "link", "input", "br", "img", "hr", "col", "source"}

ABSOLUTE_UNITS = {
    "px",
    "em",
    "rem",
    "pt",
    "pc",
    "cm",
    "mm",
    "in",
    "q",
    "ex",
    "ch",
    "vh",
    "vw",
    "vmin",
    "vmax",
    "s",
    "ms",
}
COLOUR_FUNCTIONS = {"rgb", "rgba", "hsl", "hsla"}
COLOUR_NAMES = {
    "aqua", "beige", "black", "blue", "brown", "cyan", "gold", "gray", "green", "grey", "indigo", "ivory", "lime",
    "magenta", "maroon", "navy", "olive", "orange", "pink", "purple", "red", "silver", "tan", "teal", "tomato",
    "violet", "white", "yellow",
}  # fmt: skip
COLOURED = re.compile(r"color|background|border|outline|shadow|fill|stroke")
HAN = re.compile(r"[\u3400-\u9fff]")
FOREIGN = re.compile(r"^(?:[a-z]+:)?//|^(?:javascript|data):", re.IGNORECASE)
SVG_NAMESPACE = "http://www.w3.org/2000/svg"
"""A name, not an address: nothing is fetched from it."""


class Finding(NamedTuple):
    """One thing wrong, where, and in words."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        """As compilers write it."""
        return f"{self.file}:{self.line}: {self.what}"


def too_new(name: str, version: float) -> str:
    """The sentence for a feature that Chromium 80 lacks."""
    return f"{name} is newer than Chromium 80 (Chrome {version:g})"


# --- CSS --------------------------------------------------------------------------------------------------------------


def lint_css(source: str, file: str, *, is_theme: bool = False) -> Iterator[Finding]:
    """What is wrong in a style sheet; only the theme may hold colours, sizes and durations."""
    rules = tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True)
    yield from _css_rules(rules, file, is_theme=is_theme)


def _css_rules(rules: list[Any], file: str, *, is_theme: bool) -> Iterator[Finding]:
    for rule in rules:
        if rule.type == "error":
            yield Finding(file, rule.source_line, f"does not parse: {rule.message}")
        elif rule.type == "at-rule":
            yield from _css_at_rule(rule, file, is_theme=is_theme)
        elif rule.type == "qualified-rule":
            yield from _css_selector(rule.prelude, file)
            yield from _css_declarations(rule.content, file, is_theme=is_theme)


def _css_at_rule(rule: Any, file: str, *, is_theme: bool) -> Iterator[Finding]:
    name = rule.lower_at_keyword
    if name in CSS_AT_RULES:
        yield Finding(file, rule.source_line, too_new(f"@{name}", CSS_AT_RULES[name]))
    if name == "import":
        yield Finding(file, rule.source_line, "@import: link style sheets from the template")
    if rule.content is not None and name in {"media", "supports", "keyframes", "layer", "container"}:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        yield from _css_rules(inner, file, is_theme=is_theme)


def _css_selector(tokens: list[Any], file: str) -> Iterator[Finding]:
    for before, token in pairwise(tokens):
        if before.type == "literal" and before.value == ":":
            name = getattr(token, "lower_name", None) or getattr(token, "lower_value", "")
            if name in CSS_PSEUDO_CLASSES:
                yield Finding(file, token.source_line, too_new(f":{name}", CSS_PSEUDO_CLASSES[name]))


def _css_declarations(content: list[Any], file: str, *, is_theme: bool) -> Iterator[Finding]:
    declared: dict[str, Any] = {}
    for item in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if item.type == "error":
            yield Finding(file, item.source_line, f"does not parse: {item.message}")
        elif item.type != "declaration":
            yield Finding(file, item.source_line, too_new("a nested rule", 112))
        else:
            declared[item.lower_name] = item
            yield from _css_value(item, file, is_theme=is_theme)
    display = "".join(token.serialize() for token in declared["display"].value).strip() if "display" in declared else ""
    for name in ("gap", "row-gap", "column-gap"):
        if name in declared and "grid" not in display:
            line = declared[name].source_line
            yield Finding(
                file, line, f"{name} outside a grid: in a flex box it came with Chrome {FLEX_GAP}; say grid-{name}"
            )


def _css_value(item: Any, file: str, *, is_theme: bool) -> Iterator[Finding]:
    name = item.lower_name
    if name in CSS_PROPERTIES:
        yield Finding(file, item.source_line, too_new(name, CSS_PROPERTIES[name]))
    for token in _flat(item.value):
        yield from _css_token(name, token, file, is_theme=is_theme)


def _css_token(name: str, token: Any, file: str, *, is_theme: bool) -> Iterator[Finding]:
    line = token.source_line
    match token.type:
        case "function" if token.lower_name in CSS_FUNCTIONS:
            yield Finding(file, line, too_new(f"{token.lower_name}()", CSS_FUNCTIONS[token.lower_name]))
        case "function" if token.lower_name in COLOUR_FUNCTIONS and not is_theme:
            yield Finding(file, line, f"a colour outside theme.css: {token.serialize()}")
        case "dimension" if token.lower_unit in CSS_UNITS:
            yield Finding(file, line, too_new(f"the unit {token.lower_unit}", CSS_UNITS[token.lower_unit]))
        case "dimension" if token.lower_unit in ABSOLUTE_UNITS and not is_theme:
            yield Finding(file, line, f"a size or duration outside theme.css: {token.serialize()}")
        case "hash" if not is_theme:
            yield Finding(file, line, f"a colour outside theme.css: #{token.value}")
        case "ident" if not is_theme and COLOURED.search(name) and token.lower_value in COLOUR_NAMES:
            yield Finding(file, line, f"a colour outside theme.css: {token.value}")
        case "url":
            yield Finding(file, line, f"url({token.value}): pages draw with SVG of their own")


def _flat(tokens: list[Any]) -> Iterator[Any]:
    for token in tokens:
        yield token
        yield from _flat(getattr(token, "arguments", None) or getattr(token, "content", None) or [])


# --- JavaScript -------------------------------------------------------------------------------------------------------

_PARSER = Parser(Language(tree_sitter_javascript.language()))
_FUNCTIONS = {
    "arrow_function", "function_declaration", "function_expression", "generator_function",
    "generator_function_declaration", "method_definition",
}  # fmt: skip


def lint_js(source: str, file: str) -> Iterator[Finding]:
    """What is wrong in a script."""
    for node in _walk(_PARSER.parse(source.encode()).root_node):
        for what in _js_node(node):
            yield Finding(file, node.start_point[0] + 1, what)


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)


def _text(node: Node | None) -> str:
    return node.text.decode() if node is not None and node.text is not None else ""


def _js_node(node: Node) -> Iterator[str]:
    match node.type:
        case "ERROR":
            yield "does not parse"
        case "augmented_assignment_expression" if (
            sign := _text(node.child_by_field_name("operator"))
        ) in JS_ASSIGNMENTS:
            yield too_new(sign, JS_ASSIGNMENTS[sign])
        case "method_definition" if _text(node.child_by_field_name("name")).startswith("#"):
            yield too_new("a private method", PRIVATE_METHOD)
        case "class_static_block":
            yield too_new("a class's static block", STATIC_BLOCK)
        case "await_expression" if not _is_in_function(node):
            yield too_new("await at the top level", TOP_LEVEL_AWAIT)
        case "binary_expression" if _text(node.child_by_field_name("left")).startswith("#"):
            yield too_new("#name in object", PRIVATE_IN)
        case "member_expression":
            yield from _js_member(node)
        case "identifier" if _text(node) in JS_GLOBALS and not _is_name_of_ours(node):
            yield too_new(_text(node), JS_GLOBALS[_text(node)])
        case "string_fragment" | "template_string":
            yield from _js_string(_text(node))


def _js_member(node: Node) -> Iterator[str]:
    whole, name = _text(node), _text(node.child_by_field_name("property"))
    parent = node.parent
    is_called = (
        parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node
    )
    if whole in JS_MEMBERS:
        yield too_new(whole, JS_MEMBERS[whole])
    elif is_called and name in JS_METHODS:
        yield too_new(f".{name}()", JS_METHODS[name])
    if name in {"innerHTML", "outerHTML", "insertAdjacentHTML", "write"}:
        yield f".{name}: build elements, so that a name never becomes markup"


def _js_string(text: str) -> Iterator[str]:
    if HAN.search(text):
        yield "words in a script: put them into words.json"
    if FOREIGN.match(text) and text != SVG_NAMESPACE:
        yield f"an address of another host: {text}"
    if JS_STRING_PSEUDO.search(text):
        yield f"a selector newer than Chromium 80: {text}"


def _is_in_function(node: Node) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.type in _FUNCTIONS:
            return True
        parent = parent.parent
    return False


def _is_name_of_ours(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type in {"class_declaration", "function_declaration", "import_specifier"}


# --- templates --------------------------------------------------------------------------------------------------------

_ATTRIBUTE_BLOCK = re.compile(r"\{% block (?:class|data) %\}.*?\{% endblock %\}", re.DOTALL)
"""What a page puts into the body's tag."""
_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]{2,}|[\u3400-\u9fff]")


class _Template(HTMLParser):
    def __init__(self, file: str) -> None:
        super().__init__()
        self.file = file
        self.findings: list[Finding] = []
        self.has_lang = self.has_title = False
        self.inside: list[str] = []

    def say(self, what: str) -> None:
        self.findings.append(Finding(self.file, self.getpos()[0], what))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.inside.append(tag)
        self.has_lang = self.has_lang or (tag == "html" and bool(given.get("lang")))
        self.has_title = self.has_title or tag == "title"
        if tag in HTML_ELEMENTS:
            self.say(too_new(f"<{tag}>", HTML_ELEMENTS[tag]))
        if tag == "style":
            self.say("an inline style sheet")
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.say("an inline script")
        if tag == "form" and given.get("method") not in {"post", "dialog"}:
            # Sent before its script is there, what was typed would stand in the address, in histories and in logs.
            self.say("a form that puts its fields into the address")
        for name, value in given.items():
            self._attribute(name, value or "")

    def _attribute(self, name: str, value: str) -> None:
        if name.startswith("on"):
            self.say(f"an inline handler: {name}")
        if name == "style":
            self.say("an inline style")
        if name in HTML_ATTRIBUTES:
            self.say(too_new(f"the attribute {name}", HTML_ATTRIBUTES[name]))
        if name in {"href", "src", "action"} and FOREIGN.match(value):
            self.say(f"an address of another host: {value}")
        if name in {"title", "placeholder", "alt", "aria-label", "value"} and HAN.search(value):
            self.say(f"words in a template: {value}")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.inside:
            while self.inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if "kbd" not in self.inside and _WORD.search(data):
            self.say(f"words in a template: {data.strip()[:40]}")


def lint_template(source: str, file: str) -> Iterator[Finding]:
    """What is wrong in a template. A file whose name begins with ``_`` is a part and needs no language or title."""
    # What Jinja fills in is escaped by it; blanks keep the line numbers.
    blanked = _JINJA.sub(_mask, _ATTRIBUTE_BLOCK.sub(_mask, source))
    template = _Template(file)
    template.feed(blanked)
    template.close()
    yield from template.findings
    extends = "{% extends" in source
    if Path(file).name.startswith("_"):
        return
    if not (template.has_lang or extends):
        yield Finding(file, 1, "the page has no language")
    if not (template.has_title or (extends and "{% block title %}" in source)):
        yield Finding(file, 1, "the page has no title")


def _mask(match: re.Match[str]) -> str:
    return re.sub(r"[^\n]", "0" if match[0].startswith("{{") else " ", match[0])


# --- words ------------------------------------------------------------------------------------------------------------

_KEY_T = re.compile(r"""\bt\(\s*(?:\w+ \? )?(["'])([\w.]+)\1""")
_KEY_T_EITHER = re.compile(r"""\bt\(\s*\w+ \? "([\w.]+)" : "([\w.]+)\"""")
_KEY_PREFIX = re.compile(r"\bt\(\s*`([\w.]+\.)\$\{")
_KEY_SAID = re.compile(r"""\b(?:said|unit)\("([\w.]+)\"""")


def lint_words(words: dict[str, dict[str, str]], sources: dict[str, str]) -> Iterator[Finding]:
    """Keys that are used and missing, there and unused, or without one of their languages."""
    used: set[str] = set()
    prefixes: set[str] = set()
    for file, source in sources.items():
        for number, line in enumerate(source.splitlines(), 1):
            keys = {match[2] for match in _KEY_T.finditer(line)} | {match[1] for match in _KEY_SAID.finditer(line)}
            keys |= {key for match in _KEY_T_EITHER.finditer(line) for key in match.groups()}
            prefixes |= {match[1] for match in _KEY_PREFIX.finditer(line)}
            used |= keys
            for key in sorted(keys - set(words)):
                yield Finding(file, number, f"no words for {key}")
    for key, text in words.items():
        if not text.get("zh", "").strip() or not text.get("en", "").strip():
            yield Finding("words.json", 1, f"{key} lacks a language")
        if key not in used and not any(key.startswith(prefix) for prefix in prefixes):
            yield Finding("words.json", 1, f"{key} is used nowhere")


def lint(folder: Path) -> list[Finding]:
    """Everything that is wrong in the pages under ``folder`` (``templates``, ``static`` and ``words.json``)."""
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if "vendor" in path.parts or not path.is_file():
            continue
        if path.suffix == ".css":
            findings += lint_css(path.read_text(), name, is_theme=path.name == "theme.css")
        elif path.suffix == ".js":
            sources[name] = path.read_text()
            findings += lint_js(sources[name], name)
        elif path.suffix == ".html":
            sources[name] = path.read_text()
            findings += lint_template(sources[name], name)
    findings += lint_words(json.loads((folder / "words.json").read_text()), sources)
    return findings


def main() -> int:
    """Print what is wrong; the exit status says whether anything is."""
    findings = lint(WEB)
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
