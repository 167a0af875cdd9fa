"""Lists of words and figures that QML repeats over, each value by a named role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtCore import QAbstractListModel, QByteArray, QModelIndex, QObject, QPersistentModelIndex, Qt

_Index = QModelIndex | QPersistentModelIndex


class Rows(QAbstractListModel):
    """Rows of words with named roles. ``at`` is the row's place in the whole list, whatever page it is on."""

    ROLES: ClassVar[tuple[str, ...]] = ("at", "label", "detail", "problem")
    FACT_ROLES: ClassVar[tuple[str, ...]] = ("at", "label", "detail", "reason", "strong")
    STOP_ROLES: ClassVar[tuple[str, ...]] = (
        *("order", "name", "where", "number", "ahead", "preparation", "why"),
        *("first", "urgent"),
    )
    STEP_ROLES: ClassVar[tuple[str, ...]] = ("order", "label", "passed", "now")
    QR_ROLES: ClassVar[tuple[str, ...]] = ("column", "row", "modules")

    def __init__(self, parent: QObject, roles: tuple[str, ...] = ROLES) -> None:
        super().__init__(parent)
        self._roles = roles
        self._rows: list[tuple[object, ...]] = []

    def replace(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Show ``rows``, values in the order of the roles."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt's signature
        """See Qt."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """See Qt."""
        return self._rows[index.row()][role - Qt.ItemDataRole.UserRole]

    def roleNames(self) -> dict[int, QByteArray]:  # noqa: N802 - Qt's name
        """See Qt."""
        return {Qt.ItemDataRole.UserRole + at: QByteArray(name.encode()) for at, name in enumerate(self._roles)}
