import QtQuick
import Kiosk
import theme

// What all screens share: the sentence above, the middle for their own, the actions low down.
Item {
    id: stage

    required property Session session
    required property ScreenView screen
    // The mark beside the sentence instead of above it, where the middle needs the room.
    property bool compact: false
    property bool detailShown: true
    default property alias middle: middleItem.data

    Item {
        id: head
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.margins: Theme.margin
        anchors.topMargin: stage.compact ? Theme.section : mark.visible ? Theme.section * 5 : Theme.section * 2
        height: words.height

        MarkSign {
            id: mark
            x: stage.compact ? 0 : (parent.width - width) / 2
            size: stage.compact ? Theme.ticketMark : Theme.mark
            mark: stage.screen.mark
        }
        Column {
            id: words
            anchors.left: stage.compact && mark.visible ? mark.right : parent.left
            anchors.leftMargin: stage.compact && mark.visible ? Theme.wide : 0
            anchors.right: parent.right
            topPadding: !stage.compact && mark.visible ? mark.height + Theme.wide : 0
            spacing: Theme.step

            Words {
                objectName: "title"
                width: parent.width
                text: stage.screen.title
                font.pixelSize: Theme.title
                font.bold: true
                lineHeight: 1.2
                horizontalAlignment: stage.compact ? Text.AlignLeft : Text.AlignHCenter
            }
            Words {
                objectName: "lead"
                width: parent.width
                text: stage.screen.lead
                font.pixelSize: Theme.lead
                horizontalAlignment: stage.compact ? Text.AlignLeft : Text.AlignHCenter
            }
            Words {
                width: parent.width
                text: stage.detailShown ? stage.screen.detail : ""
                color: Theme.inkSoft
                horizontalAlignment: stage.compact ? Text.AlignLeft : Text.AlignHCenter
            }
        }
    }
    Notice {
        id: notice
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: head.bottom
        anchors.margins: Theme.margin
        anchors.topMargin: Theme.wide
        text: stage.screen.notice
    }
    Item {
        id: middleItem
        objectName: "middle"
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: notice.bottom
        anchors.bottom: actions.top
        anchors.margins: Theme.margin
        anchors.topMargin: notice.visible ? Theme.wide : 0
        anchors.bottomMargin: Theme.wide
    }
    Actions {
        id: actions
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: Theme.margin
        session: stage.session
        screen: stage.screen
        beside: stage.compact
    }
    Words {
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.rightMargin: Theme.margin
        anchors.bottomMargin: Theme.step / 2
        text: stage.screen.staffCode
        font.pixelSize: Theme.caption
        lineHeight: 1
        color: Theme.inkSoft
    }
}
