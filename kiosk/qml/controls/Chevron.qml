import QtQuick
import QtQuick.Shapes
import theme

// "This leads on."
Shape {
    id: chevron

    width: Theme.step
    height: Theme.wide

    ShapePath {
        strokeColor: Theme.primary
        strokeWidth: Theme.stroke
        fillColor: "transparent"
        capStyle: ShapePath.RoundCap
        joinStyle: ShapePath.RoundJoin
        startX: 0
        startY: 0
        PathLine { x: chevron.width; y: chevron.height / 2 }
        PathLine { x: 0; y: chevron.height }
    }
}
