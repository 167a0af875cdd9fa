pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Shapes
import Kiosk
import theme

// What comes one after the other: a tick for what is over, a filled circle for now, an empty one for what comes.
Item {
    id: steps

    required property ScreenView screen
    readonly property real each: width / Math.max(1, list.count)

    implicitHeight: row.height

    // The line that the circles stand on.
    Rectangle {
        x: steps.each / 2
        y: (Theme.stopMark - height) / 2
        width: steps.width - steps.each
        height: Theme.hairline * 2
        color: Theme.inkSoft
    }
    Row {
        id: row

        Repeater {
            id: list
            model: steps.screen.steps

            Column {
                id: step

                required property string order
                required property string label
                required property bool passed
                required property bool now

                width: steps.each
                spacing: Theme.step / 2

                Rectangle {
                    id: mark
                    anchors.horizontalCenter: parent.horizontalCenter
                    width: Theme.stopMark
                    height: width
                    radius: width / 2
                    color: step.now ? Theme.primary : Theme.ground
                    border.width: Theme.hairline * 2
                    border.color: step.now || step.passed ? Theme.primary : Theme.inkSoft

                    Words {
                        anchors.centerIn: parent
                        visible: !step.passed
                        said: step.order
                        color: step.now ? Theme.primaryInk : Theme.ink
                        font.bold: true
                        lineHeight: Theme.lineOne
                        wrapMode: Text.NoWrap
                    }
                    Shape {
                        anchors.fill: parent
                        visible: step.passed

                        ShapePath {
                            fillColor: "transparent"
                            strokeColor: Theme.primary
                            strokeWidth: Theme.stroke
                            capStyle: ShapePath.RoundCap
                            joinStyle: ShapePath.RoundJoin
                            startX: mark.width * 0.28
                            startY: mark.width * 0.53
                            PathLine { x: mark.width * 0.44; y: mark.width * 0.69 }
                            PathLine { x: mark.width * 0.73; y: mark.width * 0.35 }
                        }
                    }
                }
                Words {
                    width: parent.width
                    said: step.label
                    color: step.now ? Theme.ink : Theme.inkSoft
                    font.bold: step.now
                    lineHeight: Theme.lineOne
                    horizontalAlignment: Text.AlignHCenter
                }
            }
        }
    }
}
