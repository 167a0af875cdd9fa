import QtQuick
import theme

// A sheet over the stage with one sentence and one button; nothing behind it can be touched.
Rectangle {
    id: sheet

    property string title: ""
    // Seconds left, large; 0: none.
    property int figure: 0
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

            Item {
                width: parent.width
                height: Math.max(title.height, figure.height)

                Words {
                    id: title
                    anchors.left: parent.left
                    anchors.right: figure.left
                    anchors.verticalCenter: parent.verticalCenter
                    said: sheet.title
                    font.pixelSize: Theme.title
                    font.bold: true
                    lineHeight: Theme.lineTight
                }
                Words {
                    id: figure
                    objectName: "figure"
                    anchors.right: parent.right
                    anchors.verticalCenter: parent.verticalCenter
                    said: sheet.figure > 0 ? sheet.figure : ""
                    wrapMode: Text.NoWrap
                    color: Theme.primary
                    font.pixelSize: Theme.display
                    font.bold: true
                    lineHeight: Theme.lineOne
                }
            }
            Words {
                width: parent.width
                said: sheet.lead
                font.pixelSize: Theme.lead
            }
            Words {
                width: parent.width
                said: sheet.detail
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
