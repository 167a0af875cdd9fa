import QtQuick
import theme
import controls

// Do this with your hands: the drawing shows where.
Stage {
    id: prompt

    stand: Stage.Low
    block: Theme.drawingHeight + Theme.wide

    ScanDrawing {
        visible: prompt.screen.drawing === "scan_slip"
        anchors.horizontalCenter: parent.horizontalCenter
    }
    CardDrawing {
        visible: prompt.screen.drawing === "lay_card" || prompt.screen.drawing === "take_card"
        anchors.horizontalCenter: parent.horizontalCenter
        what: prompt.screen.drawing
    }
    SlotDrawing {
        visible: prompt.screen.drawing === "use_card" || prompt.screen.drawing === "pull_card"
        anchors.horizontalCenter: parent.horizontalCenter
        what: prompt.screen.drawing
    }
}
