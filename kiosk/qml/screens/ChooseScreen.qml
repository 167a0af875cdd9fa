import QtQuick
import controls

// One question, at most five answers; the list stands low, the question right above it.
Stage {
    id: choose

    stand: Stage.Low
    block: list.height

    Choices {
        id: list
        anchors.left: parent.left
        anchors.right: parent.right
        room: choose.height / 2
        session: choose.session
        screen: choose.screen
    }
}
