"""A ticket's history in sentences, open to its holder: what happened, without names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from queue_server.engine import events as e
from queue_server.engine.reasons import words_of
from queue_server.engine.site import Text
from queue_server.engine.stamps import hhmm

if TYPE_CHECKING:
    from queue_server.engine.state import State

_REASONS: dict[str, Text] = {
    "patient": Text("本人取消", "Cancelled by the patient"),
    "staff": Text("工作人员取消", "Cancelled by staff"),
    "wrong_patient": Text("签到人有误，已取消", "Checked in for the wrong patient; cancelled"),
    "order_withdrawn": Text("医生已撤销医嘱，已取消", "The doctor withdrew the order; cancelled"),
    "session_cancelled": Text("停诊，已取消", "The clinic was cancelled"),
    "abandoned": Text("本人放弃候诊", "The patient gave up waiting"),
}

_PRINTED: dict[str, Text] = {
    "done": Text("小票已打印", "The ticket was printed"),
    "not_done": Text("小票没有打印，号码有效", "The ticket was not printed; the number is valid"),
    "unknown": Text(
        "小票是否打印出来不清楚，号码有效", "Whether the ticket was printed is not known; the number is valid"
    ),
}


def _both(zh: str, en: str, *rest: Text) -> Text:
    return Text("：".join([zh, *(text.zh for text in rest)]), ": ".join([en, *(text.en for text in rest)]))


def _place_name(state: State, station_id: str) -> Text:
    station = state.index.stations.get(station_id) if state.index else None
    return station.name if station else Text(station_id, station_id)


def _called(state: State, event: e.Called) -> Text:
    place = _place_name(state, event.station)
    if event.picked is not None:
        words = words_of("pick", event.picked)
        return Text(f"提前叫号，请到{place.zh}（{words.zh}）", f"Called out of turn to {place.en} ({words.en})")
    return Text(f"请到{place.zh}", f"Called to {place.en}")


def _recalled(state: State, event: e.Recalled) -> Text:
    place = _place_name(state, event.station)
    return Text(f"第 {event.repeat} 次重呼，请到{place.zh}", f"Called again to {place.en}")


def _paper(state: State, event: e.PaperCallRecorded) -> Text:
    place = _place_name(state, event.station)
    clock = hhmm(event.called_at, state.day.utc_offset_min if state.day else 0)
    zh, en = "纸上叫号，事后补录", "called on paper, entered afterwards"
    if event.outcome == "seen":
        return Text(f"{clock} 在{place.zh}就诊（{zh}）", f"Seen in {place.en} at {clock} ({en})")
    return Text(f"{clock} {place.zh}叫号未到（{zh}）", f"Did not come to {place.en} at {clock} ({en})")


def _triaged(state: State, event: e.Triaged) -> Text:
    held = state.tickets[event.ticket].triage
    if held is not None and held.times > 1:
        return _both("再次分诊", "Assessed again", event.stamp.sentence)
    return event.stamp.sentence


_REASSESS = Text("等候已久，请护士再次评估", "Waiting for long: a nurse is to assess again")
_IDENTIFIED = Text("已补登患者身份", "The patient is known now")


def _issued(_state: State, event: e.TicketIssued) -> Text:
    line = _both(f"签到取号 {event.number}", f"Checked in as {event.number}", event.stamp.sentence)
    if event.slip is not None:
        line = Text(f"{line.zh}（按指引单顺序叫号）", f"{line.en} (called when its turn on the guide slip has come)")
    if event.channel == "backfill":
        line = Text(f"{line.zh}（补录）", f"{line.en} (entered from paper)")
    if event.by_proxy:
        line = Text(f"{line.zh}（由他人代为签到）", f"{line.en} (somebody checked in for the patient)")
    if event.extra is not None:
        words = words_of("extra", event.extra)
        line = Text(f"{line.zh}（加号：{words.zh}）", f"{line.en} (over the limit: {words.en})")
    if event.fee is not None and event.fee.saved_fen:
        words = event.fee.sentence
        line = Text(f"{line.zh}（{words.zh}）", f"{line.en} ({words.en})")
    return line


def _stepped_away(state: State, event: e.SteppedAway) -> Text:
    clock = hhmm(event.until, state.day.utc_offset_min if state.day else 0)
    return Text(f"暂时离开，{clock} 前返回，位置保留", f"Stepped away until {clock}; the place is kept")


def _stepped_back(_state: State, event: e.SteppedBack) -> Text:
    if event.due_at is not None:
        return Text("暂离时间到，恢复候诊，位置不变", "The time away is over; waiting again in the same place")
    return Text("已返回，位置不变", "Back, in the same place")


def _transferred(_state: State, event: e.Transferred) -> Text:
    line = event.stamp.sentence
    if event.number == event.from_number:
        return line
    return Text(
        f"{line.zh}；号码由 {event.from_number} 改为 {event.number}",
        f"{line.en}; the number is {event.number} now, it was {event.from_number}",
    )


def overtaken_line(event: e.MovedForward) -> Text:
    """What those whom a ticket passed read in their own history."""
    words = words_of("forward", event.reason)
    return Text(
        f"{event.number} 由护士前移到前面（{words.zh}）",
        f"{event.number} was moved in front by a nurse ({words.en})",
    )


_LEFT_WHY: dict[str, Text] = {
    "closed": Text("停止叫号", "has stopped calling"),
    "paused": Text("暂停叫号", "is paused for this queue"),
    "level": Text("不接这个分诊级别", "does not take this level of triage"),
    "displaced": Text("有急诊", "has an emergency"),
    "full": Text("人已满", "is full"),
}


def _to_a_door(state: State, event: e.RoomAssigned) -> Text:
    place = _place_name(state, event.station)
    line = Text(f"请到{place.zh}门口候诊", f"Please wait at the door of {place.en}")
    if event.reason is None:
        return line
    words = words_of("transfer", event.reason)
    return Text(f"分诊台安排：{line.zh}（{words.zh}）", f"By the nurse desk: {line.en} ({words.en})")


def _to_the_hall(state: State, event: e.RoomLeft) -> Text:
    place = _place_name(state, event.station)
    why = _LEFT_WHY.get(event.why)
    if event.reason is not None:
        why = words_of("transfer", event.reason)
        return Text(
            f"分诊台安排回大厅候诊（{why.zh}），次序不变", f"Back to the hall, by the nurse desk ({why.en}); same order"
        )
    zh, en = (why.zh, why.en) if why else ("", "")
    return Text(f"{place.zh}{zh}，请回大厅候诊，次序不变", f"{place.en} {en}: please wait in the hall; same order")


_HELD = Text("指引单上先做别的项目，位置保留", "Something else on the guide slip comes first; the place is kept")
_EXAMS = Text("去做检查，出结果后回诊", "Sent for exams; comes back with the results")
_STARTED = Text("开始就诊", "Service started")
_SEEN = Text("就诊结束", "Seen")
_NO_SHOW = Text("当天服务结束时未就诊", "Not seen by the end of the day")

_LINES: dict[type, Callable[[State, Any], Text]] = {
    e.TicketIssued: _issued,
    e.Stamped: lambda _, event: _both("排队位置更新", "New place", event.stamp.sentence),
    e.Called: _called,
    e.Recalled: _recalled,
    e.Missed: lambda _, event: Text(
        f"叫到未到，第 {event.misses} 次过号", f"Did not come when called: missed {event.misses}"
    ),
    e.Rejoined: lambda _, event: _both("过号后回来", "Back after missing", event.stamp.sentence),
    e.Triaged: _triaged,
    e.ReassessmentDue: lambda _, __: _REASSESS,
    e.IdentityMerged: lambda _, __: _IDENTIFIED,
    e.ServiceStarted: lambda _, __: _STARTED,
    e.Finished: lambda _, __: _SEEN,
    e.Cancelled: lambda _, event: _REASONS[event.reason],
    e.Lapsed: lambda _, event: event.sentence,
    e.NoShow: lambda _, __: _NO_SHOW,
    e.PrintReported: lambda _, event: _PRINTED[event.outcome],
    e.PaperCallRecorded: _paper,
    e.SentForExams: lambda _, __: _EXAMS,
    e.StopHeld: lambda _, __: _HELD,
    e.RoomAssigned: _to_a_door,
    e.RoomLeft: _to_the_hall,
    e.StopOpened: lambda _, event: _both("指引单到这一项", "Its turn on the guide slip", event.stamp.sentence),
    e.ReturnedWithResults: lambda _, event: _both("回诊", "Back with results", event.stamp.sentence),
    e.SteppedAway: _stepped_away,
    e.SteppedBack: _stepped_back,
    e.Transferred: _transferred,
    e.Postponed: lambda _, event: event.stamp.sentence,
    e.Credited: lambda _, event: event.stamp.sentence,
    e.MovedForward: lambda _, event: event.stamp.sentence,
    e.Undone: lambda _, event: _both("工作人员撤销", "Taken back by staff", event.label),
}


def line_of(state: State, event: e.Event) -> Text | None:
    """The sentence that ``event`` adds to its ticket's history."""
    line = _LINES.get(type(event))
    return line(state, event) if line is not None else None
