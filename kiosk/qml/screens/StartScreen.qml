import QtQuick
import Kiosk
import theme
import controls

// Nobody is here yet. The whole screen begins.
MouseArea {
    id: start

    required property Session session
    required property ScreenView screen

    objectName: "action." + screen.primaryVerb
    onClicked: session.tap(screen.primaryVerb)

    Column {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.margins: Theme.margin
        anchors.topMargin: Theme.section * 2
        spacing: Theme.wide

        Words {
            objectName: "title"
            width: parent.width
            text: start.screen.title
            font.pixelSize: Theme.display
            font.bold: true
            horizontalAlignment: Text.AlignHCenter
        }
        Words {
            objectName: "lead"
            width: parent.width
            text: start.screen.lead
            font.pixelSize: Theme.lead
            horizontalAlignment: Text.AlignHCenter
        }
        CardDrawing {
            anchors.horizontalCenter: parent.horizontalCenter
            what: "hold_card"
        }
    }
    Rectangle {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: foot.top
        anchors.margins: Theme.margin
        anchors.bottomMargin: Theme.wide
        height: Theme.startPlate
        radius: Theme.cardRadius
        color: start.pressed ? Theme.primaryPressed : Theme.primary

        Words {
            anchors.fill: parent
            anchors.margins: Theme.wide
            text: start.screen.primaryLabel
            color: Theme.primaryInk
            font.pixelSize: Theme.display
            font.bold: true
            lineHeight: 1.1
            horizontalAlignment: Text.AlignHCenter
            verticalAlignment: Text.AlignVCenter
        }
    }
    Words {
        id: foot
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: Theme.margin
        text: start.screen.detail
        color: Theme.inkSoft
        horizontalAlignment: Text.AlignHCenter
    }
}
