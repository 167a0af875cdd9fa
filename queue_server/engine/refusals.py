"""Why the lobby said no: a closed list of codes, each with a sentence in both languages."""

from __future__ import annotations

import msgspec

from queue_server.engine.site import Text


class Refusal(msgspec.Struct, frozen=True):
    """A command was refused; nothing changed.

    Attributes:
        code: stable, snake_case; the HTTP API repeats it in its problem document.
        message: what happened and what to do, in both languages, without names.
        ticket: the ticket concerned, for example the live one when ``already_checked_in``.
        position: the log position concerned, for example the later event that blocks an undo.
    """

    code: str
    message: Text
    ticket: str | None = None
    position: int | None = None


SENTENCES: dict[str, Text] = {
    "already_checked_in": Text(
        "您已经签到，没有再取号，请用原来的号候诊。",
        "You are already checked in, so no further number was given. Please keep your number.",
    ),
    "not_today": Text(
        "这次就诊不是今天的，没有取号，请按约定的日期再来。",
        "This visit is not for today, so no number was given. Please come back on its day.",
    ),
    "too_early": Text(
        "现在签到太早，没有取号，请在 {time} 以后再来。",
        "It is too early to check in, so no number was given. Please come back after {time}.",
    ),
    "other_hall": Text(
        "这个科室只在{hall}签到，没有取号，请到那里的自助机。",
        "This clinic checks in at {hall} only, so no number was given. Please go to a kiosk there.",
    ),
    "other_level": Text(
        "这个诊室不接这个分诊级别的患者，没有叫号，也没有改动。请换一个诊室。",
        "This room does not accept the patient's level of triage. Nobody was called and nothing was changed. Choose "
        "another room.",
    ),
    "too_late": Text("{sentence}没有取号，请到{desk}。", "{sentence} No number was given. Please go to {desk}."),
    "appointment_cancelled": Text(
        "这个预约已经取消，没有取号，请到{desk}询问。",
        "This appointment was cancelled, so no number was given. Please ask at {desk}.",
    ),
    "session_cancelled": Text(
        "今天这个门诊停诊，没有取号，请到{desk}办理改期或退号。",
        "This clinic is cancelled today, so no number was given. Please go to {desk} to change or cancel.",
    ),
    "session_over": Text(
        "这个门诊已经结束，没有取号，请到{desk}询问。",
        "This clinic session has ended, so no number was given. Please ask at {desk}.",
    ),
    "unknown_session": Text(
        "今天没有这个门诊安排，没有取号，请到{desk}询问。",
        "There is no such clinic session today, so no number was given. Please ask at {desk}.",
    ),
    "registration_unpaid": Text(
        "挂号还没有付费，没有取号，请先付费再签到。",
        "The registration is not paid yet, so no number was given. Please pay first.",
    ),
    "registration_withdrawn": Text(
        "这个挂号已经退号，没有取号，请到{desk}询问。",
        "This registration was withdrawn, so no number was given. Please ask at {desk}.",
    ),
    "registration_needed": Text(
        "这个门诊需要先挂号，没有取号，请先挂号。",
        "This clinic needs a registration first; no number was given. Please register.",
    ),
    "queue_closed": Text(
        "这个队列现在不取号，请到{desk}询问。", "This queue gives no numbers now. Please ask at {desk}."
    ),
    "unknown_queue": Text(
        "没有这个队列，没有执行，请核对后再试。",
        "There is no such queue. Nothing was done. Please check and try again.",
    ),
    "unknown_station": Text(
        "没有这个叫号点，没有执行，请核对后再试。",
        "There is no such station. Nothing was done. Please check and try again.",
    ),
    "unknown_ticket": Text(
        "没有找到这个号，没有改动，请到{desk}询问。",
        "This number was not found. Nothing was changed. Please ask at {desk}.",
    ),
    "unknown_doctor": Text(
        "没有这位医生，没有执行，请核对后再试。",
        "There is no such doctor. Nothing was done. Please check and try again.",
    ),
    "day_not_open": Text(
        "今天还没有开始服务，没有办理，请稍后再来。",
        "Today's service has not opened yet. Nothing was done. Please come back later.",
    ),
    "day_already_open": Text(
        "这一天已经开始服务，没有改动。",
        "This day is already open. Nothing was changed.",
    ),
    "station_open": Text(
        "这个叫号点已经由别人使用，没有改动，请另选，或请对方先结束叫号。",
        "This station is in use by somebody else. Nothing was changed. Choose another one, or let them close it.",
    ),
    "station_closed": Text(
        "这个叫号点还没有开始使用，没有执行，请先开始叫号。",
        "This station is not open. Nothing was done. Open it first.",
    ),
    "station_busy": Text(
        "这里还有一位正在就诊或刚叫到的患者，没有改动，请先结束。",
        "A patient is called or in service here. Nothing was changed. Finish first.",
    ),
    "moved_on": Text(
        "列表已变化，没有执行：{now}。请看清后再操作。",
        "The list has changed and nothing was done: {now}. Please look again.",
    ),
    "last_call_open": Text(
        "还没有叫下一位。刚叫到的患者没有开始就诊：已经看过，还是没有来？",
        "Nobody was called yet. The patient last called has not started: seen or missed?",
    ),
    "nobody_waiting": Text("现在没有等候的患者，没有叫号。", "Nobody is waiting, so nobody was called."),
    "nobody_called": Text(
        "现在没有叫到的患者，没有执行，请先叫下一位。",
        "Nobody is called here. Nothing was done. Call the next one first.",
    ),
    "nobody_in_service": Text(
        "现在没有正在就诊的患者，没有执行，请先开始就诊。",
        "Nobody is in service here. Nothing was done. Start the service first.",
    ),
    "not_missed": Text("这个号没有过号，不需要重新候诊。", "This number was not missed; it keeps its place."),
    "ticket_over": Text(
        "这个号已经结束，没有改动，请到{desk}询问。",
        "This number has ended. Nothing was changed. Please ask at {desk}.",
    ),
    "in_service": Text(
        "这位患者正在就诊，没有改动，请先看完。",
        "This patient is in service. Nothing was changed. Finish first.",
    ),
    "queue_without_triage": Text(
        "这个队列不按分诊级别排队，没有改动。", "This queue has no triage. Nothing was changed."
    ),
    "not_waiting": Text(
        "这个号现在不在候诊，没有改动。过号的请先恢复排队。",
        "This number is not waiting now. Nothing was changed. If it was missed, let it rejoin first.",
    ),
    "has_person": Text(
        "这个号已经有患者身份，没有改动。", "This number already belongs to a known patient. Nothing was changed."
    ),
    "person_here_already": Text(
        "这位患者在这个队列已有 {number} 号，没有合并。请取消其中一个号再办理。",
        "This patient already has number {number} in this queue. Nothing was merged. Cancel one of the two first.",
    ),
    "cannot_undo": Text(
        "后面已有新的操作，没有撤销，请先撤销后面的。",
        "Something later depends on it, so it was not undone. Undo that first.",
    ),
    "nothing_to_undo": Text("没有可以撤销的操作。", "There is nothing to undo."),
    "limit_reached": Text(
        "这个门诊今天的号已满，没有取号，请到{desk}询问。",
        "This session is full today, so no number was given. Please ask at {desk}.",
    ),
    "kept_for_referrals": Text(
        "余下的号留给转诊患者，没有取号，请到{desk}。",
        "The places that are left are kept for referrals, so no number was given. Please go to {desk}.",
    ),
    "session_short": Text(
        "那个门诊只余 {free} 个号，这里有 {count} 位，没有移动。请另选门诊，或写明加号理由。",
        "That session has {free} places left and {count} patients wait here. Nobody was moved. Choose another session, "
        "or give a reason to go over its limit.",
    ),
    "session_running": Text(
        "这个门诊还没有结束，没有登记爽约。", "This session has not ended, so no missed bookings were noted."
    ),
    "number_missing": Text(
        "医院没有给出号序，没有取号，请到{desk}。",
        "The hospital gave no number, so you have none yet. Please ask at {desk}.",
    ),
    "number_taken": Text(
        "这个号序已经有人使用，没有取号，请到{desk}核对。",
        "This number is already in use, so it was not given again. Please ask at {desk}.",
    ),
    "clock_behind": Text(
        "服务器时钟早于上一条记录，暂停取号，没有执行，请管理员校时。",
        "The server's clock is behind its last record. Nothing was done. An administrator must set it.",
    ),
    "clock_jump": Text(
        "服务器时钟跳变过大，暂停取号，没有执行，请管理员确认时间。",
        "The server's clock jumped. Nothing was done. An administrator must confirm the time.",
    ),
    "bad_time": Text(
        "没有补录：时间不能晚于现在，也不能早于取号，请改正。",
        "Nothing was entered: the time is after now or before the ticket was issued. Please correct it.",
    ),
    "wrong_station": Text(
        "这个叫号点不叫这个队列的号，没有叫号，请到对应的叫号点。",
        "This station does not call this number's queue. Nothing was done. Use a station that does.",
    ),
    "slot_over": Text("这个时段已经过去，没有预约。", "This slot is over. Nothing was booked."),
    "too_far_ahead": Text(
        "最多可提前 {days} 天预约，没有预约。", "Bookings open {days} days ahead. Nothing was booked."
    ),
    "booking_banned": Text(
        "多次预约未到，{until} 以前不能预约；可到{desk}当天挂号。",
        "After several missed bookings none can be made until {until}. Please register on the day at {desk}.",
    ),
    "booked_already": Text(
        "这一天这个科室已有预约，没有重复预约；要更改请到{desk}。",
        "There is a booking for this clinic on that day already; no other was made. To change it, ask at {desk}.",
    ),
    "too_many_bookings": Text(
        "同时最多保留 {count} 个预约，没有预约，请先取消一个。",
        "At most {count} bookings at once, so no other was made. Please cancel one first.",
    ),
    "slot_full": Text(
        "这个时段已约满，没有预约，请选择其他时段。",
        "This slot is full. Nothing was booked. Please choose another one.",
    ),
    "slot_free": Text(
        "这个时段还有号，不用候补，请直接预约。", "This slot still has places: no need to wait for one. Please book it."
    ),
    "waiting_already": Text(
        "您已经在候补这个时段，没有重复登记。", "You wait for a place of this slot already. Nothing was changed."
    ),
    "waiting_list_full": Text(
        "这个时段不能再候补，没有登记，请选择其他时段。",
        "Nobody more can wait for a place of this slot, so you were not put down. Please choose another one.",
    ),
    "waiting_list_over": Text(
        "离开始不到 {minutes} 分钟，候补已截止，没有登记；空出的号先到先得。",
        "It begins within {minutes} minutes, so the waiting list is closed and you were not put down. Whoever asks "
        "first gets a place that becomes free.",
    ),
    "too_late_to_cancel": Text(
        "开始前 {minutes} 分钟以内不能取消，未到会记为爽约。",
        "It cannot be cancelled within {minutes} minutes of its start; not coming counts as a no-show.",
    ),
    "not_away": Text("这个号没有暂离，也没有去检查，没有改动。", "This number is not away. Nothing was changed."),
    "bad_minutes": Text(
        "时间要在 1 到 {most} 分钟之间，没有执行。", "The time must be 1 to {most} minutes. Nothing was done."
    ),
    "no_return": Text(
        "这个号今天没有看过诊，不能回诊。请到{desk}询问。",
        "This number was not seen today, so it cannot return with results. Please ask at {desk}.",
    ),
    "no_session": Text(
        "那里现在没有出诊安排，没有转过去。请另选队列或医生。",
        "There is no clinic session there now. The number stays where it is. Choose another queue or doctor.",
    ),
    "same_place": Text("这个号已经在那里，没有改动。", "This number is there already. Nothing was changed."),
    "no_room_list": Text(
        "这个诊室直接从大厅叫号，没有门口名单，没有改动。请按叫号顺序等候。",
        "This room calls from the hall and has no list of its own. Nothing was changed. The number waits in its order.",
    ),
    "room_full": Text(
        "这个诊室门口已安排 {most} 位，没有改动。请等叫号后再安排，或换一个诊室。",
        "The desk has put {most} at this room's door already. Nothing was changed. Wait for a call, or choose another "
        "room.",
    ),
    "waits_by_count": Text(
        "这个号按叫号次数轮候，还没有排队位置，没有改动。轮到后再安排诊室。",
        "This number waits by a count of calls and has no place yet. Nothing was changed. Assign it once its turn has "
        "come.",
    ),
    "not_at_a_door": Text(
        "这个号在大厅候诊，没有改动。", "This number waits in the hall already. Nothing was changed."
    ),
    "rooms_fill_themselves": Text(
        "这个队列自动安排诊室，号会马上再排过去，没有改动。需要换诊室时请直接选另一个诊室。",
        "This queue fills its rooms by itself and would do so again at once. Nothing was changed. To change the room, "
        "choose another one.",
    ),
    "nobody_behind": Text("后面没有等候的患者，位置不变。", "Nobody waits behind this number; it keeps its place."),
    "no_later_slot": Text(
        "今天没有更晚的时段，位置不变。", "There is no later time today; the number keeps its place."
    ),
    "nothing_to_gain": Text("这样不会提前，位置不变。", "This would not bring the number forward; it keeps its place."),
    "unknown_credit": Text("这个队列没有这种优先，没有改动。", "This queue has no such credit. Nothing was changed."),
    "unknown_reason": Text("请从列表中选择理由，没有执行。", "Choose a reason from the list. Nothing was done."),
    "session_open": Text(
        "这个门诊没有停诊，没有改动。请先停诊。", "This session is not cancelled. Nothing was changed. Cancel it first."
    ),
    "queue_paused": Text(
        "这个队列暂停叫号，没有叫号。请先恢复叫号。", "This queue is paused. Nobody was called. Resume it first."
    ),
    "not_paused": Text(
        "这个队列没有暂停，没有改动。",
        "This queue is not paused. Nothing was changed.",
    ),
    "bad_text": Text(
        "文字要有 1 到 {most} 个字，没有发布。", "The text must have 1 to {most} characters. It was not shown."
    ),
    "too_many_texts": Text(
        "这个大厅已有 {most} 条通知，没有发布，请先撤下一条。",
        "This hall shows {most} texts already, and this one is not shown. Take one down first.",
    ),
    "unknown_text": Text(
        "没有这条通知，没有改动，可能已经到时撤下。",
        "There is no such text; its time may be up. Nothing was changed.",
    ),
    "unknown_hall": Text(
        "没有这个大厅，没有执行，请核对后再试。",
        "There is no such hall. Nothing was done. Please check and try again.",
    ),
    "no_stops": Text("没有可以排的项目，没有开指引单。", "There is nothing to be put on a slip, so none was issued."),
    "too_many_stops": Text(
        "一张指引单最多 {most} 项，没有开单，请到{desk}。",
        "A slip has at most {most} stops, so none was issued. Please go to {desk}.",
    ),
    "needs_missing": Text(
        "要先做的项目还没有付费，或不在今天的单上，没有开指引单，请到{desk}。",
        "What has to be done first is not paid or not for today, so no slip was issued. Please go to {desk}.",
    ),
    "needs_in_a_ring": Text(
        "这些项目互相要求先做，排不出顺序，没有开指引单，请到{desk}。",
        "These orders each need another one first, so no slip was issued. Please go to {desk}.",
    ),
    "no_slip": Text("今天没有指引单，没有改动。", "There is no slip today. Nothing was changed."),
    "order_needed": Text(
        "这里需要医生的医嘱才能取号，没有取号。", "A number is given here with a doctor's order only; none was given."
    ),
    "order_unpaid": Text(
        "这一项还没有付费，没有取号，请先付费。", "This is not paid yet, so no number was given. Please pay first."
    ),
    "order_withdrawn": Text(
        "医生已撤销这一项，没有取号，请到{desk}询问。",
        "The doctor withdrew this, so no number was given. Please ask at {desk}.",
    ),
    "order_done": Text(
        "这一项已经完成，不需要再取号；有疑问请到{desk}。",
        "This was done already, so no number was given. With questions please go to {desk}.",
    ),
    "order_not_today": Text(
        "这一项不是今天的，没有取号，请按单上的日期再来。",
        "This is not for today, so no number was given. Please come back on its day.",
    ),
    "expired": Text("这个操作超过时限，没有执行。", "This request came too late and was not carried out."),
}


def refusal(code: str, *, ticket: str | None = None, position: int | None = None, **words: str | Text) -> Refusal:
    """The refusal ``code`` with its sentence filled in.

    Args:
        code: a key of ``SENTENCES``.
        ticket: the ticket concerned.
        position: the log position concerned.
        **words: values for the sentence's placeholders; a ``Text`` gives each language its own.

    Raises:
        KeyError: an unknown code or a missing word, which is a programming error.
    """
    sentence = SENTENCES[code]
    zh = {name: word.zh if isinstance(word, Text) else word for name, word in words.items()}
    en = {name: word.en if isinstance(word, Text) else word for name, word in words.items()}
    return Refusal(code, Text(sentence.zh.format(**zh), sentence.en.format(**en)), ticket, position)
