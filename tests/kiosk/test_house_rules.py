"""Every screen, in both languages and both sizes, keeps the rules of docs/design-language.md."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import cache

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QTextLayout, QTextOption
from PySide6.QtQuick import QQuickItem

from kiosk import view
from kiosk.font import missing_glyphs
from kiosk.lines import LINE_END, SIGNS, plain
from kiosk.qr_code import modules_of
from tests.kiosk import gallery
from tests.kiosk.colours import contrast
from tests.kiosk.rig import Glass, open_screens

LEAST_TARGET_MM = 20.0
LEAST_GAP_MM = 2.5
LEAST_CAPITAL_MM = 4.8
CAPITAL_OF_EM = 0.733  # Noto Sans CJK: OS/2 sCapHeight 733 of 1000
LEAST_CONTRAST = 4.5
LEAST_CONTRAST_OF_EDGES = 3.0
LEAST_ON_A_LAST_LINE = 3  # characters
LIST_OF_FIVE_FROM = 0.3  # of the panel's height: five choices and 更多 do not fit into its lower half
LIST_OF_THREE_FROM = 0.45
ACTIONS_FROM = 0.5
ROUNDING = 1.0  # pixels

MODES = [("zh", False), ("en", True)]
OTHER_MODES = [("zh", True), ("en", False)]


@pytest.fixture(scope="module")
def glass(qapp):
    assert qapp is not None
    screens = open_screens()
    with pytest.MonkeyPatch.context() as patch:
        # The same few codes stand on many screens.
        patch.setattr(view, "modules_of", cache(modules_of))
        yield Glass(screens)
    warnings = screens.warnings
    screens.close()
    assert warnings == []


KINDS: dict[str, set[str]] = {}
"""The classes that each class is of, itself among them. Every QML type has a class, and a class one name."""


def kind(item: QQuickItem) -> set[str]:
    meta = item.metaObject()
    own = meta.className()
    if own not in KINDS:
        names = KINDS[own] = set()
        while meta is not None:
            names.add(meta.className())
            meta = meta.superClass()
    return KINDS[own]


def is_text(item: QQuickItem) -> bool:
    return "QQuickText" in kind(item) and bool(item.property("text"))


def is_target(item: QQuickItem) -> bool:
    return "QQuickAbstractButton" in kind(item)


def is_within(item: QQuickItem, other: QQuickItem) -> bool:
    at = item
    while at is not None:
        if at == other:
            return True
        at = at.parentItem()
    return False


def ink_of(item: QQuickItem) -> QRectF:
    """Where the letters of a text may be: its own place, and what is painted beyond it."""
    place = Glass.place_of(item)
    width = max(place.width(), item.property("paintedWidth"))
    return QRectF(place.x(), place.y(), width, max(place.height(), item.property("paintedHeight")))


def ground_of(image: QImage, place: QRectF) -> QColor:
    """The commonest colour in ``place``: what the letters stand on."""
    few = image.copy(place.toRect()).scaled(16, 8)
    pixels = Counter(memoryview(few.constBits()).cast("I"))
    return QColor.fromRgb(pixels.most_common(1)[0][0])


def lines_of(item: QQuickItem) -> list[str]:
    """The lines of a text as Qt breaks it."""
    text = item.property("text")
    layout = QTextLayout(text, item.property("font"))
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    found = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(item.width() - item.property("leftPadding") - item.property("rightPadding"))
        found.append(text[line.textStart() : line.textStart() + line.textLength()])
    layout.endLayout()
    return [plain(line.rstrip(LINE_END)).strip(" ") for line in found]


def faults_of_lines(item: QQuickItem) -> list[str]:
    lines = lines_of(item)
    if item.property("lineCount") < 2:
        return []
    found = []
    if len(lines) != item.property("lineCount"):
        found.append(f"{lines} are not the lines that Qt shows")
    if len(lines[-1]) < LEAST_ON_A_LAST_LINE:
        found.append(f"{lines[-1]!r} is alone on the last line of {''.join(lines)!r}")
    found += [f"{line!r} begins or ends with what parts two facts" for line in lines if line != line.strip("· ")]
    for one, other in itertools.pairwise(lines):
        found += [
            f"{sign} is broken in {''.join(lines)!r}"
            for sign in SIGNS
            if any(one.endswith(sign[:at]) and other.startswith(sign[at:]) for at in range(1, len(sign)))
        ]
    return found


def edge_of(image: QImage, place: QRectF) -> float:
    """The contrast of a target's edge, or of its face where it has no edge, against what it stands on."""
    middle = int(place.center().y())
    outside = image.pixelColor(int(place.left()) - 4, middle)
    return max(contrast(image.pixelColor(int(place.left()) + at, middle), outside) for at in range(3))


def gap(one: QRectF, other: QRectF) -> float:
    across = max(one.left() - other.right(), other.left() - one.right())
    down = max(one.top() - other.bottom(), other.top() - one.bottom())
    return max(across, down)


def faults_of_targets(targets: list[tuple[QQuickItem, QRectF]], whole: QRectF, mm: float, image: QImage) -> list[str]:
    found = []
    for item, place in targets:
        if (edge := edge_of(image, place)) < LEAST_CONTRAST_OF_EDGES:
            found.append(f"the edge of {item.objectName()} has a contrast of {edge:.1f}")
        if min(place.width(), place.height()) < LEAST_TARGET_MM * mm - ROUNDING:
            found.append(f"{item.objectName()} is {place.width() / mm:.1f} x {place.height() / mm:.1f} mm")
        if not whole.contains(place):
            found.append(f"{item.objectName()} leaves the screen")
    for (one, first), (other, second) in itertools.combinations(targets, 2):
        if gap(first, second) < LEAST_GAP_MM * mm - ROUNDING:
            found.append(f"{one.objectName()} and {other.objectName()} are {gap(first, second) / mm:.1f} mm apart")
    return found


def faults_of_text(item: QQuickItem, ink: QRectF, mm: float, image: QImage) -> list[str]:
    words = item.property("text")
    ratio = contrast(item.property("color"), ground_of(image, ink))
    rules = {
        "is cut": item.property("truncated"),
        "does not fit its place": item.property("paintedWidth") > item.width() + ROUNDING
        or ink.height() > item.height() + ROUNDING,
        "is too small": item.property("font").pixelSize() * CAPITAL_OF_EM < LEAST_CAPITAL_MM * mm - ROUNDING,
        f"has no glyph for {missing_glyphs(plain(words))!r}": bool(missing_glyphs(plain(words))),
        f"has a contrast of {ratio:.1f}": ratio < LEAST_CONTRAST,
    }
    return [*(f"{words!r} {rule}" for rule, broken in rules.items() if broken), *faults_of_lines(item)]


def overlaps(texts: list[tuple[QQuickItem, QRectF]], targets: list[tuple[QQuickItem, QRectF]]) -> list[str]:
    found = []
    for (one, first), (other, second) in itertools.combinations(texts, 2):
        common = first.intersected(second)
        if min(common.height(), common.width()) > 2 * ROUNDING:
            found.append(f"{one.property('text')!r} lies on {other.property('text')!r}")
    for (item, ink), (target, place) in itertools.product(texts, targets):
        if place.intersects(ink) and not is_within(item, target):
            found.append(f"{item.property('text')!r} lies on {target.objectName()}")
    return found


def faults_of(glass: Glass, name: str, *, covered: bool = False) -> list[str]:
    """What is wrong with the screen that stands, in sentences. ``covered``: a sheet lies on the stage."""
    mm = glass.screens.session.pixelsPerMm
    stage = glass.find("stage")
    items = [item for item in glass.items() if not (covered and is_within(item, stage))]
    whole = QRectF(0, 0, glass.window.width(), glass.window.height())
    image = glass.window.grabWindow()
    targets = [(item, Glass.place_of(item)) for item in items if is_target(item)]
    texts = [(item, ink_of(item)) for item in items if is_text(item)]
    found = faults_of_targets(targets, whole, mm, image)
    for item, ink in texts:
        room = Glass.place_of(stage) if is_within(item, stage) else whole
        if not room.contains(ink):
            found.append(f"{item.property('text')!r} leaves its part of the screen")
        found += faults_of_text(item, ink, mm, image)
    found += overlaps(texts, targets)
    middle = None if covered else glass.find("middle")
    for child in [] if middle is None else middle.childItems():
        if child.isVisible() and child.height() > middle.height() + ROUNDING:
            found.append(f"the middle needs {(child.height() - middle.height()) / mm:.1f} mm more")
    return [f"{name}: {sentence}" for sentence in found]


def faults_of_height(glass: Glass, name: str) -> list[str]:
    """What is to be touched and stands too high, in sentences."""
    stage = glass.find("stage")
    places = {
        item.objectName(): Glass.place_of(item).top() / glass.window.height()
        for item in glass.items()
        if is_target(item) and is_within(item, stage)
    }
    choices = sum(target.startswith("choice.") for target in places)
    highest = LIST_OF_FIVE_FROM if choices > 3 else LIST_OF_THREE_FROM
    return [
        f"{name}: {target} stands at {top:.2f} of the height"
        for target, top in places.items()
        if top < (highest if target.startswith("choice.") else ACTIONS_FROM)
    ]


@pytest.mark.parametrize(
    "modes", [MODES, pytest.param(OTHER_MODES, marks=pytest.mark.slow)], ids=["two modes", "other modes"]
)
@pytest.mark.parametrize("name", sorted(gallery.every_screen()))
def test_the_screen_keeps_the_rules(glass, name, modes):
    screen = gallery.every_screen()[name]
    found = []
    for serial, (language, senior) in enumerate(modes):
        # What stood is not to be laid out anew in the other language.
        glass.screens.session.wipe(language)
        glass.screens.session.prefer(language, senior=senior)
        glass.screens.session.show(serial, screen)
        glass.rest()
        shown = f"{name} {language}{' senior' if senior else ''}"
        found += faults_of(glass, shown)
        found += faults_of_height(glass, shown)
    assert found == []


@pytest.mark.parametrize("sheet", ["help", "countdown"])
def test_the_sheet_keeps_the_rules(glass, sheet):
    session = glass.screens.session
    session.show(0, gallery.every_screen()["confirm"])
    found = []
    for language, senior in MODES + OTHER_MODES:
        session.prefer(language, senior=senior)
        session.help(shown=sheet == "help")
        session.count_down(20 if sheet == "countdown" else 0)
        glass.rest()
        found += faults_of(glass, f"{sheet} {language}{' senior' if senior else ''}", covered=True)
        assert glass.find(f"sheet.{'close_help' if sheet == 'help' else 'continue'}") is not None
        assert ("20" in glass.texts()) == (sheet == "countdown")
    session.help(shown=False)
    session.count_down(0)
    assert found == []


def test_a_notice_stands_in_the_middle_of_its_ground(glass):
    session = glass.screens.session
    session.prefer("zh", senior=True)
    session.show(1, gallery.every_screen()["ticket_paper_out"])
    glass.rest()
    words = glass.find("notice.words")
    ground = Glass.place_of(words.parentItem())
    image = glass.window.grabWindow()
    ink = words.property("color").rgb()
    across = range(int(Glass.place_of(words).left()), int(Glass.place_of(words).right()))
    rows = [y for y in range(int(ground.top()), int(ground.bottom())) if any(image.pixel(x, y) == ink for x in across)]
    above, below = rows[0] - ground.top(), ground.bottom() - rows[-1]
    assert abs(above - below) <= 1.5 * session.pixelsPerMm


def test_the_language_switches_while_a_screen_stands(glass):
    session = glass.screens.session
    session.prefer("zh", senior=False)
    session.show(1, gallery.every_screen()["card"])
    glass.rest()
    assert "请把身份证放在读卡区" in glass.texts()
    session.prefer("en", senior=False)
    glass.rest()
    assert "Place your ID card on the reader" in glass.texts()
    assert "请把身份证放在读卡区" not in glass.texts()


def test_where_a_line_ends_between_two_facts_follows_the_size_of_the_letters(glass):
    session = glass.screens.session
    session.prefer("en", senior=False)
    session.show(1, gallery.every_screen()["visit"])

    def whose() -> QQuickItem:
        glass.rest()
        return next(item for item in glass.items() if is_text(item) and "A012" in item.property("text"))

    assert len(lines_of(whose())) == 1
    assert "\u00b7" in whose().property("text")
    session.prefer("en", senior=True)
    assert lines_of(whose()) == ["Dr Chen Mingyuan, chief physician", "Checked in, number A012"]
    session.prefer("en", senior=False)
    assert len(lines_of(whose())) == 1


def test_how_far_a_payment_is_is_told_by_shapes_and_stays_in_its_place(glass):
    session = glass.screens.session
    session.prefer("zh", senior=False)
    places = []
    for at, name in enumerate(["pay_card", "pay_pin", "pay_host", "pay_remove_card"]):
        session.show(1, gallery.every_screen()[name])
        glass.rest()
        texts = glass.texts()
        assert [f"{step + 1}" in texts for step in range(4)] == [step >= at for step in range(4)], (
            "what is over has a tick"
        )
        labels = [
            next(item for item in glass.items() if is_text(item) and plain(item.property("text")) == label)
            for label in ("用卡", "密码", "银行", "取卡")
        ]
        assert [item.property("font").bold() for item in labels] == [step == at for step in range(4)]
        drawn = next(item for item in glass.items() if item.objectName() == "terminal")
        places.append([Glass.place_of(item).topLeft().toTuple() for item in labels] + [Glass.place_of(drawn).y()])
    assert places.count(places[0]) == len(places)


def test_senior_mode_shows_three_choices_and_the_way_to_the_others(glass):
    session = glass.screens.session
    session.prefer("zh", senior=True)
    session.show(1, gallery.every_screen()["visit"])
    glass.rest()
    assert [glass.find(f"choice.{at}") is not None for at in range(6)] == [True] * 3 + [False] * 3
    glass.tap("more")
    glass.rest()
    assert [glass.find(f"choice.{at}") is not None for at in range(6)] == [False] * 3 + [True] * 3
    session.prefer("zh", senior=False)
    glass.rest()
    assert [glass.find(f"choice.{at}") is not None for at in range(6)] == [True] * 5 + [False]
