import QtQuick
import QtQuick.Controls.Basic
import theme

// A button with one line of words, or two. `calm`: a secondary thing.
AbstractButton {
    id: button

    property bool calm: false
    property int textSize: Theme.lead

    focusPolicy: Qt.NoFocus
    property int least: Theme.target

    implicitHeight: Math.max(least, words.implicitHeight + 2 * Theme.step)
    implicitWidth: words.implicitWidth + 2 * Theme.wide
    horizontalPadding: Theme.step
    verticalPadding: 0

    background: Rectangle {
        radius: Theme.controlRadius
        color: button.calm ? (button.down ? Theme.primaryTintPressed : Theme.primaryTint) : (button.down ? Theme.primaryPressed : Theme.primary)
        border.width: button.calm ? Theme.hairline : 0
        border.color: Theme.primary
    }
    contentItem: Words {
        id: words
        said: button.text
        color: button.calm ? Theme.primary : Theme.primaryInk
        font.pixelSize: button.textSize
        font.bold: true
        lineHeight: Theme.lineOne
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
    }
}
