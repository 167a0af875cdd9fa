import QtQuick
import Kiosk
import theme

// What all screens share: the sentence, the middle for their own, the actions low down. The sentence stands at the top,
// or right above what it asks about, or in the middle where it is all there is.
Item {
    id: stage

    enum Stand {
        High,
        Low,
        Middle
    }

    required property Session session
    required property ScreenView screen
    property int stand: Stage.High
    // How high the middle is where the sentence stands low.
    property real block: 0
    // The mark beside the sentence instead of above it, where the middle needs the room.
    property bool compact: false
    property bool busy: false
    property bool detailShown: true
    default property alias middle: middleItem.data

    readonly property real foot: height - Theme.margin - (actions.implicitHeight > 0 ? actions.implicitHeight + Theme.wide : 0)
    readonly property real told: head.height + (notice.visible ? Theme.wide + notice.height : 0)

    Item {
        id: head
        x: Theme.margin
        y: stage.stand === Stage.High ? Theme.section : stage.stand === Stage.Low ? stage.foot - stage.block - Theme.section - stage.told : (stage.foot - stage.told) / 2
        width: stage.width - 2 * Theme.margin
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
                said: stage.screen.title
                font.pixelSize: Theme.title
                font.bold: true
                lineHeight: Theme.lineTight
                horizontalAlignment: stage.compact ? Text.AlignLeft : Text.AlignHCenter
            }
            Words {
                objectName: "lead"
                width: parent.width
                said: stage.screen.lead
                font.pixelSize: Theme.lead
                // Beside an attention mark it says what to do now.
                font.bold: stage.compact && stage.screen.mark === "attention"
                horizontalAlignment: stage.compact ? Text.AlignLeft : Text.AlignHCenter
            }
            Item {
                width: parent.width
                height: travel.height + 2 * Theme.wide
                visible: stage.busy

                Travel {
                    id: travel
                    anchors.centerIn: parent
                }
            }
            Words {
                width: parent.width
                said: stage.screen.detail
                // It keeps its place, so that nothing moves when it comes.
                opacity: stage.detailShown ? 1 : 0
                color: Theme.inkSoft
                horizontalAlignment: stage.compact ? Text.AlignLeft : Text.AlignHCenter
            }
        }
    }
    Notice {
        id: notice
        x: Theme.margin
        y: head.y + head.height + Theme.wide
        width: head.width
        urgent: stage.compact
        text: stage.screen.notice
    }
    Item {
        id: middleItem
        objectName: "middle"
        x: Theme.margin
        y: stage.stand === Stage.Low ? stage.foot - stage.block : head.y + stage.told + Theme.wide
        width: head.width
        height: stage.foot - y
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
        said: stage.screen.staffCode
        font.pixelSize: Theme.caption
        lineHeight: Theme.lineOne
        color: Theme.inkSoft
    }
}
