import QtQuick
import Kiosk
import theme
import controls

// The number, then where, then when; as on the paper.
Stage {
    id: ticket

    compact: true

    Rectangle {
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        height: face.implicitHeight + 2 * Theme.wide
        radius: Theme.cardRadius
        color: Theme.surface
        border.width: Theme.hairline
        border.color: Theme.line

        Column {
            id: face
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.top: parent.top
            anchors.margins: Theme.wide
            spacing: Theme.step

            Column {
                width: parent.width

                Words {
                    objectName: "number"
                    width: parent.width
                    text: ticket.screen.number
                    color: Theme.primary
                    font.pixelSize: Theme.number
                    font.bold: true
                    fontSizeMode: Text.HorizontalFit
                    minimumPixelSize: Theme.title
                    wrapMode: Text.NoWrap
                    lineHeight: 0.9
                    horizontalAlignment: Text.AlignHCenter
                }
                Words {
                    width: parent.width
                    text: ticket.screen.headline
                    font.pixelSize: Theme.lead
                    lineHeight: 1.15
                    horizontalAlignment: Text.AlignHCenter
                }
            }
            Rectangle {
                width: parent.width
                height: Theme.hairline
                color: Theme.line
            }
            Column {
                width: parent.width

                Words {
                    width: parent.width
                    text: ticket.screen.placeLabel
                    color: Theme.inkSoft
                    lineHeight: 1.15
                }
                Words {
                    width: parent.width
                    text: ticket.screen.place
                    font.pixelSize: Theme.title
                    font.bold: true
                    lineHeight: 1.15
                }
                Words {
                    width: parent.width
                    text: ticket.screen.clinic + "  " + ticket.screen.doctor
                    lineHeight: 1.2
                }
            }
            Rectangle {
                width: parent.width
                height: Theme.hairline
                color: Theme.line
            }
            Item {
                width: parent.width
                height: Math.max(details.implicitHeight, code.height)

                Column {
                    id: details
                    anchors.left: parent.left
                    anchors.right: code.left
                    anchors.rightMargin: Theme.wide
                    spacing: Theme.step / 2

                    Words {
                        width: parent.width
                        text: ticket.screen.ahead
                        font.pixelSize: Theme.title
                        font.bold: true
                        lineHeight: 1.15
                    }
                    Words {
                        width: parent.width
                        text: ticket.screen.wait
                        font.pixelSize: Theme.lead
                        lineHeight: 1.2
                    }
                    Words {
                        width: parent.width
                        text: ticket.screen.reason
                        lineHeight: 1.2
                    }
                    Words {
                        width: parent.width
                        text: ticket.screen.slot
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: 1.2
                    }
                    Words {
                        width: parent.width
                        text: ticket.screen.maskedName + "  " + ticket.screen.issued
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: 1.2
                    }
                }
                Column {
                    id: code
                    anchors.right: parent.right
                    width: Theme.qr

                    QrCode {
                        width: Theme.qr
                        height: Theme.qr
                        payload: ticket.screen.qr
                    }
                    Words {
                        width: parent.width
                        text: ticket.screen.scan
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: 1.1
                        horizontalAlignment: Text.AlignHCenter
                    }
                }
            }
        }
    }
}
