pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Shapes
import theme

// A card that travels once into its reader's slot, chip first, or out of it.
Item {
    id: drawing

    property string what: "use_card"
    readonly property real unit: width / 240

    implicitWidth: Theme.drawingWidth
    implicitHeight: Theme.drawingHeight

    // The reader, with its slot.
    Rectangle {
        x: drawing.unit * 30
        y: drawing.unit * 96
        width: drawing.unit * 180
        height: drawing.unit * 92
        radius: Theme.cardRadius
        color: Theme.surface
        border.width: Theme.hairline * 2
        border.color: Theme.line

        Rectangle {
            anchors.horizontalCenter: parent.horizontalCenter
            y: drawing.unit * 24
            width: drawing.unit * 112
            height: drawing.unit * 14
            radius: height / 2
            color: Theme.ink
        }
        Rectangle {
            anchors.horizontalCenter: parent.horizontalCenter
            y: drawing.unit * 58
            width: drawing.unit * 112
            height: drawing.unit * 14
            radius: height / 2
            color: Theme.primaryTint
            border.width: Theme.stroke
            border.color: Theme.primary
        }
    }
    // The card, before the reader as far as its slot; what is inside is not seen.
    Item {
        x: drawing.unit * 80
        y: 0
        width: drawing.unit * 80
        height: drawing.unit * 127
        clip: true

        Rectangle {
            id: card

            readonly property real put: drawing.unit * 52
            property real down: drawing.what === "use_card" ? 0 : put

            y: down
            width: parent.width
            height: drawing.unit * 118
            radius: drawing.unit * 6
            color: Theme.surface
            border.width: Theme.hairline * 2
            border.color: Theme.inkSoft

            Repeater {
                model: [52, 36]
                Rectangle {
                    required property int index
                    required property int modelData
                    x: drawing.unit * 14
                    y: drawing.unit * (16 + index * 13)
                    width: drawing.unit * modelData
                    height: drawing.unit * 5
                    radius: height / 2
                    color: Theme.line
                }
            }
            // The chip.
            Rectangle {
                x: drawing.unit * 28
                y: drawing.unit * 78
                width: drawing.unit * 24
                height: drawing.unit * 28
                radius: drawing.unit * 4
                color: Theme.primary

                Rectangle {
                    anchors.centerIn: parent
                    width: parent.width
                    height: Theme.stroke
                    color: Theme.surface
                }
                Rectangle {
                    anchors.centerIn: parent
                    width: Theme.stroke
                    height: parent.height
                    color: Theme.surface
                }
            }
            SequentialAnimation on down {
                running: Theme.motion > 0
                loops: 3
                NumberAnimation {
                    from: drawing.what === "use_card" ? 0 : card.put
                    to: drawing.what === "use_card" ? card.put : 0
                    duration: Theme.travel
                    easing.type: Easing.InOutQuad
                }
                PauseAnimation {
                    duration: Theme.travel
                }
            }
        }
    }
    // The direction, at the side, for those who look when the card rests.
    Shape {
        x: drawing.unit * 180
        y: drawing.unit * 22
        width: drawing.unit * 20
        height: drawing.unit * 60
        rotation: drawing.what === "pull_card" ? 180 : 0

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
