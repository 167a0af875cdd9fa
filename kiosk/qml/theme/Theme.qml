pragma Singleton
import QtQuick

// Sizes, colours and motion of the whole kiosk; docs/design-language.md says what each is for. Sizes are millimetres of
// the configured panel times its pixels per millimetre. No other file holds a literal size or colour.
QtObject {
    // Set once by Main.qml.
    property real mm: 2.7
    property bool senior: false
    property int motion: 60
    property int travel: 1400

    readonly property string family: "Noto Sans CJK SC"

    // Colour roles.
    readonly property color ground: "#F6F7F5"
    readonly property color surface: "#FFFFFF"
    readonly property color ink: "#16211F"
    readonly property color inkSoft: "#4A5754"
    readonly property color line: "#C3CCC9"
    readonly property color primary: "#0B6B63"
    readonly property color primaryPressed: "#084F49"
    readonly property color primaryInk: "#FFFFFF"
    readonly property color primaryTint: "#E3F0EE"
    readonly property color primaryTintPressed: "#C9E0DC"
    readonly property color attention: "#8A5A00"
    readonly property color attentionGround: "#FFF3D6"
    readonly property color fault: "#A3262A"
    readonly property color faultGround: "#FBE9E8"
    readonly property color scrim: "#A616211F"
    // Of a QR code alone.
    readonly property color codeGround: "#FFFFFF"
    readonly property color codeInk: "#000000"

    // Type, in millimetres of the em.
    readonly property int frame: Math.round(8.4 * mm)
    readonly property int frameTitle: Math.round(11 * mm)
    readonly property int caption: Math.round((senior ? 9.6 : 7.6) * mm)
    readonly property int body: Math.round((senior ? 13 : 10.5) * mm)
    readonly property int lead: Math.round((senior ? 16.5 : 13) * mm)
    readonly property int fact: Math.round((senior ? 18.5 : 17) * mm)
    readonly property int title: Math.round((senior ? 23 : 19) * mm)
    readonly property int display: Math.round((senior ? 35 : 32) * mm)
    readonly property int stopNumber: Math.round(24 * mm)
    readonly property int number: Math.round((senior ? 70 : 74) * mm)

    // A line's height, in line heights of the font (1.448 em): 1.38 em where lines belong closely together (sentences set
    // large, facts), the font's own for a label, 1.6 em for text (senior 1.7).
    readonly property real lineTight: 0.95
    readonly property real lineOne: 1
    readonly property real lineText: senior ? 1.18 : 1.1

    // Space.
    readonly property int hairline: Math.max(1, Math.round(0.5 * mm))
    readonly property int stroke: Math.round(1.6 * mm)
    readonly property int step: Math.round(4 * mm)
    readonly property int wide: Math.round(8 * mm)
    readonly property int section: Math.round(16 * mm)
    readonly property int margin: Math.round(20 * mm)
    readonly property int cardRadius: Math.round(6 * mm)
    readonly property int controlRadius: Math.round(4 * mm)

    // Targets.
    readonly property int frameTarget: Math.round(24 * mm)
    readonly property int target: Math.round((senior ? 28 : 24) * mm)
    readonly property int primaryTarget: Math.round((senior ? 40 : 32) * mm)
    readonly property int choiceTarget: Math.round((senior ? 54 : 46) * mm)
    readonly property int choiceMost: Math.round(76 * mm)
    readonly property int languageWidth: Math.round(50 * mm)
    readonly property int seniorWidth: Math.round(66 * mm)

    // Columns.
    readonly property int labelWidth: Math.round((senior ? 92 : 72) * mm)

    // The frame.
    readonly property int topBar: Math.round(44 * mm)
    readonly property int bottomBar: Math.round(40 * mm)

    // Pictures.
    readonly property int mark: Math.round(60 * mm)
    readonly property int ticketMark: Math.round(26 * mm)
    readonly property int smallMark: Math.round(14 * mm)
    readonly property int drawingWidth: Math.round(300 * mm)
    readonly property int drawingHeight: Math.round(238 * mm)
    readonly property int qr: Math.round(84 * mm)
    readonly property int qrOfSlip: Math.round((senior ? 60 : 84) * mm)
    readonly property int stopMark: Math.round((senior ? 22 : 18) * mm)
    readonly property real drawingShape: 0.79
    readonly property int startPlate: Math.round(132 * mm)
}
