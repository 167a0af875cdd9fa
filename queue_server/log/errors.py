"""What can go wrong with the log, each with a sentence that says what happened, what did not, and what to do."""

from __future__ import annotations

from queue_server.engine.site import Text
from queue_server.log.binding import sqlite3

_PRIMARY = 0xFF
# SQLite's extended result codes carry the primary code in their low byte: https://sqlite.org/rescode.html

_SENTENCES = {
    sqlite3.SQLITE_FULL: Text(
        "服务器磁盘已满，暂停取号和叫号，没有执行。请管理员清理磁盘空间，之后自动恢复。",
        "The server's disk is full, so this was not carried out. Free some space; service resumes by itself.",
    ),
    sqlite3.SQLITE_READONLY: Text(
        "服务器磁盘不能写入，暂停取号和叫号，没有执行。请管理员检查磁盘，之后自动恢复。",
        "The server's disk cannot be written, so this was not carried out. Check it; service resumes by itself.",
    ),
    sqlite3.SQLITE_BUSY: Text(
        "数据库被别的程序占用，没有执行。请稍后再试。",
        "Another program holds the database, so this was not carried out. Try again shortly.",
    ),
    sqlite3.SQLITE_CORRUPT: Text(
        "数据库文件已损坏，没有执行。请管理员从备份恢复。",
        "The database file is damaged, so this was not carried out. Restore a backup with 'houzhen-server restore'.",
    ),
    sqlite3.SQLITE_NOTADB: Text(
        "这个文件不是候诊的数据库。请管理员从备份恢复。",
        "The file is not a Houzhen database. Restore a backup with 'houzhen-server restore'.",
    ),
}
_OTHER = Text(
    "服务器现在不能保存记录，没有执行。请稍后再试或联系管理员。",
    "The server cannot save records now, so this was not carried out. Try again shortly or tell an administrator.",
)
UNKNOWN_OUTCOME = Text(
    "服务器暂时无法确认这个操作是否完成。请用同一个操作再试一次，不会重复执行。",
    "The server cannot tell yet whether this was carried out. Send the same request again; it is never done twice.",
)

WRITER_ENDED = Text(
    "服务器的记录程序出错停止，不再执行任何操作。请管理员重新启动服务器。",
    "The server's log writer has failed, so nothing is carried out any more. An administrator must restart the server.",
)

NOT_TRUNCATED = Text(
    "个人信息已删除，但日志文件里可能还有残留。请再执行一次删除。",
    "The personal data is deleted, but traces may be left in the journal file. Erase once more.",
)


class LogError(Exception):
    """The head of every error here.

    Attributes:
        message: the sentence for people, in both languages.
    """

    def __init__(self, message: Text, detail: str = "") -> None:
        super().__init__(f"{message.en} ({detail})" if detail else message.en)
        self.message = message


class NotWrittenError(LogError):
    """The transaction was rolled back: nothing of the batch is in the log."""


class CommitUnknownError(LogError):
    """COMMIT itself failed: whether the batch is in the log has to be looked up."""


class LogUnusableError(Exception):
    """The log cannot be opened at all; the sentence says why and what to do. The server does not start."""


def sentence_for(error: sqlite3.Error) -> Text:
    """The sentence for a SQLite error, by its primary result code."""
    return _SENTENCES.get(_code(error), _OTHER)


def _code(error: sqlite3.Error) -> int:
    # Errors that the binding raises by itself, such as use of a closed connection, carry no result code.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
