import QtQuick
import QtQuick.Shapes
import theme

// The mark of an outcome: a tick in a disc, a bar in a triangle, a cross in a square. The shape says it without colour.
Item {
    id: sign

    property string mark: "none"
    property int size: Theme.mark
    readonly property real unit: size / 44
    readonly property color tone: mark === "done" ? Theme.primary : mark === "attention" ? Theme.attention : Theme.fault

    visible: mark !== "none"
    width: size
    height: size

    Rectangle {
        anchors.fill: parent
        visible: sign.mark !== "attention"
        radius: sign.mark === "done" ? width / 2 : sign.unit * 7
        color: sign.tone
    }
    Shape {
        anchors.fill: parent
        visible: sign.mark === "attention"

        ShapePath {
            fillColor: sign.tone
            strokeColor: sign.tone
            strokeWidth: sign.unit * 5
            joinStyle: ShapePath.RoundJoin
            startX: sign.unit * 22
            startY: sign.unit * 5
            PathLine { x: sign.unit * 41; y: sign.unit * 39 }
            PathLine { x: sign.unit * 3; y: sign.unit * 39 }
            PathLine { x: sign.unit * 22; y: sign.unit * 5 }
        }
    }
    Rectangle {
        visible: sign.mark === "attention"
        x: sign.unit * 19.5
        y: sign.unit * 14
        width: sign.unit * 5
        height: sign.unit * 13
        radius: width / 2
        color: Theme.primaryInk
    }
    Rectangle {
        visible: sign.mark === "attention"
        x: sign.unit * 19.2
        y: sign.unit * 30
        width: sign.unit * 5.6
        height: width
        radius: width / 2
        color: Theme.primaryInk
    }
    Shape {
        anchors.fill: parent
        visible: sign.mark === "done"

        ShapePath {
            fillColor: "transparent"
            strokeColor: Theme.primaryInk
            strokeWidth: sign.unit * 4.4
            capStyle: ShapePath.RoundCap
            joinStyle: ShapePath.RoundJoin
            startX: sign.unit * 12
            startY: sign.unit * 23
            PathLine { x: sign.unit * 19; y: sign.unit * 30 }
            PathLine { x: sign.unit * 32; y: sign.unit * 15 }
        }
    }
    Shape {
        anchors.fill: parent
        visible: sign.mark === "fault"

        ShapePath {
            fillColor: "transparent"
            strokeColor: Theme.primaryInk
            strokeWidth: sign.unit * 4.4
            capStyle: ShapePath.RoundCap
            startX: sign.unit * 14
            startY: sign.unit * 14
            PathLine { x: sign.unit * 30; y: sign.unit * 30 }
            PathMove { x: sign.unit * 30; y: sign.unit * 14 }
            PathLine { x: sign.unit * 14; y: sign.unit * 30 }
        }
    }
}
