import QtQuick
import theme
import controls

// Money or paper moves. Above: how much, and how far it is; below: what to do now, and a drawing of what moves. What
// stands at the top stays where it is from one stage to the next.
Stage {
    id: progress

    readonly property string what: progress.screen.drawing
    readonly property bool paper: what === "take_paper" || what === "take_pages"

    detailShown: false
    stand: Stage.Low
    // The same place with an action below it and without one.
    block: foot - (height - Theme.margin - Theme.primaryTarget - 2 * Theme.wide - Theme.drawingHeight)

    Timer {
        running: true
        interval: progress.session.sayWaitMs
        onTriggered: progress.detailShown = true
    }
    Column {
        parent: progress
        x: Theme.margin
        y: Theme.section
        width: progress.width - 2 * Theme.margin
        spacing: Theme.wide

        Sums {
            width: parent.width
            screen: progress.screen
        }
        Steps {
            width: parent.width
            screen: progress.screen
            visible: progress.screen.stepped
        }
    }
    TerminalDrawing {
        objectName: "terminal"
        visible: !progress.paper
        anchors.horizontalCenter: parent.horizontalCenter
        what: progress.what
    }
    PaperDrawing {
        visible: progress.paper
        anchors.horizontalCenter: parent.horizontalCenter
        pages: progress.what === "take_pages"
    }
    PagesBar {
        parent: progress
        visible: progress.screen.pagesOut >= 0
        x: Theme.margin
        y: Theme.section
        width: progress.width - 2 * Theme.margin
        out: progress.screen.pagesOut
    }
}
