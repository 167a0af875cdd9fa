import QtQuick
import QtQuick.Controls.Basic
import theme

// One thing to choose, with a second line, and why it cannot be had now where that is so.
AbstractButton {
    id: choice

    required property string detail
    required property string problem
    property real least: Theme.choiceTarget
    property int textSize: Theme.lead

    focusPolicy: Qt.NoFocus
    implicitHeight: Math.max(Theme.choiceTarget, least, body.implicitHeight + 2 * padding)
    padding: Theme.wide

    background: Rectangle {
        radius: Theme.cardRadius
        color: choice.down ? Theme.primaryTintPressed : Theme.surface
        border.width: Theme.hairline * 2
        border.color: choice.problem.length > 0 ? Theme.inkSoft : Theme.primary
    }
    contentItem: Item {
        implicitHeight: body.implicitHeight

        Column {
            id: body
            anchors.left: parent.left
            anchors.right: chevron.left
            anchors.rightMargin: Theme.step
            anchors.verticalCenter: parent.verticalCenter
            spacing: Theme.step / 2

            Words {
                width: parent.width
                said: choice.text
                font.pixelSize: choice.textSize
                font.bold: true
                lineHeight: Theme.lineTight
            }
            Words {
                width: parent.width
                said: choice.detail
                color: Theme.inkSoft
                lineHeight: Theme.lineOne
            }
            Words {
                width: parent.width
                said: choice.problem
                color: Theme.attention
                font.bold: true
                lineHeight: Theme.lineOne
            }
        }
        Chevron {
            id: chevron
            anchors.right: parent.right
            anchors.verticalCenter: parent.verticalCenter
            // It leads on to no more than the reason.
            visible: choice.problem.length === 0
        }
    }
}
