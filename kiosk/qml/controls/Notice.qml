import QtQuick
import theme

// Something to know, in amber, with its mark. `urgent`: nothing else on the screen matters more.
Rectangle {
    id: notice

    property string text: ""
    property bool urgent: false

    visible: text.length > 0
    implicitHeight: visible ? words.implicitHeight - words.hang + 2 * Theme.step : 0
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
        objectName: "notice.words"
        anchors.left: sign.right
        anchors.right: parent.right
        anchors.margins: Theme.step
        anchors.verticalCenter: parent.verticalCenter
        anchors.verticalCenterOffset: hang / 2
        said: notice.text
        color: Theme.attention
        font.pixelSize: notice.urgent ? Theme.lead : Theme.body
        font.bold: true
        lineHeight: notice.urgent ? Theme.lineTight : Theme.lineText
    }
}
