"""Every error that a driver can end with, read from the drivers' own source.

An error is a word of small letters that stands where errors stand: in a ``DeviceError``, in what is called or assigned
``error``, beside its completion code or its sentence in a table, or as what a printer's keyword means.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

DRIVERS = Path(__file__).parents[2] / "drivers"
LINE = ("line.py", "line_device.py", "ports.py", "transport.py", "usb_printer.py")
"""What all drivers are built on: its errors are everybody's."""
_WORD = re.compile(r"[a-z]+(_[a-z0-9]+)*")
_NOT_AN_END = {"error", "paper_low", "toner_low"}
"""A word for which the printers have a better one; and what is only a warning."""
_KEYWORD = re.compile(r"[a-z]+(-[a-z]+)+")
_ERROR_AT = {"DeviceError": 1, "Ended": 1}


@functools.cache
def _trees(package: str) -> tuple[ast.Module, ...]:
    paths = [DRIVERS / name for name in LINE] if package == "line" else sorted((DRIVERS / package).glob("*.py"))
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in paths if path.stem != "simulator")


@functools.cache
def _nodes(package: str) -> tuple[ast.AST, ...]:
    """Everything in the package's source. To walk through it takes a while, and several look through it."""
    return tuple(node for tree in _trees(package) for node in ast.walk(tree))


def errors_of(package: str) -> frozenset[str]:
    """Every error of the drivers in ``package``; ``line``: of what they are built on."""
    found = set(_errors(_nodes(package), _makers(package)))
    return frozenset(found) - _NOT_AN_END


@functools.cache
def _makers(package: str) -> dict[str, int]:
    """Functions and classes that are given an error, and where."""
    found = dict(_ERROR_AT)
    for node in (*_nodes(package), *_nodes("line")):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names = [one.arg for one in node.args.args if one.arg not in {"self", "cls"}]
            if "error" in names and node.name != "__init__":
                found[node.name] = names.index("error")
    return found


def _errors(nodes: Iterable[ast.AST], makers: dict[str, int]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Call():
                yield from _called(node, makers)
            case ast.Assign(targets=[target], value=value):
                yield from _assigned(target, value)
            case ast.arguments():
                yield from _by_default(node)
            case ast.Tuple(elts=elements):
                yield from _row(elements)
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    yield from _entry(key, value)
            case _:
                pass


def _called(call: ast.Call, makers: dict[str, int]) -> Iterator[str]:
    """The error that something is called with."""
    at = makers.get(call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", ""))
    if at is not None and len(call.args) > at:
        yield from _words(call.args[at])
    for keyword in call.keywords:
        if keyword.arg == "error":
            yield from _words(keyword.value)


def _by_default(arguments: ast.arguments) -> Iterator[str]:
    """The error where none is given."""
    defaults = arguments.defaults
    for arg, default in zip(arguments.args[len(arguments.args) - len(defaults) :], defaults, strict=True):
        if arg.arg == "error":
            yield from _words(default)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[str]:
    if isinstance(target, ast.Name) and target.id == "error":
        yield from _words(value)
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _assigned(one, other)


def _row(elements: list[ast.expr]) -> Iterator[str]:
    """The error in a row of a table: beside its completion code, or before its sentence."""
    has_code = any(ast.unparse(one).startswith("CompletionCode.") for one in elements)
    first = elements[0] if elements else None
    has_sentence = len(elements) == 2 and isinstance(first, ast.Constant) and _is_sentence(elements[1])
    for one in elements:
        if isinstance(one, ast.Constant) and (has_code or (has_sentence and one is first)):
            yield from _words(one)


def _entry(key: ast.expr | None, value: ast.expr) -> Iterator[str]:
    """The error in an entry of a table: with its sentence or its state, or what a keyword of a protocol's means."""
    if not isinstance(key, ast.Constant):
        return
    is_told = _is_sentence(value) or ast.unparse(value).startswith("DeviceState.")
    has_code = isinstance(value, ast.Tuple) and ast.unparse(value).startswith("(CompletionCode.")
    if is_told or (has_code and not list(_row(value.elts))):  # type: ignore[attr-defined]  # a tuple
        yield from _words(key)
    elif isinstance(value, ast.Constant) and _KEYWORD.fullmatch(str(key.value)):
        yield from _words(value)


def _is_sentence(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith(".")


def _words(node: ast.expr) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and _WORD.fullmatch(one.value):
            yield one.value
