pragma ComponentBehavior: Bound

import QtQuick
import Kiosk
import theme

// The page of choices, and the way to the next page.
Column {
    id: choices

    required property Session session
    required property ScreenView screen

    // The height there is: few choices are drawn larger.
    required property real room
    readonly property bool few: least === Theme.choiceMost
    readonly property real least: Math.min(Theme.choiceMost, room / Math.max(1, list.count) - spacing)

    spacing: Theme.step

    Repeater {
        id: list
        model: choices.screen.choices

        ChoiceButton {
            required property int at
            required property string label

            objectName: "choice." + at
            width: choices.width
            least: choices.least
            textSize: choices.few ? Theme.fact : Theme.lead
            text: label
            onClicked: choices.session.choose(at)
        }
    }
    // Not a choice: it stands apart from the last of them.
    Item {
        visible: choices.screen.morePages
        width: choices.width
        height: more.height + Theme.wide - choices.spacing

        BigButton {
            id: more
            objectName: "more"
            anchors.bottom: parent.bottom
            width: parent.width
            calm: true
            text: choices.screen.moreLabel
            onClicked: choices.session.turn()
        }
    }
}
