import QtQuick
import theme
import controls

// Do this with your hands: the drawing shows where.
Stage {
    id: prompt

    stand: Stage.Low
    block: Theme.drawingHeight + Theme.wide

    CardDrawing {
        anchors.horizontalCenter: parent.horizontalCenter
        what: prompt.screen.drawing
    }
}
