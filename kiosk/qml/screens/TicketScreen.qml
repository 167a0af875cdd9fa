import QtQuick
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
            spacing: Theme.senior ? Theme.step : Theme.step * 1.5

            Column {
                width: parent.width

                Words {
                    objectName: "number"
                    width: parent.width
                    said: ticket.screen.number
                    color: Theme.primary
                    font.pixelSize: Theme.number
                    font.bold: true
                    fontSizeMode: Text.HorizontalFit
                    minimumPixelSize: Theme.title
                    wrapMode: Text.NoWrap
                    lineHeight: Theme.lineTight
                    horizontalAlignment: Text.AlignHCenter
                }
                Words {
                    width: parent.width
                    // Called or missed: the sentence above says it.
                    said: ticket.screen.mark === "attention" ? "" : ticket.screen.headline
                    font.pixelSize: Theme.lead
                    lineHeight: Theme.lineTight
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
                    said: ticket.screen.placeLabel
                    color: Theme.inkSoft
                    lineHeight: Theme.lineTight
                }
                Words {
                    width: parent.width
                    said: ticket.screen.place
                    font.pixelSize: Theme.title
                    font.bold: true
                    lineHeight: Theme.lineTight
                }
                Words {
                    width: parent.width
                    said: ticket.screen.clinicDoctor
                    lineHeight: Theme.lineOne
                }
            }
            Rectangle {
                width: parent.width
                height: Theme.hairline
                color: Theme.line
            }
            Item {
                width: parent.width
                height: Math.max(details.implicitHeight, code.y + code.height)

                Column {
                    id: details
                    anchors.left: parent.left
                    anchors.right: code.left
                    anchors.rightMargin: Theme.wide
                    spacing: Theme.step / 2

                    Words {
                        width: parent.width
                        said: ticket.screen.ahead
                        font.pixelSize: Theme.title
                        font.bold: true
                        lineHeight: Theme.lineTight
                    }
                    Words {
                        width: parent.width
                        said: ticket.screen.wait
                        font.pixelSize: Theme.lead
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: ticket.screen.reason
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: ticket.screen.slot
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: ticket.screen.nameIssued
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: Theme.lineOne
                    }
                }
                Column {
                    id: code
                    anchors.right: parent.right
                    // Its white edge reaches above the first line, so that the code itself begins beside it.
                    y: -face.spacing
                    width: Theme.qr

                    QrCode {
                        width: Theme.qr
                        height: Theme.qr
                        screen: ticket.screen
                    }
                    Words {
                        width: parent.width
                        said: ticket.screen.scan
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: Theme.lineTight
                        horizontalAlignment: Text.AlignHCenter
                    }
                }
            }
        }
    }
}
