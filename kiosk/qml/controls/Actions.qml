import QtQuick
import Kiosk
import theme

// At most two actions, the primary one lowest and largest; side by side where the middle needs the room. A third thing
// that may be done besides stands above them.
Item {
    id: actions

    required property Session session
    required property ScreenView screen
    property bool beside: false
    readonly property bool both: primary.visible && secondary.visible

    implicitHeight: pair + (tertiary.visible ? gap + tertiary.height : 0)
    readonly property real pair: beside ? Math.max(primary.height, secondary.height) : column(primary) + column(secondary) + (both ? gap : 0)
    readonly property int gap: Theme.step * 1.5

    function column(button: Item): real {
        return button.visible ? button.height : 0;
    }

    BigButton {
        id: tertiary
        objectName: "action." + actions.screen.tertiaryVerb
        visible: actions.screen.tertiaryVerb.length > 0
        anchors.bottom: parent.bottom
        anchors.bottomMargin: actions.pair + actions.gap
        width: actions.width
        least: Theme.target
        calm: true
        text: actions.screen.tertiaryLabel
        onClicked: actions.session.tap(actions.screen.tertiaryVerb)
    }
    BigButton {
        id: secondary
        anchors.bottom: actions.beside ? parent.bottom : primary.visible ? primary.top : parent.bottom
        anchors.bottomMargin: !actions.beside && primary.visible ? actions.gap : 0
        objectName: "action." + actions.screen.secondaryVerb
        visible: actions.screen.secondaryVerb.length > 0
        width: actions.beside && actions.both ? (actions.width - actions.gap) / 2 : actions.width
        least: actions.beside && actions.both ? primary.implicitHeight : Theme.target
        calm: true
        text: actions.screen.secondaryLabel
        onClicked: actions.session.tap(actions.screen.secondaryVerb)
    }
    BigButton {
        id: primary
        objectName: "action." + actions.screen.primaryVerb
        visible: actions.screen.primaryVerb.length > 0
        anchors.bottom: parent.bottom
        anchors.right: parent.right
        width: actions.beside && actions.both ? (actions.width - actions.gap) / 2 : actions.width
        least: Theme.primaryTarget
        textSize: actions.beside && actions.both ? Theme.fact : Theme.title
        text: actions.screen.primaryLabel
        onClicked: actions.session.tap(actions.screen.primaryVerb)
    }
}
