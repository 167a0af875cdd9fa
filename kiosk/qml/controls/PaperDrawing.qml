pragma ComponentBehavior: Bound

import QtQuick
import theme

// A ticket coming out of its slot, or pages of A4.
Item {
    id: drawing

    property bool pages: false
    readonly property real unit: width / 240
    readonly property real broad: drawing.unit * (pages ? 132 : 108)

    implicitWidth: Theme.drawingWidth
    implicitHeight: Theme.drawingHeight

    Rectangle {
        id: slot
        x: drawing.unit * 40
        y: drawing.unit * 30
        width: drawing.unit * 160
        height: drawing.unit * 22
        radius: height / 2
        color: Theme.ink
    }
    Item {
        x: (drawing.width - drawing.broad) / 2
        y: slot.y + slot.height / 2
        width: drawing.broad
        height: drawing.unit * 140
        clip: true

        Rectangle {
            id: paper

            property real out: drawing.unit * 130

            width: parent.width
            height: drawing.unit * 130
            y: out - height
            color: Theme.surface
            border.width: Theme.hairline * 2
            border.color: Theme.inkSoft

            // A number, or the head of a page.
            Rectangle {
                x: drawing.unit * 20
                y: drawing.unit * (drawing.pages ? 16 : 18)
                width: drawing.unit * 68
                height: drawing.unit * (drawing.pages ? 10 : 26)
                radius: drawing.unit * 4
                color: Theme.primary
            }
            Repeater {
                model: drawing.pages ? [92, 92, 76, 92, 60, 84] : [72, 54, 72]
                Rectangle {
                    required property int index
                    required property int modelData
                    x: drawing.pages ? drawing.unit * 20 : (paper.width - width) / 2
                    y: drawing.unit * ((drawing.pages ? 40 : 58) + index * 14)
                    width: drawing.unit * modelData
                    height: drawing.unit * 5
                    radius: height / 2
                    color: Theme.line
                }
            }
            NumberAnimation on out {
                running: Theme.motion > 0
                from: drawing.unit * 20
                to: drawing.unit * 130
                duration: Theme.travel
                easing.type: Easing.OutQuad
            }
        }
    }
}
