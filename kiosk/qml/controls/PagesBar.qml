import QtQuick
import theme

// How many of the pages came out.
Rectangle {
    id: bar

    property real out: 0

    height: Theme.wide
    radius: height / 2
    color: Theme.surface
    border.width: Theme.hairline * 2
    border.color: Theme.inkSoft

    Rectangle {
        // With nothing out yet there is a dot, so that the bar is known for one.
        width: Math.max(bar.height, bar.width * bar.out)
        height: bar.height
        radius: height / 2
        color: Theme.primary
    }
}
