import QtQuick
import theme

// A sheet over the stage with one sentence and one button; nothing behind it can be touched.
Rectangle {
    id: sheet

    property string title: ""
    property string lead: ""
    property string detail: ""
    property string label: ""
    property string verb: ""
    signal answered

    color: Theme.scrim

    MouseArea {
        anchors.fill: parent
    }
    Rectangle {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        height: body.implicitHeight + 2 * Theme.margin
        color: Theme.surface

        Column {
            id: body
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: Theme.margin
            spacing: Theme.wide

            Words {
                width: parent.width
                text: sheet.title
                font.pixelSize: Theme.title
                font.bold: true
            }
            Words {
                width: parent.width
                text: sheet.lead
                font.pixelSize: Theme.lead
            }
            Words {
                width: parent.width
                text: sheet.detail
                color: Theme.inkSoft
            }
            BigButton {
                objectName: "sheet." + sheet.verb
                width: parent.width
                least: Theme.primaryTarget
                textSize: Theme.title
                text: sheet.label
                onClicked: sheet.answered()
            }
        }
    }
}
