pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Shapes
import theme

// Where the card goes: the reader's lit frame below the screen, and a card that travels once, onto it or off it.
Item {
    id: drawing

    property string what: "lay_card"
    readonly property real unit: width / 240

    implicitWidth: Theme.drawingWidth
    implicitHeight: Theme.drawingHeight

    // The kiosk's screen, seen from the front: the lower part of it, with a sentence and a button.
    Rectangle {
        x: drawing.unit * 30
        y: 0
        width: drawing.unit * 180
        height: drawing.unit * 56
        radius: Theme.controlRadius
        color: Theme.ink
        Rectangle {
            anchors.fill: parent
            anchors.margins: drawing.unit * 5
            color: Theme.ground
            Rectangle {
                anchors.horizontalCenter: parent.horizontalCenter
                y: drawing.unit * 9
                width: drawing.unit * 92
                height: drawing.unit * 5
                radius: height / 2
                color: Theme.line
            }
            Rectangle {
                anchors.horizontalCenter: parent.horizontalCenter
                y: drawing.unit * 24
                width: drawing.unit * 130
                height: drawing.unit * 14
                radius: drawing.unit * 3
                color: Theme.primary
            }
        }
    }
    // The shelf below it.
    Rectangle {
        x: drawing.unit * 12
        y: drawing.unit * 62
        width: drawing.unit * 216
        height: drawing.unit * 126
        radius: Theme.cardRadius
        color: Theme.surface
        border.width: Theme.hairline * 2
        border.color: Theme.line
    }
    // The reader's frame.
    Rectangle {
        id: reader
        x: drawing.unit * 62
        y: drawing.unit * 94
        width: drawing.unit * 116
        height: drawing.unit * 78
        radius: Theme.cardRadius
        color: Theme.primaryTint
        border.width: Theme.stroke
        border.color: Theme.primary
    }
    // The card.
    Rectangle {
        id: card

        readonly property real away: drawing.unit * 58
        property real off: drawing.what === "lay_card" ? away : 0

        x: reader.x + (reader.width - width) / 2
        y: reader.y + (reader.height - height) / 2 - off
        width: drawing.unit * 94
        height: drawing.unit * 59
        radius: drawing.unit * 5
        color: Theme.surface
        border.width: Theme.hairline * 2
        border.color: Theme.inkSoft

        Repeater {
            model: [44, 34, 44, 26]
            Rectangle {
                required property int index
                required property int modelData
                x: drawing.unit * 8
                y: drawing.unit * (10 + index * 10)
                width: drawing.unit * modelData
                height: drawing.unit * 4
                radius: height / 2
                color: Theme.line
            }
        }
        Rectangle {
            x: drawing.unit * 62
            y: drawing.unit * 9
            width: drawing.unit * 25
            height: drawing.unit * 33
            radius: drawing.unit * 2
            color: Theme.primaryTint
            clip: true
            Rectangle {
                x: drawing.unit * 7.5
                y: drawing.unit * 6
                width: drawing.unit * 10
                height: width
                radius: width / 2
                color: Theme.primary
            }
            Rectangle {
                x: drawing.unit * 3
                y: drawing.unit * 19
                width: drawing.unit * 19
                height: drawing.unit * 24
                radius: drawing.unit * 9
                color: Theme.primary
            }
        }

        SequentialAnimation on off {
            running: Theme.motion > 0 && drawing.what !== "hold_card"
            loops: 3
            NumberAnimation {
                from: drawing.what === "lay_card" ? card.away : 0
                to: drawing.what === "lay_card" ? 0 : card.away
                duration: Theme.travel
                easing.type: Easing.InOutQuad
            }
            PauseAnimation {
                duration: Theme.travel
            }
        }
    }
    // The direction, at the side, for those who look when the card rests.
    Shape {
        visible: drawing.what !== "hold_card"
        x: drawing.unit * 196
        y: drawing.unit * 92
        width: drawing.unit * 20
        height: drawing.unit * 60
        rotation: drawing.what === "take_card" ? 180 : 0

        ShapePath {
            fillColor: "transparent"
            strokeColor: Theme.primary
            strokeWidth: Theme.stroke * 1.5
            capStyle: ShapePath.RoundCap
            joinStyle: ShapePath.RoundJoin
            startX: drawing.unit * 10
            startY: drawing.unit * 4
            PathLine { x: drawing.unit * 10; y: drawing.unit * 54 }
            PathMove { x: drawing.unit * 1; y: drawing.unit * 44 }
            PathLine { x: drawing.unit * 10; y: drawing.unit * 54 }
            PathLine { x: drawing.unit * 19; y: drawing.unit * 44 }
        }
    }
}
