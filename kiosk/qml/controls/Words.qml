pragma ComponentBehavior: Bound

import QtQuick
import theme

// Text that wraps and is never cut. Centred lines are made about equally long. The middle dot between two facts stands
// between them on one line, and nowhere else: where a line ends there, it goes.
Text {
    id: words

    // What is said, as it comes from the catalogue; `text` is the same with its lines ended between facts.
    property string said: ""

    // What hangs below the last line: space between lines, where there is no next one.
    readonly property real hang: lineCount > 0 ? contentHeight / lineCount * Math.max(0, 1 - 1 / lineHeight) : 0
    readonly property bool centred: horizontalAlignment === Text.AlignHCenter
    property real spare: 0

    text: parted(said)
    color: Theme.ink
    font.family: Theme.family
    font.pixelSize: Theme.body
    lineHeight: Theme.lineText
    wrapMode: Text.Wrap
    textFormat: Text.PlainText
    visible: text.length > 0
    leftPadding: spare / 2
    rightPadding: spare / 2

    onTextChanged: balance()
    onWidthChanged: balance()
    onFontChanged: balance()
    Component.onCompleted: balance()

    FontMetrics {
        id: metrics
        font: words.font
    }

    function parted(facts: string): string {
        if (wrapMode === Text.NoWrap || !facts.includes("\u00b7\u200b"))
            return facts;
        // Letters are laid out a little wider than they are measured.
        const room = width - Math.max(1, metrics.font.pixelSize / 50);
        let line = "";
        let made = "";
        for (const fact of facts.split("\u00b7\u200b")) {
            const longer = line.length > 0 ? line + "\u00b7\u200b" + fact : fact;
            if (line.length > 0 && metrics.advanceWidth(longer) > room) {
                made += line + "\u2028";
                line = fact;
            } else {
                line = longer;
            }
        }
        return made + line;
    }

    // Find the narrowest width that needs no more lines.
    function balance() {
        const trial = measure.item as Text;
        spare = 0;
        if (trial === null || width <= 0)
            return;
        trial.width = width;
        const lines = trial.lineCount;
        if (lines < 2 || trial.contentWidth > width)
            return;
        let narrow = width / 2;
        let wide = width;
        while (wide - narrow > Theme.hairline) {
            const middle = (narrow + wide) / 2;
            trial.width = middle;
            if (trial.lineCount > lines || trial.contentWidth > middle)
                narrow = middle;
            else
                wide = middle;
        }
        spare = Math.floor(width - Math.ceil(wide));
    }

    Loader {
        id: measure
        active: words.centred && words.wrapMode !== Text.NoWrap
        sourceComponent: Text {
            visible: false
            text: words.text
            font: words.font
            textFormat: Text.PlainText
            wrapMode: Text.WordWrap
        }
    }
}
