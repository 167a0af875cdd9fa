pragma ComponentBehavior: Bound

import QtQuick
import Kiosk
import theme

// How much money it is about: the label, and the sum in bold, in the middle of the line.
Column {
    id: sums

    required property ScreenView screen

    Repeater {
        model: sums.screen.facts

        Column {
            id: sum

            required property string label
            required property string detail

            width: sums.width

            Words {
                width: parent.width
                said: sum.label
                color: Theme.inkSoft
                lineHeight: Theme.lineOne
                horizontalAlignment: Text.AlignHCenter
            }
            Words {
                width: parent.width
                said: sum.detail
                font.pixelSize: Theme.title
                font.bold: true
                lineHeight: Theme.lineTight
                horizontalAlignment: Text.AlignHCenter
            }
        }
    }
}
