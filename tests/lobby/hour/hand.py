"""A hand and an eye in the real kiosk's process: what a patient sees and touches, by Qt's own input.

The orders of ``virtual_lobby.kiosk_hand`` and four more, each answered with a line of JSON:

* ``look``: the screen that stands still, once it is another than number ``after``; ``same``: none came in ``seconds``;
* ``touch``: tap ``name`` on screen number ``on``; ``missed`` where another screen has come meanwhile;
* ``remains``: every text in the window, also of what is not seen;
* ``held``: which of Python's objects hold one of the texts that are given ``backwards``.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QObject
from virtual_lobby.kiosk_hand import Orders

from kiosk import cli
from kiosk.lines import plain


class Hand(Orders):
    """Carries out one order after the other."""

    def _try(self, order):
        match order["order"]:
            case "look":
                return self._look(order)
            case "touch":
                if self._serial() != order["on"]:
                    return {"missed": True}
                return self._tap(order["name"])
            case "held":
                return {"by": held([text[::-1] for text in order["backwards"]])}
            case "remains":
                return {"texts": sorted(set(self._remains()))}
        return super()._try(order)

    def _serial(self):
        screen = self._screens.session.screen
        return 0 if screen is None else screen.serial

    def _look(self, order):
        end = order.setdefault("end", time.monotonic() + order["seconds"])
        if self._serial() > order["after"] and self._at_rest():
            return self._seen()
        return {"same": True} if time.monotonic() > end else None

    def _seen(self):
        screen = self._screens.session.screen
        named, texts = {}, []
        for item in self._items():
            text = item.property("text")
            if isinstance(text, str) and text:
                texts.append(plain(text))
            if item.objectName() and item.isEnabled():
                named[item.objectName()] = plain(text) if isinstance(text, str) else ""
        return {
            "serial": screen.serial,
            "kind": screen.source.removesuffix("Screen.qml"),
            "drawing": screen.drawing,
            "code": screen.staffCode,
            "named": named,
            "texts": texts,
        }

    def _remains(self):
        todo: list[QObject] = [self._screens.window.contentItem(), self._screens.session]
        seen = {}  # kept, so that no other gets the place of one that was seen
        while todo:
            one = todo.pop()
            if id(one) in seen:
                continue
            seen[id(one)] = one
            for name in ("text", "title", "lead", "notice", "number"):
                value = one.property(name)
                if isinstance(value, str) and value:
                    yield plain(value)
            todo += one.children()
            todo += one.childItems() if hasattr(one, "childItems") else []


def held(texts):
    """What holds one of these texts: objects of the program, frames that wait, and what these hold."""
    gc.unfreeze()  # what is frozen is not looked through otherwise
    gc.collect()
    own = {id(texts)}
    todo = [one for one in gc.get_objects() if id(one) not in own]
    own |= {id(todo), id(sys._getframe())}
    seen, found = set(own), set()
    while todo:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        for held_by_it in gc.get_referents(one):
            if isinstance(held_by_it, str | bytes | bytearray):
                if _holds(held_by_it, texts):
                    found.add(f"{type(one).__module__}.{type(one).__qualname__} {getattr(one, '__qualname__', '')}")
            elif id(held_by_it) not in seen and not gc.is_tracked(held_by_it):
                todo.append(held_by_it)
    return sorted(found)


def _holds(one, texts):
    for secret in texts:
        if (secret if isinstance(one, str) else secret.encode()) in one:
            # A card's number also stands by chance within Unicode's tables, as source lines that tracebacks keep. No
            # regular expression: their module would keep what is looked for.
            before = (one if isinstance(one, str) else bytes(one).decode("utf-8", "replace")).partition(secret)[0]
            if not before or before[-1] not in "0123456789abcdefx":
                return True
    return False


def main():
    """Run ``houzhen-kiosk run`` with the hand in it until the orders end: its folders are the arguments."""
    kept = []

    def ready(screens):
        kept.append(Hand(screens))
        print(json.dumps({"ready": True}), flush=True)  # noqa: T201 - what the starter waits for

    return cli.run(Path(sys.argv[1]), Path(sys.argv[2]), windowed=True, shown=ready)


if __name__ == "__main__":
    sys.exit(main())
