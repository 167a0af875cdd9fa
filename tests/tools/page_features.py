"""What pages are tempted to use and Chromium 80 does not have, with the first version of Chrome that has it.

As given by MDN's browser-compat-data (https://github.com/mdn/browser-compat-data). ``page_lint`` reads pages for these.
"""

from __future__ import annotations

import re

CSS_PROPERTIES = {
    "accent-color": 93,
    "aspect-ratio": 88,
    "color-scheme": 81,
    "container": 105,
    "container-name": 105,
    "container-type": 105,
    "content-visibility": 85,
    "field-sizing": 123,
    "inset": 87,
    "inset-block": 87,
    "inset-inline": 87,
    "margin-block": 87,
    "margin-inline": 87,
    "overflow-clip-margin": 90,
    "padding-block": 87,
    "padding-inline": 87,
    "rotate": 104,
    "scale": 104,
    "scrollbar-color": 121,
    "scrollbar-gutter": 94,
    "scrollbar-width": 121,
    "text-underline-offset": 87,
    "text-wrap": 114,
    "translate": 104,
    "view-transition-name": 111,
}
CSS_PSEUDO_CLASSES = {
    "autofill": 110,
    "focus-visible": 86,
    "has": 105,
    "is": 88,
    "modal": 105,
    "popover-open": 114,
    "user-invalid": 119,
    "user-valid": 119,
    "where": 88,
}
CSS_AT_RULES = {"container": 105, "layer": 99, "property": 85, "scope": 118, "starting-style": 117, "counter-style": 91}
CSS_FUNCTIONS = {
    "color": 111,
    "color-mix": 111,
    "hwb": 101,
    "lab": 111,
    "lch": 111,
    "light-dark": 123,
    "oklab": 111,
    "oklch": 111,
    "round": 125,
    "sin": 111,
}
CSS_UNITS = {
    **dict.fromkeys(("dvh", "dvw", "lvh", "lvw", "svh", "svw", "dvmin", "dvmax"), 108),
    **dict.fromkeys(("cqw", "cqh", "cqi", "cqb"), 105),
    **dict.fromkeys(("lh", "rlh"), 109),
}
FLEX_GAP = 84

JS_METHODS = {
    "at": 92,
    "checkVisibility": 105,
    "findLast": 97,
    "findLastIndex": 97,
    "hidePopover": 114,
    "replaceAll": 85,
    "replaceChildren": 86,
    "setHTML": 146,
    "showPopover": 114,
    "startViewTransition": 111,
    "toReversed": 110,
    "toSorted": 110,
    "toSpliced": 110,
    "isWellFormed": 111,
}
JS_MEMBERS = {
    "AbortSignal.any": 116,
    "AbortSignal.timeout": 103,
    "Array.fromAsync": 121,
    "Intl.DisplayNames": 81,
    "Intl.DurationFormat": 129,
    "Intl.Segmenter": 87,
    "Map.groupBy": 117,
    "Object.groupBy": 117,
    "Object.hasOwn": 93,
    "Promise.any": 85,
    "Promise.try": 128,
    "Promise.withResolvers": 119,
    "URL.canParse": 120,
    "URL.parse": 126,
    "crypto.randomUUID": 92,
    "navigator.userAgentData": 90,
    "navigator.wakeLock": 84,
}
JS_GLOBALS = {
    "AggregateError": 85,
    "CookieStore": 87,
    "FinalizationRegistry": 84,
    "Iterator": 122,
    "Temporal": 144,
    "WeakRef": 84,
    "reportError": 95,
    "scheduler": 94,
    "structuredClone": 98,
}
JS_ASSIGNMENTS = dict.fromkeys(("??=", "||=", "&&="), 85)
JS_STRING_PSEUDO = re.compile(r":(has|is|where|focus-visible)\b")
PRIVATE_METHOD, STATIC_BLOCK, TOP_LEVEL_AWAIT, PRIVATE_IN = 84, 94, 89, 91

HTML_ATTRIBUTES = {"popover": 114, "inert": 102, "fetchpriority": 101, "popovertarget": 114}
HTML_ELEMENTS = {"search": 118, "selectedcontent": 134}
