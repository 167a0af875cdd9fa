pragma ComponentBehavior: Bound

import QtQuick
import theme

// A slip that is held with its code before the scanner's window: it travels once, up to the light.
Item {
    id: drawing

    readonly property real unit: width / 240

    implicitWidth: Theme.drawingWidth
    implicitHeight: Theme.drawingHeight

    // The scanner and its window.
    Rectangle {
        x: drawing.unit * 50
        y: 0
        width: drawing.unit * 140
        height: drawing.unit * 44
        radius: Theme.cardRadius
        color: Theme.ink

        Rectangle {
            anchors.horizontalCenter: parent.horizontalCenter
            anchors.bottom: parent.bottom
            anchors.bottomMargin: drawing.unit * 8
            width: drawing.unit * 84
            height: drawing.unit * 12
            radius: height / 2
            color: Theme.primaryTint
        }
    }
    Item {

        property real held: drawing.unit * 58

        x: drawing.unit * 72
        y: held
        width: drawing.unit * 96
        height: drawing.unit * 126

        Rectangle {
            anchors.fill: parent
            color: Theme.surface
            border.width: Theme.hairline * 2
            border.color: Theme.inkSoft
        }
        // The code, towards the light.
        Grid {
            id: code
            x: (parent.width - width) / 2
            y: drawing.unit * 12
            columns: 5
            spacing: drawing.unit * 2

            Repeater {
                model: [1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1]

                Rectangle {
                    required property int modelData
                    width: drawing.unit * 8
                    height: width
                    color: modelData === 1 ? Theme.ink : Theme.surface
                }
            }
        }
        Rectangle {
            id: number
            anchors.horizontalCenter: parent.horizontalCenter
            y: code.y + code.height + drawing.unit * 10
            width: drawing.unit * 56
            height: drawing.unit * 18
            radius: drawing.unit * 4
            color: Theme.primary
        }
        Rectangle {
            anchors.horizontalCenter: parent.horizontalCenter
            y: number.y + number.height + drawing.unit * 9
            width: drawing.unit * 64
            height: drawing.unit * 5
            radius: height / 2
            color: Theme.line
        }
        NumberAnimation on held {
            running: Theme.motion > 0
            from: drawing.unit * 110
            to: drawing.unit * 58
            duration: Theme.travel
            easing.type: Easing.OutQuad
        }
    }
}
