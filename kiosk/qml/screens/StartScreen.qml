import QtQuick
import Kiosk
import theme
import controls

// Nobody is here yet. The whole screen begins, the frame around its buttons too.
MouseArea {
    id: start

    required property Session session
    required property ScreenView screen

    objectName: "action." + screen.primaryVerb
    onClicked: session.tap(screen.primaryVerb)

    Column {
        id: head
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.margins: Theme.margin
        anchors.topMargin: Theme.section
        spacing: Theme.step

        Words {
            objectName: "title"
            width: parent.width
            said: start.screen.title
            font.pixelSize: Theme.display
            font.bold: true
            lineHeight: Theme.lineTight
            horizontalAlignment: Text.AlignHCenter
        }
        Words {
            objectName: "lead"
            width: parent.width
            said: start.screen.lead
            font.pixelSize: Theme.lead
            horizontalAlignment: Text.AlignHCenter
        }
        Notice {
            width: parent.width
            height: implicitHeight
            text: start.screen.notice
        }
    }
    // What is to be brought, or the paper, where nothing has to be.
    Item {
        id: picture

        readonly property real fitting: Math.min(Theme.drawingWidth, height / Theme.drawingShape)

        anchors.left: parent.left
        anchors.right: parent.right
        anchors.top: head.bottom
        anchors.bottom: plate.top
        anchors.margins: Theme.section

        CardDrawing {
            visible: start.screen.drawing === "hold_card"
            anchors.centerIn: parent
            width: picture.fitting
            height: width * Theme.drawingShape
            what: "hold_card"
        }
        SlotDrawing {
            visible: start.screen.drawing === "use_card"
            anchors.centerIn: parent
            width: picture.fitting
            height: width * Theme.drawingShape
        }
        ScanDrawing {
            visible: start.screen.drawing === "scan_slip"
            anchors.centerIn: parent
            width: picture.fitting
            height: width * Theme.drawingShape
        }
        PaperDrawing {
            visible: start.screen.drawing === "take_paper"
            anchors.centerIn: parent
            width: picture.fitting
            height: width * Theme.drawingShape
        }
    }
    Rectangle {
        id: plate
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: why.visible ? why.top : foot.top
        anchors.margins: Theme.margin
        anchors.bottomMargin: Theme.wide
        height: Theme.startPlate
        radius: Theme.cardRadius
        color: start.pressed ? Theme.primaryPressed : Theme.primary

        Words {
            anchors.fill: parent
            anchors.margins: Theme.wide
            said: start.screen.primaryLabel
            color: Theme.primaryInk
            font.pixelSize: Theme.display
            font.bold: true
            lineHeight: Theme.lineTight
            horizontalAlignment: Text.AlignHCenter
            verticalAlignment: Text.AlignVCenter
        }
    }
    BigButton {
        id: why
        objectName: "action." + start.screen.secondaryVerb
        visible: start.screen.secondaryVerb.length > 0
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: foot.top
        anchors.margins: Theme.margin
        anchors.bottomMargin: Theme.step
        least: Theme.target
        calm: true
        text: start.screen.secondaryLabel
        onClicked: start.session.tap(start.screen.secondaryVerb)
    }
    Words {
        id: foot
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: Theme.margin
        said: start.screen.detail
        color: Theme.inkSoft
        horizontalAlignment: Text.AlignHCenter
    }    Words {
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.rightMargin: Theme.margin
        anchors.bottomMargin: Theme.step / 2
        said: start.screen.staffCode
        font.pixelSize: Theme.caption
        lineHeight: Theme.lineOne
        color: Theme.inkSoft
    }
}
