pragma ComponentBehavior: Bound

import QtQuick
import Kiosk
import theme

// The page of a slip's stops: which, what and where at the left, the number and who is before at the right.
Column {
    id: stops

    required property ScreenView screen

    spacing: Theme.senior ? Theme.step : Theme.step * 1.5

    Repeater {
        model: stops.screen.stops

        Column {
            id: stop

            required property int index
            required property string order
            required property string name
            required property string where
            required property string number
            required property string ahead
            required property string preparation
            required property string why
            required property bool first
            required property bool urgent

            width: stops.width
            spacing: stops.spacing

            Rectangle {
                visible: stop.index > 0
                width: parent.width
                height: Theme.hairline
                color: Theme.line
            }
            Item {
                width: parent.width
                height: Math.max(told.implicitHeight, mark.height, number.visible ? number.implicitHeight : 0)

                Rectangle {
                    id: mark
                    width: Theme.stopMark
                    height: width
                    radius: width / 2
                    color: stop.first ? Theme.primary : Theme.surface
                    border.width: Theme.hairline * 2
                    border.color: stop.first ? Theme.primary : Theme.inkSoft

                    Words {
                        anchors.centerIn: parent
                        said: stop.order
                        color: stop.first ? Theme.primaryInk : Theme.ink
                        font.pixelSize: Theme.body
                        font.bold: true
                        lineHeight: Theme.lineOne
                        wrapMode: Text.NoWrap
                    }
                }
                Column {
                    id: told
                    anchors.left: mark.right
                    anchors.leftMargin: Theme.step
                    anchors.right: number.visible ? number.left : parent.right
                    anchors.rightMargin: number.visible ? Theme.step : 0

                    Words {
                        objectName: "stop." + stop.order
                        width: parent.width
                        said: stop.name
                        font.pixelSize: Theme.lead
                        font.bold: true
                        lineHeight: Theme.lineTight
                    }
                    Words {
                        width: parent.width
                        said: stop.where
                        font.bold: stop.first
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: stop.ahead
                        color: stop.urgent ? Theme.attention : Theme.ink
                        font.bold: stop.urgent
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: stop.preparation
                        color: Theme.attention
                        font.bold: true
                        lineHeight: Theme.lineOne
                    }
                    Words {
                        width: parent.width
                        said: stop.why
                        color: Theme.inkSoft
                        font.pixelSize: Theme.caption
                        lineHeight: Theme.lineOne
                    }
                }
                Words {
                    id: number
                    objectName: "number." + stop.order
                    anchors.right: parent.right
                    said: stop.number
                    color: Theme.primary
                    font.pixelSize: Theme.stopNumber
                    font.bold: true
                    lineHeight: Theme.lineTight
                    wrapMode: Text.NoWrap
                }
            }
        }
    }
}
