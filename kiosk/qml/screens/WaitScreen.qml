import QtQuick
import theme
import controls

// What is being waited for.
Stage {
    id: wait

    detailShown: false

    Timer {
        running: true
        interval: wait.session.sayWaitMs
        onTriggered: wait.detailShown = true
    }
    CardDrawing {
        visible: wait.screen.drawing === "hold_card"
        anchors.centerIn: parent
        what: "hold_card"
    }
    PaperDrawing {
        visible: wait.screen.drawing === "take_paper"
        anchors.centerIn: parent
    }
    Travel {
        anchors.horizontalCenter: parent.horizontalCenter
        anchors.bottom: parent.bottom
        anchors.bottomMargin: Theme.section
    }
}
