"""A station with people waiting, in a fake lobby."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from playwright.sync_api import Page

from queue_server import contract as c
from tests.web.fake_lobby import FakeLobby, both, problem

STATION = "/api/station/room3"
REASONS = [
    ("预约", "预约 09:00–09:30，09:02 已签到，按预约开始时间 09:00 排。", "Booked 09:00–09:30, here 09:02."),
    ("现场", "08:41 现场取号，按取号时间加 30 分钟排在 09:11。", "Walk-in at 08:41, placed at 09:11."),
    ("预约", "预约 09:30–10:00，09:12 已签到，按预约开始时间 09:30 排。", "Booked 09:30–10:00, here 09:12."),
    ("回诊", "09:20 检查后回来，再叫 2 位后轮到。", "Back from tests at 09:20, after 2 more calls."),
    ("迟到", "预约 08:30–09:00，迟到 24 分钟，排到下一时段末 09:30。", "24 minutes late, placed at 09:30."),
]
NAMES = ["王*", "李*芳", "张*", "欧**明", "赵*国", "陈*", "刘*英", "孙*"]


def row(lobby: FakeLobby, index: int, **changes: Any) -> c.TicketRow:
    kind, zh, en = REASONS[index % len(REASONS)]
    made = c.TicketRow(
        ticket=f"t{index}",
        number=f"A{index + 1:03d}",
        masked_name=NAMES[index % len(NAMES)],
        status="waiting",
        clinic=both("心内科", "Cardiology"),
        doctor=both("周敏", "Zhou Min") if index % 2 == 0 else None,
        kind=both(kind),
        reason=both(zh, en),
        issued_at=lobby.now - timedelta(minutes=40 - index),
        slot_start=None,
        called_at=None,
        calls=0,
        misses=0,
        printed="done",
    )
    return msgspec.structs.replace(made, **changes)


def ticket(lobby: FakeLobby, **changes: Any) -> c.TicketView:
    made = c.TicketView(
        ticket="t9",
        number="A012",
        status="waiting",
        hospital=both("市第一医院", "First Hospital"),
        clinic=both("心内科", "Cardiology"),
        doctor=both("周敏 主任医师", "Dr Zhou Min"),
        period=both("上午", "Morning"),
        area=both("门诊楼二层 B 区", "Area B, second floor"),
        room=None,
        masked_name="王*芳",
        slot_start=lobby.now,
        slot_end=lobby.now + timedelta(minutes=30),
        ahead=4,
        wait=c.WaitRange(15, 25),
        reason=both(*REASONS[0][1:]),
        issued_at=lobby.now - timedelta(minutes=25),
        printed="done",
        qr="HZ:abc",
        position=lobby.position,
        server_time=lobby.now,
        history=[
            c.HistoryLine(lobby.now - timedelta(minutes=25), both("签到，取号 A012。", "Checked in, number A012.")),
        ],
    )
    return msgspec.structs.replace(made, **changes)


class Held:
    """The page's next answer from ``path``, which reaches the page no earlier than it is released."""

    def __init__(self, page: Page, path: str) -> None:
        self.page = page
        page.evaluate(
            """path => {
                const real = window.fetch;
                window.fetch = async (...asked) => {
                    if (asked[0] !== path) return real(...asked);
                    window.fetch = real;
                    const answer = await real(...asked);
                    await new Promise((release) => { window.release = release; });
                    return answer;
                };
            }""",
            path,
        )

    def release(self) -> None:
        self.page.wait_for_function("() => window.release")
        self.page.evaluate("window.release()")


class Console:
    """The station's view and the few rules that its buttons need."""

    def __init__(self, lobby: FakeLobby, *, waiting: int = 6, next_means: str = "ask", is_open: bool = True) -> None:
        self.lobby = lobby
        self.view = c.StationView(
            station="room3",
            name=both("3 号诊室", "Room 3"),
            room=both("门诊楼二层 3 号诊室", "Room 3, second floor"),
            is_open=is_open,
            staff="n01" if is_open else None,
            doctor=both("周敏 主任医师", "Dr Zhou Min") if is_open else None,
            queues=[both("心内科", "Cardiology"), both("心内科专家", "Cardiology, senior")],
            current=None,
            waiting=[row(lobby, index) for index in range(waiting)],
            missed=[],
            done=[],
            undo=None,
            next_means=next_means,
            position=lobby.position,
            server_time=lobby.now,
        )
        lobby.views[STATION] = self.view
        lobby.views["/api/auth/me"] = {"name": "n01", "role": "nurse", "csrf": "token"}
        lobby.views["/api/station/choices"] = {
            "stations": [
                c.Choice("room3", both("3 号诊室", "Room 3"), both("心内科", "Cardiology")),
                c.Choice("room4", both("4 号诊室", "Room 4"), both("心内科", "Cardiology")),
                c.Choice("cashier1", both("收费 1 号窗口", "Cashier 1"), both("收费", "Cashier")),
            ],
            "doctors": [c.Choice("d1", both("周敏 主任医师", "Dr Zhou Min")), c.Choice("d2", both("何平", "Dr He"))],
        }
        for name in ("open", "close", "undo"):
            lobby.answers[f"POST /api/station/{name}"] = getattr(self, name)
        for name in ("recall", "missed", "start", "finish", "call_next"):
            lobby.answers[f"POST /api/station/{name.replace('_', '-')}"] = self.meant(getattr(self, name))
        lobby.answers["POST /api/desk/undo"] = self.undo
        lobby.answers["POST /api/station/paper-call"] = self.paper_call
        lobby.answers["POST /api/desk/rejoin"] = self.rejoin
        self.before: c.StationView | None = None
        self.recorded: dict[str, c.Done] = {}

    def change(self, **changes: Any) -> int:
        position = self.lobby.next_position()
        self.view = msgspec.structs.replace(self.view, position=position, **changes)
        self.lobby.push(STATION, self.view)
        return position

    def acted(self, label: str, body: Any, **changes: Any) -> c.Done:
        self.before = self.view
        undo = c.UndoView(self.lobby.position + 1, both(label))
        return c.Done(body["command_id"], self.change(undo=undo, **changes))

    def unnoticed(self, **changes: Any) -> None:
        """What happens while the page's feed says nothing of it: the page learns when it asks."""
        position = self.lobby.next_position()
        self.view = self.lobby.views[STATION] = msgspec.structs.replace(self.view, position=position, **changes)

    def meant(self, act: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Do ``act`` for the patient the page means, once for each id, and refuse it for another one."""

        def checked(body: Any) -> Any:
            if body["command_id"] in self.recorded:
                return self.recorded[body["command_id"]]
            current = self.view.current
            if body["current"] == (current.ticket if current else None):
                done = act(body)
                if isinstance(done, c.Done):
                    self.recorded[body["command_id"]] = done
                return done
            now = f"现在是 {current.number}" if current else "现在没有叫到的患者"
            return problem(409, "moved_on", f"列表已变化，{now}。", "The list has changed.")

        return checked

    def open(self, body: Any) -> Any:
        return c.Done(body["command_id"], self.change(is_open=True, staff="n01", doctor=both("周敏 主任医师")))

    def close(self, body: Any) -> Any:
        return c.Done(body["command_id"], self.change(is_open=False, staff=None, doctor=None))

    def call_next(self, body: Any) -> Any:
        current, done, missed = self.view.current, self.view.done, self.view.missed
        if current and current.status == "called":
            if body.get("last_was") is None and self.view.next_means == "ask":
                return problem(
                    409,
                    "last_call_open",
                    "刚叫到的患者还没有开始就诊：已经看过，还是没有来？",
                    "The patient last called has not started: seen or missed?",
                )
            if body.get("last_was") == "missed":
                missed = [msgspec.structs.replace(current, status="missed", misses=1), *missed]
            else:
                done = [msgspec.structs.replace(current, status="finished"), *done]
        elif current:
            done = [msgspec.structs.replace(current, status="finished"), *done]
        if not self.view.waiting:
            if current is None:
                return problem(409, "nobody_waiting", "现在没有等候的患者。", "Nobody is waiting.")
            return self.acted(f"结束就诊 {current.number}", body, current=None, done=done, missed=missed)
        first, *rest = self.view.waiting
        called = msgspec.structs.replace(first, status="called", called_at=self.lobby.now, calls=1)
        return self.acted(f"叫号 {first.number}", body, current=called, waiting=rest, done=done, missed=missed)

    def recall(self, body: Any) -> Any:
        current = msgspec.structs.replace(self.view.current, calls=self.view.current.calls + 1)
        return self.acted(f"再叫 {current.number}", body, current=current)

    def missed(self, body: Any) -> Any:
        gone = msgspec.structs.replace(self.view.current, status="missed", misses=1)
        return self.acted(f"过号 {gone.number}", body, current=None, missed=[gone, *self.view.missed])

    def start(self, body: Any) -> Any:
        current = msgspec.structs.replace(self.view.current, status="serving")
        return self.acted(f"开始 {current.number}", body, current=current)

    def finish(self, body: Any) -> Any:
        seen = msgspec.structs.replace(self.view.current, status="finished")
        return self.acted(f"看完 {seen.number}", body, current=None, done=[seen, *self.view.done])

    def undo(self, body: Any) -> Any:
        before = self.before
        changes = {name: getattr(before, name) for name in ("current", "waiting", "missed", "done")}
        return c.Done(body["command_id"], self.change(undo=None, **changes))

    def rejoin(self, body: Any) -> Any:
        back = next(each for each in self.view.missed if each.ticket == body["ticket"])
        rest = [each for each in self.view.missed if each is not back]
        again = msgspec.structs.replace(
            back, status="waiting", kind=both("过号"), reason=both("过号后回来，再叫 2 位后轮到。")
        )
        done = self.acted(f"重新候诊 {back.number}", body, missed=rest, waiting=[*self.view.waiting, again])
        return c.TicketDone(done, ticket(self.lobby, number=back.number))

    def paper_call(self, body: Any) -> Any:
        called = next((each for each in self.view.waiting if each.ticket == body["ticket"]), None)
        if called is None:
            return problem(409, "ticket_over", "这个号已经结束，请到人工窗口询问。", "This number has ended.")
        rest = [each for each in self.view.waiting if each is not called]
        seen = msgspec.structs.replace(called, status="finished", backfilled=True, called_at=self.lobby.now)
        return self.acted(f"补录 {called.number}", body, waiting=rest, done=[seen, *self.view.done])
