pragma ComponentBehavior: Bound

import QtQuick
import theme
import controls

// The facts, the question right above them, and one tap.
Stage {
    id: confirm

    stand: Stage.Low
    block: card.height

    Rectangle {
        id: card
        anchors.left: parent.left
        anchors.right: parent.right
        height: facts.implicitHeight + 2 * Theme.wide
        radius: Theme.cardRadius
        color: Theme.surface
        border.width: Theme.hairline
        border.color: Theme.line

        Column {
            id: facts
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: Theme.wide
            spacing: Theme.wide

            Repeater {
                model: confirm.screen.facts

                Item {
                    id: fact

                    required property string label
                    required property string detail

                    width: facts.width
                    height: Math.max(name.implicitHeight, value.implicitHeight)

                    Words {
                        id: name
                        width: Theme.labelWidth
                        said: fact.label
                        color: Theme.inkSoft
                        anchors.baseline: value.baseline
                    }
                    Words {
                        id: value
                        anchors.left: parent.left
                        anchors.leftMargin: Theme.labelWidth + Theme.step
                        anchors.right: parent.right
                        said: fact.detail
                        font.pixelSize: Theme.fact
                        font.bold: true
                        lineHeight: Theme.lineTight
                    }
                }
            }
        }
    }
}
