import QtQuick
import controls

// One question, at most five answers; the list stands low.
Stage {
    id: choose

    Choices {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        room: parent.height / 2
        session: choose.session
        screen: choose.screen
    }
}
