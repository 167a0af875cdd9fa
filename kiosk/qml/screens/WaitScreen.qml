import QtQuick
import theme
import controls

// What is being waited for; a drawing stands where it stood on the screen before.
Stage {
    id: wait

    readonly property bool drawn: wait.screen.drawing !== "none"

    busy: true
    detailShown: false
    stand: drawn ? Stage.Low : Stage.Middle
    // A wait has no action; the prompt before it had one below the drawing.
    block: Theme.drawingHeight + 2 * Theme.wide + Theme.target

    Timer {
        running: true
        interval: wait.session.sayWaitMs
        onTriggered: wait.detailShown = true
    }
    CardDrawing {
        visible: wait.screen.drawing === "hold_card"
        anchors.horizontalCenter: parent.horizontalCenter
        what: "hold_card"
    }
}
