import QtQuick
import controls

// What happened or did not, and where to go: the shared stage says it all.
Stage {
    stand: Stage.Middle
}
