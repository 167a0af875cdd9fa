import QtQuick
import Kiosk
import theme

// Back, Home and the staffed window, each always in its place.
Rectangle {
    id: bar

    required property Session session
    required property bool backShown
    required property bool homeShown
    readonly property real third: (width - 2 * Theme.margin - 2 * Theme.step) / 3

    // Whether a touch beside the buttons begins, as on the rest of the start screen.
    required property bool begins

    color: Theme.surface
    implicitHeight: Theme.bottomBar

    MouseArea {
        anchors.fill: parent
        enabled: bar.begins
        onClicked: bar.session.tap("start")
    }

    Rectangle {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        height: Theme.hairline
        color: Theme.line
    }
    BigButton {
        objectName: "frame.back"
        visible: bar.backShown
        x: Theme.margin
        anchors.verticalCenter: parent.verticalCenter
        width: bar.third
        height: Theme.frameTarget
        calm: true
        textSize: Theme.frameTitle
        text: bar.session.backLabel
        onClicked: bar.session.tap("back")
    }
    BigButton {
        objectName: "frame.home"
        visible: bar.homeShown
        x: Theme.margin + bar.third + Theme.step
        anchors.verticalCenter: parent.verticalCenter
        width: bar.third
        height: Theme.frameTarget
        calm: true
        textSize: Theme.frameTitle
        text: bar.session.homeLabel
        onClicked: bar.session.tap("home")
    }
    BigButton {
        objectName: "frame.help"
        x: Theme.margin + 2 * (bar.third + Theme.step)
        anchors.verticalCenter: parent.verticalCenter
        width: bar.third
        height: Theme.frameTarget
        calm: true
        textSize: Theme.frameTitle
        text: bar.session.helpLabel
        onClicked: bar.session.tap("help")
    }
}
