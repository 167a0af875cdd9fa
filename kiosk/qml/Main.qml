import QtQuick
import Kiosk
import theme
import controls

// The frame that never moves, and the screen that stands in it.
Window {
    id: root

    required property Session session
    readonly property bool screenShown: session.screen !== null
    readonly property bool begins: screenShown && session.screen.primaryVerb === "start" && !session.helpShown

    color: Theme.ground

    Binding {
        target: Theme
        property: "mm"
        value: root.session.pixelsPerMm
    }
    Binding {
        target: Theme
        property: "senior"
        value: root.session.senior
    }
    Binding {
        target: Theme
        property: "motion"
        value: root.session.motionMs
    }
    Binding {
        target: Theme
        property: "travel"
        value: root.session.travelMs
    }
    PointHandler {
        acceptedButtons: Qt.AllButtons
        onActiveChanged: if (active) root.session.touch()
    }
    TopBar {
        id: top
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        height: Theme.topBar
        session: root.session
        begins: root.begins
    }
    Loader {
        id: stage
        objectName: "stage"
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: top.bottom
        anchors.bottom: bottom.top
        onLoaded: arrive.restart()

        NumberAnimation {
            id: arrive
            target: stage
            property: "opacity"
            from: 0
            to: 1
            duration: Theme.motion
            onFinished: root.session.settled()
        }
    }
    Connections {
        target: root.session
        function onShown() {
            root.load();
        }
    }
    BottomBar {
        id: bottom
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        height: Theme.bottomBar
        session: root.session
        begins: root.begins
        backShown: root.screenShown && root.session.screen.backShown
        homeShown: root.screenShown && root.session.screen.homeShown
    }
    Sheet {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: top.bottom
        anchors.bottom: bottom.top
        visible: root.session.helpShown
        title: root.session.helpTitle
        lead: root.session.helpLead
        detail: root.session.helpDetail
        label: root.session.helpClose
        verb: "close_help"
        onAnswered: root.session.tap("close_help")
    }
    Sheet {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: top.bottom
        anchors.bottom: bottom.top
        visible: root.session.countdown > 0
        title: root.session.countdownTitle
        figure: root.session.countdown
        lead: root.session.countdownText
        label: root.session.continueLabel
        verb: "continue"
        onAnswered: root.session.tap("continue")
    }
    Component.onCompleted: load()

    function load() {
        stage.source = "";
        if (session.screen !== null)
            stage.setSource("screens/" + session.screen.source, {
                "session": session,
                "screen": session.screen
            });
    }
}
