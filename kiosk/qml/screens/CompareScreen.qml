pragma ComponentBehavior: Bound

import QtQuick
import Kiosk
import theme
import controls

// Two numbers, the one that is called first above the other; the sentence says what decides, each card why.
Stage {
    id: compare

    stand: Stage.Low
    block: pair.height

    Column {
        id: pair
        anchors.left: parent.left
        anchors.right: parent.right
        spacing: Theme.step

        Repeater {
            model: compare.screen.facts

            Rectangle {
                id: card

                required property string label
                required property string detail
                required property string reason
                required property bool strong

                width: pair.width
                height: body.implicitHeight + 2 * Theme.wide
                radius: Theme.cardRadius
                color: Theme.surface
                border.width: card.strong ? Theme.stroke : Theme.hairline * 2
                border.color: card.strong ? Theme.primary : Theme.line

                Column {
                    id: body
                    anchors.left: parent.left
                    anchors.right: parent.right
                    anchors.verticalCenter: parent.verticalCenter
                    anchors.margins: Theme.wide

                    Item {
                        width: parent.width
                        height: Math.max(number.implicitHeight, place.implicitHeight)

                        Words {
                            id: number
                            anchors.left: parent.left
                            anchors.verticalCenter: parent.verticalCenter
                            said: card.detail
                            color: card.strong ? Theme.primary : Theme.ink
                            font.pixelSize: Theme.display
                            font.bold: true
                            lineHeight: Theme.lineTight
                            wrapMode: Text.NoWrap
                        }
                        Words {
                            id: place
                            anchors.left: number.right
                            anchors.leftMargin: Theme.wide
                            anchors.right: parent.right
                            anchors.verticalCenter: parent.verticalCenter
                            said: card.label
                            color: card.strong ? Theme.primary : Theme.inkSoft
                            font.pixelSize: Theme.title
                            font.bold: true
                            lineHeight: Theme.lineTight
                            horizontalAlignment: Text.AlignRight
                        }
                    }
                    Words {
                        width: parent.width
                        said: card.reason
                        font.pixelSize: Theme.lead
                        lineHeight: Theme.lineOne
                    }
                }
            }
        }
    }
}
