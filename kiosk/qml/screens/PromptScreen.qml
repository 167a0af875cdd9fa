import QtQuick
import theme
import controls

// Do this with your hands: the drawing shows where.
Stage {
    id: prompt

    CardDrawing {
        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: parent.bottom
        anchors.bottomMargin: Theme.section
        what: prompt.screen.drawing
    }
}
