pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Shapes
import theme

// The card terminal: a card that travels once into its slot or out of it, its keys, which the PIN is for, or the bank that
// it asks, or that gives money back.
Item {
    id: drawing

    property string what: "pay_card"
    readonly property real unit: width / 240
    readonly property bool typing: what === "enter_pin"
    readonly property bool banking: what === "ask_bank" || what === "give_back"
    readonly property real edge: banking ? unit * 4 : unit * 68

    implicitWidth: Theme.drawingWidth
    implicitHeight: Theme.drawingHeight

    // The card, below the terminal; what is inside is not seen.
    Rectangle {
        id: card

        readonly property real inside: drawing.unit * 104
        readonly property real outside: drawing.unit * 126
        readonly property bool goesIn: drawing.what === "pay_card"

        visible: !drawing.typing && !drawing.banking
        x: drawing.edge + drawing.unit * 18
        y: goesIn ? inside : outside
        width: drawing.unit * 68
        height: drawing.unit * 62
        radius: drawing.unit * 6
        color: Theme.surface
        border.width: Theme.hairline * 2
        border.color: Theme.inkSoft

        Rectangle {
            x: drawing.unit * 12
            y: parent.height - drawing.unit * 20
            width: drawing.unit * 44
            height: drawing.unit * 8
            color: Theme.primary
        }
        NumberAnimation on y {
            running: Theme.motion > 0
            from: card.goesIn ? card.outside : card.inside
            to: card.goesIn ? card.inside : card.outside
            duration: Theme.travel
            easing.type: Easing.InOutQuad
        }
    }
    Rectangle {
        x: drawing.edge
        y: 0
        width: drawing.unit * 104
        height: drawing.unit * 140
        radius: Theme.cardRadius
        color: Theme.ink

        Rectangle {
            x: drawing.unit * 12
            y: drawing.unit * 12
            width: drawing.unit * 80
            height: drawing.unit * 34
            radius: drawing.unit * 4
            color: Theme.primaryTint

            // The stars of a PIN.
            Row {
                anchors.centerIn: parent
                spacing: drawing.unit * 6
                visible: drawing.typing

                Repeater {
                    model: 6
                    Rectangle {
                        width: drawing.unit * 6
                        height: width
                        radius: width / 2
                        color: Theme.primary
                    }
                }
            }
        }
        Grid {
            x: drawing.unit * 12
            y: drawing.unit * 56
            columns: 3
            spacing: drawing.unit * 5

            Repeater {
                model: 12
                Rectangle {
                    width: drawing.unit * 70 / 3
                    height: drawing.unit * 13
                    radius: drawing.unit * 3
                    color: drawing.typing ? Theme.primaryTint : Theme.inkSoft
                }
            }
        }
    }    // What goes to the bank, or comes from it.
    Travel {
        visible: drawing.banking
        x: drawing.unit * 136 - width / 2
        y: drawing.unit * 70 - height / 2
        back: drawing.what === "give_back"
    }
    // The bank.
    Item {
        visible: drawing.banking
        x: drawing.unit * 164
        y: drawing.unit * 34
        width: drawing.unit * 72
        height: drawing.unit * 72

        Shape {
            anchors.fill: parent

            ShapePath {
                fillColor: Theme.ink
                strokeColor: Theme.ink
                strokeWidth: Theme.stroke
                joinStyle: ShapePath.RoundJoin
                startX: drawing.unit * 36
                startY: drawing.unit * 2
                PathLine { x: drawing.unit * 70; y: drawing.unit * 20 }
                PathLine { x: drawing.unit * 2; y: drawing.unit * 20 }
                PathLine { x: drawing.unit * 36; y: drawing.unit * 2 }
            }
        }
        Repeater {
            model: 4
            Rectangle {
                required property int index
                x: drawing.unit * (8 + index * 16)
                y: drawing.unit * 26
                width: drawing.unit * 8
                height: drawing.unit * 32
                color: Theme.primary
            }
        }
        Rectangle {
            y: drawing.unit * 62
            width: parent.width
            height: drawing.unit * 10
            radius: drawing.unit * 2
            color: Theme.ink
        }
    }
}
