import QtQuick
import theme

// Something to know, in amber, with its mark.
Rectangle {
    id: notice

    property string text: ""

    visible: text.length > 0
    implicitHeight: visible ? words.implicitHeight + 2 * Theme.step : 0
    radius: Theme.controlRadius
    color: Theme.attentionGround

    MarkSign {
        id: sign
        anchors.left: parent.left
        anchors.leftMargin: Theme.step
        anchors.verticalCenter: parent.verticalCenter
        size: Theme.smallMark
        mark: "attention"
    }
    Words {
        id: words
        anchors.left: sign.right
        anchors.right: parent.right
        anchors.margins: Theme.step
        anchors.verticalCenter: parent.verticalCenter
        text: notice.text
        color: Theme.attention
        font.bold: true
    }
}
