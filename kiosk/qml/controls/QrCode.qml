pragma ComponentBehavior: Bound

import QtQuick
import Kiosk
import theme

// The screen's QR code, drawn in whole pixels with its quiet zone. It is black on white whatever the theme says: that is
// what scanners are made for.
Rectangle {
    id: code

    required property ScreenView screen
    readonly property int side: Math.min(width, height)
    readonly property int module: screen.qrSide > 0 ? Math.floor(side / screen.qrSide) : 0
    readonly property int edge: Math.floor((side - module * screen.qrSide) / 2)

    color: Theme.codeGround

    Repeater {
        model: code.screen.qrRuns

        Rectangle {
            required property int column
            required property int row
            required property int modules

            x: code.edge + column * code.module
            y: code.edge + row * code.module
            width: modules * code.module
            height: code.module
            color: Theme.codeInk
        }
    }
}
