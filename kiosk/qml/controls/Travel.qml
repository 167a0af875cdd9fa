pragma ComponentBehavior: Bound

import QtQuick
import theme

// Three points; the bright one moves on, to show that the kiosk is at it.
Row {
    id: travel

    property int bright: 0
    property bool back: false

    spacing: Theme.wide

    Repeater {
        model: 3
        Rectangle {
            required property int index
            width: Theme.wide
            height: width
            radius: width / 2
            color: (travel.back ? 2 - index : index) === travel.bright ? Theme.primary : Theme.line
        }
    }
    NumberAnimation on bright {
        running: Theme.motion > 0
        loops: Animation.Infinite
        from: 0
        to: 3
        duration: Theme.travel
    }
}
