"""The rules of a queue in plain language, from the very data by which it is run: what the public rules page says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from queue_server.engine.bound import excepted, margins
from queue_server.engine.entries import SiteIndex
from queue_server.engine.site import Abandon, PlaceStamp, Text, TimeStamp
from queue_server.engine.stamps import CREDIT_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from queue_server.engine.site import Queue, Site, Stamps
    from queue_server.engine.stamps import Rule

About: TypeAlias = Literal["order", "appointment", "walk_in", "late", "return", "missed", "credit", "lock", "place",
                           "station", "session", "emergency", "bound", "limit", "wait", "two_stage"]  # fmt: skip


class RuleText(msgspec.Struct, frozen=True):
    """One rule: what it is about, a heading and a sentence or two."""

    about: About
    title: Text
    text: Text


_OF: dict[str, Text] = {
    "any": Text("位患者", "more calls"),
    "first_visit": Text("位初诊患者", "more first visits"),
    "appointment": Text("位预约患者", "more booked patients"),
    "walk_in": Text("位现场患者", "more walk-ins"),
    "return": Text("位回诊患者", "more returning patients"),
}
_ANCHORS: dict[str, Text] = {
    "slot_start": Text("预约时段的开始", "the start of the booked slot"),
    "session_end": Text("本午别的结束", "the end of the session"),
    "check_in": Text("签到的时间", "the time of check-in"),
    "triage_time": Text("分诊的时间", "the time of triage"),
    "now": Text("回来的时间", "the time of coming back"),
}
ENOUGH_WAITS = 60
"""Fewer say nothing of how often the expected wait holds."""
_LEFTOVERS: dict[str, Text] = {
    "continue": Text("上午没有看完的患者继续等候", "Whoever is not seen in the morning goes on waiting"),
    "afternoon_head": Text(
        "上午没有看完的患者排到下午最前", "Whoever is not seen in the morning goes first in the afternoon"
    ),
    "lapse": Text("门诊结束时没有看到的号作废", "A number that is not seen by the end of the session ends"),
}


def rules_of(site: Site, queue: Queue, judged: tuple[int, int] = (0, 0)) -> list[RuleText]:
    """Every rule that orders ``queue``, as a patient may read it.

    ``judged``: of the last week's waits, how many were within the range that was shown, and of how many.
    """
    index = SiteIndex(site, "")
    if queue.triage:
        return [
            *_by_triage(queue),
            *_levels(site, queue),
            *_stations(site, queue),
            *_rooms(queue),
            *_promises(index, queue),
            _wait(judged),
        ]
    rules = [
        RuleText(
            "order",
            Text("先后", "Order"),
            Text(
                "每个号有一个排队时刻，时刻早的先叫；时刻相同，先得到的先叫。时刻只按写明的规则变化，"
                "每次变化都写在号上。",
                "Every number has a queueing moment, and the earliest goes first; of equal ones, the first to get it. "
                "A moment changes by a stated rule only, and every change is shown with the number.",
            ),
        ),
        *_rules_of_stamps(queue.stamps, is_open=queue.kind == "open"),
    ]
    for name, stamps in queue.stamp_sets.items():
        for rule in _rules_of_stamps(stamps, is_open=queue.kind == "open"):
            title = Text(f"{rule.title.zh}（{name} 门诊）", f"{rule.title.en} (sessions “{name}”)")
            rules.append(msgspec.structs.replace(rule, title=title))
    rules += [*_stations(site, queue), *_rooms(queue), *_clinic(index, queue), *_promises(index, queue)]
    return [*rules, _wait(judged)]


def _by_triage(queue: Queue) -> Iterator[RuleText]:
    yield RuleText(
        "order",
        Text("先后", "Order"),
        Text(
            "按护士分诊的级别：I 级最先，其次 II 级；III 级、IV 级按分诊时间加上该级的时限，早的先叫。"
            "等候太久会再次评估，再次评估不会让您往后排，除非病情减轻。",
            "By the level that a nurse gives: level I first, then level II; levels III and IV by the moment of triage "
            "and that level's limit, the earliest first. Who waits long is assessed again and loses no place by it, "
            "unless the condition is milder.",
        ),
    )
    unseen = _of_rule(queue.stamps.walk_in)
    yield RuleText("walk_in", Text("还没有分诊", "Not triaged yet"), unseen)
    yield RuleText(
        "missed",
        Text("过号", "Missed"),
        Text("回来后仍在分诊级别的位置", "Once back, the place is still that of the level"),
    )
    if queue.stamps.lock:
        yield _lock(queue.stamps.lock)


def _lock(lock: int) -> RuleText:
    return RuleText(
        "lock",
        Text("锁定", "Fixed places"),
        Text(
            f"最前面的 {lock} 位不再变动，任何规则都不插到他们前面；急诊除外",
            f"The first {lock} places stay as they are: no rule puts anybody before them, emergencies apart",
        ),
    )


def _rules_of_stamps(stamps: Stamps, *, is_open: bool) -> Iterator[RuleText]:
    if not is_open:
        yield RuleText("appointment", Text("预约", "Booked"), _of_rule(stamps.appointment))
    yield RuleText(
        "walk_in", Text("取号", "Any number") if is_open else Text("现场", "Walk-in"), _of_rule(stamps.walk_in)
    )
    if not is_open:
        yield from _late(stamps)
        if stamps.returns is not None:
            yield RuleText("return", Text("回诊", "Back with results"), _of_rule(stamps.returns))
        else:
            like = Text("和现场患者一样，按回来的时间", "Like a walk-in who comes at that moment")
            yield RuleText("return", Text("回诊", "Back with results"), like)
    for count, rule in enumerate(stamps.missed, 1):
        last = count == len(stamps.missed) and not isinstance(rule, Abandon)
        title = Text(f"第 {count} 次过号", f"Missed, time {count}")
        if last:
            title = Text(f"第 {count} 次起过号", f"Missed, from time {count} on")
        yield RuleText("missed", title, _of_rule(rule))
    if not stamps.missed:
        kept = Text("回来后保留原来的排队时刻", "Once back, the number keeps its queueing moment")
        yield RuleText("missed", Text("过号", "Missed"), kept)
    if stamps.special is not None and not is_open:
        names = [CREDIT_NAMES.get(group, Text(group, group)) for group in stamps.special.groups]
        by = _of_rule(stamps.special.rule)
        zh, en = "、".join(name.zh for name in names), ", ".join(name.en for name in names)
        text = Text(f"{zh}：{by.zh}", f"For {en}: {by.en[0].lower()}{by.en[1:]}")
        yield RuleText("credit", Text("优待人群", "Special groups"), text)
    yield from _credits(stamps)
    if stamps.lock:
        yield _lock(stamps.lock)


def _late(stamps: Stamps) -> Iterator[RuleText]:
    rules: list[tuple[int, Rule]] = [(stamps.late_after_min, stamps.late)]
    rules += [(each.after_min, each.rule) for each in stamps.late_rules]
    for after, rule in rules:
        title = Text(f"迟到超过 {after} 分钟", f"More than {after} minutes late")
        none = Text("不再发号，请到分诊台，由工作人员处理", "No number is given; please ask at the nurse desk")
        yield RuleText("late", title, none if isinstance(rule, Abandon) else _of_rule(rule))


def _credits(stamps: Stamps) -> Iterator[RuleText]:
    for reasons, most, about in (
        (stamps.credits, stamps.max_credit_min, Text("照顾", "Earlier for a reason")),
        (stamps.severity, stamps.max_severity_min, Text("病情", "Earlier by severity")),
    ):
        given = {name: min(minutes, most) for name, minutes in reasons.items() if min(minutes, most) > 0}
        if not given:
            continue
        names = {name: CREDIT_NAMES.get(name, Text(name, name)) for name in given}
        zh = "、".join(f"{names[name].zh} {minutes} 分钟" for name, minutes in given.items())
        en = ", ".join(f"{names[name].en} {minutes} min" for name, minutes in given.items())
        yield RuleText(
            "credit",
            about,
            Text(
                f"排队时刻提前：{zh}。几项同时有，只算最多的一项，不相加",
                f"The moment is earlier: {en}. Of several only the greatest counts, never their sum",
            ),
        )


def _of_rule(rule: Rule) -> Text:
    if isinstance(rule, Abandon):
        return Text("这个号作废，请到分诊台重新签到", "The number ends; please check in again at the nurse desk")
    if isinstance(rule, PlaceStamp):
        if not rule.calls:
            return Text("排在当前患者之后，下一位叫到", "Next after the present patient")
        of, zh, en = _OF[rule.of], "", ""
        if rule.calls_when_more:
            zh = f"（名单中的人比他们多时，每再叫 {rule.calls_when_more} 位）"
            en = f" ({rule.calls_when_more} while more wait in the list than of those)"
        return Text(
            f"排入专门的名单；每再叫 {rule.calls} {of.zh}{zh}，名单中的第一位轮到；没有别人可叫时提前轮到",
            f"Waits in a list of its own, whose first is called after {rule.calls} {of.en}{en}, or sooner when nobody "
            "else can be called",
        )
    anchor = _anchor(rule)
    zh = en = ""
    if rule.allowance_min > 0:
        zh, en = f"，再往后 {rule.allowance_min} 分钟", f", {rule.allowance_min} minutes later"
    elif rule.allowance_min < 0:
        zh, en = f"，再往前 {-rule.allowance_min} 分钟", f", {-rule.allowance_min} minutes earlier"
    return Text(f"排队时刻是{anchor.zh}{zh}", f"The queueing moment is {anchor.en}{en}")


def _anchor(rule: TimeStamp) -> Text:
    if rule.anchor == "slot_start_within":
        return Text(
            f"预约时段的开始；签到比它晚 {rule.grace_min} 分钟以上的，是签到前 {rule.grace_min} 分钟",
            f"the start of the booked slot or, for a check-in more than {rule.grace_min} minutes after it, "
            f"{rule.grace_min} minutes before the check-in",
        )
    if rule.anchor == "number":
        return Text(
            f"门诊开始，号序每往后一号加 {rule.each_min} 分钟",
            f"the session's beginning, and {rule.each_min} minutes for every number before",
        )
    if rule.anchor == "slot_end":
        if rule.slots < 0:
            return Text("本午别最后一个时段的结束", "the end of the session's last slot")
        if rule.slots == 0:
            return Text("当前时段的结束", "the end of the current slot")
        return Text(f"当前时段之后第 {rule.slots} 个时段的结束", f"the end of slot {rule.slots} after the current one")
    return _ANCHORS[rule.anchor]


def _levels(site: Site, queue: Queue) -> Iterator[RuleText]:
    title = Text("哪个诊室接哪些级别", "Which room takes which levels")
    for station in site.stations:
        if queue.id in station.queues and station.levels:
            levels = "、".join(station.levels), ", ".join(station.levels)
            text = Text(f"{station.name.zh}接 {levels[0]} 级", f"{station.name.en} takes levels {levels[1]}")
            yield RuleText("station", title, text)


def _stations(site: Site, queue: Queue) -> Iterator[RuleText]:
    names = {each.id: each.name for each in site.queues}
    title = Text("几个队列一起叫", "Several queues at one place")
    said: set[Text] = set()
    for station in site.stations:
        others = [names[other] for other in station.queues if other != queue.id and other in names]
        if queue.id not in station.queues or not others:
            continue
        zh, en = "、".join(other.zh for other in others), ", ".join(other.en for other in others)
        if station.serves == "merge":
            text = Text(f"和{zh}一起，按排队时刻先后叫号", f"Together with {en}, by the queueing moment")
        elif station.serves == "ratio":
            shares = [(names[other], station.ratio.get(other, 1)) for other in station.queues if other in names]
            text = Text(
                "轮流叫号：" + "，".join(f"{name.zh} {share} 位" for name, share in shares),
                "By turns: " + ", ".join(f"{name.en} {share}" for name, share in shares),
            )
        else:
            order = [names[other] for other in station.queues if other in names]
            text = Text(
                "严格按队列先后：" + "，其次".join(name.zh for name in order) + "。排在后面的队列没有最晚时间的保证",
                "Strictly by queue: " + ", then ".join(name.en for name in order) + ". There is no bound for the later "
                "ones",
            )
        if text not in said:
            said.add(text)
            yield RuleText("station", title, text)


def _rooms(queue: Queue) -> Iterator[RuleText]:
    if not queue.room_look_ahead:
        return
    most = queue.room_look_ahead
    zh, en = f"每间诊室门口最多 {most} 位", f"at most {most} at each room's door"
    how = Text("一有空位，就按排队时刻先后安排", "whenever there is a place, by the queueing moment")
    if queue.room_assignment == "by_hand":
        how = Text("由分诊台安排", "as the nurse desk says")
    yield RuleText(
        "two_stage",
        Text("二级候诊", "Two stages of waiting"),
        Text(
            f"先在大厅候诊，再到诊室门口候诊（{zh}），{how.zh}；各诊室按排队时刻叫自己门口的患者。"
            "诊室停止叫号，就回到大厅，次序不变",
            f"First in the hall, then at a room's door ({en}), {how.en}; each room calls those at its door by the "
            "queueing moment. When a room stops calling, they are back in the hall in the same order",
        ),
    )


def _clinic(index: SiteIndex, queue: Queue) -> Iterator[RuleText]:
    clinic = index.clinics.get(queue.clinic or "")
    if clinic is None:
        return
    leftovers = _LEFTOVERS[clinic.leftovers]
    minutes = clinic.check_in_opens_min
    opens = (
        Text(f"预约时段开始前 {minutes} 分钟起可以签到。", f"Check-in opens {minutes} minutes before the booked slot.")
        if clinic.needs_check_in
        else Text(
            f"不用签到；预约时段开始前 {minutes} 分钟起自动排队。",
            f"No check-in is needed: the place is kept from {minutes} minutes before the booked slot.",
        )
    )
    hall = next((one.name for one in index.site.halls if one.id == clinic.hall), None)
    if clinic.check_in_at == "own_hall" and hall is not None:
        opens = Text(f"{opens.zh}只在{hall.zh}的自助机签到。", f"{opens.en} At the kiosks of {hall.en} only.")
    opens = Text(f"{opens.zh}{leftovers.zh}", f"{opens.en} {leftovers.en}")
    yield RuleText("session", Text("签到和门诊结束", "Check-in and the session's end"), opens)


def _promises(index: SiteIndex, queue: Queue) -> Iterator[RuleText]:
    yield RuleText(
        "emergency",
        Text("急诊", "Emergencies"),
        Text("危急患者随时先看，不受以上规则限制", "Emergencies are seen first at any time, whatever the rules above"),
    )
    known = margins(index, queue.id)
    title = Text("最晚到什么时候", "What you can rely on")
    if queue.triage or known.minutes is None:
        text = Text(
            "这个队列不能保证某个时刻以后来的人不会先叫到",
            "For this queue there is no moment after which nobody who comes can be called before you",
        )
    else:
        rest = excepted(known)
        text = Text(
            f"在您的排队时刻之后 {known.minutes} 分钟以后签到的，不会在您之前叫到；只有{rest.zh}除外，都会写明。"
            "小票页写着您的那个时刻；重新候诊后以新的为准",
            f"Nobody who checks in more than {known.minutes} minutes after your queueing moment is called before you, "
            f"except {rest.en}, each of them shown. Your ticket's page gives the time; with a new place comes a new "
            "one",
        )
    yield RuleText("bound", title, text)
    if queue.wait_limit_min:
        yield RuleText(
            "limit",
            Text("等得太久", "A wait too long"),
            Text(
                f"等候超过 {queue.wait_limit_min} 分钟，护士会看到提醒；次序不会因此自动改变",
                f"A wait of more than {queue.wait_limit_min} minutes is shown to the nurses; it changes no order by "
                "itself",
            ),
        )


def _wait(judged: tuple[int, int]) -> RuleText:
    """What the expected wait is worth: as it was measured, and nothing while there is too little to tell."""
    inside, waits = judged
    title = Text("预计等候", "The expected wait")
    if waits < ENOUGH_WAITS:
        text = Text(
            "预计等候是一个范围，目标是十次里八次在范围内；本周的次数还太少，不能说准不准",
            "The expected wait is a range that is meant to hold eight times in ten; there were too few waits this week "
            "to say how often it did",
        )
    else:
        percent = (200 * inside + waits) // (2 * waits)
        text = Text(
            f"预计等候是一个范围，本周 {waits} 次里 {percent}% 在范围内",
            f"The expected wait is a range; {percent} % of this week's {waits} waits were within it",
        )
    return RuleText("wait", title, text)
