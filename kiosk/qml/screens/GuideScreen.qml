import QtQuick
import theme
import controls

// The stops of a guide slip in their order; as on the paper. Below the last of them: when all is done, and the code.
Stage {
    id: guide

    compact: true

    Rectangle {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        height: body.implicitHeight + 2 * Theme.wide
        radius: Theme.cardRadius
        color: Theme.surface
        border.width: Theme.hairline
        border.color: Theme.line

        Column {
            id: body
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: Theme.wide
            spacing: Theme.senior ? Theme.step : Theme.step * 1.5

            Stops {
                width: parent.width
                screen: guide.screen
            }
            BigButton {
                objectName: "more"
                visible: guide.screen.morePages
                width: parent.width
                calm: true
                text: guide.screen.moreLabel
                onClicked: guide.session.turn()
            }
            Rectangle {
                visible: foot.visible
                width: parent.width
                height: Theme.hairline
                color: Theme.line
            }
            Item {
                id: foot
                visible: guide.screen.lastPage
                width: parent.width
                height: Math.max(notes.implicitHeight, code.visible ? code.height : 0)

                Column {
                    id: notes
                    anchors.left: parent.left
                    anchors.right: code.visible ? code.left : parent.right
                    anchors.rightMargin: code.visible ? Theme.wide : 0
                    spacing: Theme.step / 2

                    Words {
                        width: parent.width
                        said: guide.screen.slipEnds
                        font.bold: true
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: guide.screen.slipLeftOut
                        color: Theme.attention
                        font.bold: true
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: guide.screen.slipDone
                        color: Theme.inkSoft
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: guide.screen.nameIssued
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: guide.screen.scan
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: Theme.lineOne
                    }
                }
                QrCode {
                    id: code
                    visible: guide.screen.qrSide > 0
                    anchors.right: parent.right
                    width: Theme.qrOfSlip
                    height: Theme.qrOfSlip
                    screen: guide.screen
                }
            }
        }
    }
}
