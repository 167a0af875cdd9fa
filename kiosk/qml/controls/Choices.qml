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
            text: label
            onClicked: choices.session.choose(at)
        }
    }
    BigButton {
        objectName: "more"
        visible: choices.screen.morePages
        width: choices.width
        calm: true
        text: choices.session.moreLabel
        onClicked: choices.session.turn()
    }
}
