import QtQuick
import Kiosk
import theme

// Where one is and when, the language and the size: the same on every screen.
Rectangle {
    id: bar

    required property Session session

    // Whether a touch beside the buttons begins, as on the rest of the start screen.
    required property bool begins

    color: Theme.surface
    implicitHeight: Theme.topBar

    MouseArea {
        anchors.fill: parent
        enabled: bar.begins
        onClicked: bar.session.tap("start")
    }

    Column {
        anchors.left: parent.left
        anchors.leftMargin: Theme.margin
        anchors.right: clock.left
        anchors.rightMargin: Theme.step
        anchors.verticalCenter: parent.verticalCenter

        Words {
            width: parent.width
            said: bar.session.hospital
            font.pixelSize: Theme.frameTitle
            font.bold: true
            lineHeight: Theme.lineTight
        }
        Words {
            width: parent.width
            said: bar.session.hall
            font.pixelSize: Theme.frame
            color: Theme.inkSoft
            lineHeight: Theme.lineTight
        }
    }
    Words {
        id: clock
        anchors.right: language.left
        anchors.rightMargin: Theme.wide
        anchors.verticalCenter: parent.verticalCenter
        said: bar.session.clock
        font.pixelSize: Theme.frameTitle
        font.bold: true
        lineHeight: Theme.lineOne
        visible: true
    }
    BigButton {
        id: language
        objectName: "frame.language"
        anchors.right: senior.left
        anchors.rightMargin: Theme.step
        anchors.verticalCenter: parent.verticalCenter
        width: Theme.languageWidth
        height: Theme.frameTarget
        calm: true
        textSize: Theme.frame
        text: bar.session.languageLabel
        onClicked: bar.session.tap("language")
    }
    BigButton {
        id: senior
        objectName: "frame.senior"
        anchors.right: parent.right
        anchors.rightMargin: Theme.margin
        anchors.verticalCenter: parent.verticalCenter
        width: Theme.seniorWidth
        height: Theme.frameTarget
        calm: !bar.session.senior
        textSize: Theme.frame
        text: bar.session.seniorLabel
        onClicked: bar.session.tap("senior")
    }
    Rectangle {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        height: Theme.hairline
        color: Theme.line
    }
}
