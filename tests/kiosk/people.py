"""Invented patients, bookings and tickets as the server would send them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from queue_server.contract import (
    AppointmentView,
    Choice,
    GuideSlip,
    GuideStop,
    HallInfo,
    IdentifyReply,
    OrderView,
    PatientView,
    Problem,
    RegistrationView,
    Text,
    TicketView,
    TimeRange,
    WaitRange,
    WhyReply,
)

NOT_FOR_PATIENTS = re.compile(
    r"[!！]|系统|服务器|异常|错误|抱歉|有误|sorry|error|system|server|invalid|时钟|管理员|administrator", re.IGNORECASE
)
"""No exclamation marks, no system terms, no blame: docs/design-language.md."""

CHINA = timezone(timedelta(hours=8))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, minute, tzinfo=CHINA)


HOSPITAL = Text("海桐市第一人民医院", "Haitong First People's Hospital")
DESK = Text("一楼大厅 2 号人工窗口", "staffed window 2 on the ground floor")
PAPER_DESK = Text("一楼大厅导诊台", "the information desk on the ground floor")
AREA = Text("二楼 A 区候诊", "Waiting area A, 2nd floor")
MORNING = Text("上午", "morning")

HALL = HallInfo(
    hospital=HOSPITAL,
    hall="west",
    hall_name=Text("门诊楼一楼大厅", "Outpatient hall, ground floor"),
    desk=DESK,
    paper_desk=PAPER_DESK,
    open_queues=[],
    server_time=at(9, 41),
    utc_offset_min=480,
    position=1204,
)

OPEN_QUEUES = [
    Choice("cashier", Text("收费", "Cashier"), None),
    Choice("enquiry", Text("咨询", "Enquiries"), Text("病历、盖章、医保咨询", "Records, stamps, insurance")),
]


def appointment(name: str = "a1", **changes: object) -> AppointmentView:
    values = {
        "appointment": name,
        "clinic": Text("心血管内科", "Cardiology"),
        "doctor": Text("陈明远 主任医师", "Dr Chen Mingyuan, chief physician"),
        "area": AREA,
        "period": MORNING,
        "slot_start": at(10),
        "slot_end": at(10, 30),
    }
    return AppointmentView(**(values | changes))  # type: ignore[arg-type]  # a table of one test's changes


def registration(name: str = "r1", **changes: object) -> RegistrationView:
    values = {
        "registration": name,
        "queue": "ent",
        "clinic": Text("耳鼻咽喉头颈外科", "Ear, nose and throat surgery"),
        "doctor": None,
        "area": Text("三楼 C 区候诊", "Waiting area C, 3rd floor"),
        "period": Text("下午", "afternoon"),
    }
    return RegistrationView(**(values | changes))  # type: ignore[arg-type]  # a table of one test's changes


def ticket(name: str = "t1", **changes: object) -> TicketView:
    values = {
        "ticket": name,
        "number": "A012",
        "status": "waiting",
        "hospital": HOSPITAL,
        "clinic": Text("心血管内科", "Cardiology"),
        "doctor": Text("陈明远 主任医师", "Dr Chen Mingyuan, chief physician"),
        "period": MORNING,
        "area": AREA,
        "room": None,
        "masked_name": "王*英",
        "slot_start": at(10),
        "slot_end": at(10, 30),
        "ahead": 4,
        "wait": WaitRange(15, 25),
        "reason": Text("按预约时段 10:00 排队", "Ordered by your appointment at 10:00"),
        "issued_at": at(9, 41),
        "printed": "pending",
        "qr": "https://queue.haitong-hospital.example/t/7Hq2mXw9Kc4RbT1z",
        "position": 1205,
        "server_time": at(9, 41),
    }
    return TicketView(**(values | changes))  # type: ignore[arg-type]  # a table of one test's changes


BLOOD = Text("血常规、血脂", "Blood count and lipids")
LABORATORY = Text("二楼检验科", "the laboratory, 2nd floor")
SONO = Text("腹部彩超", "Abdominal ultrasound")


def order(key: str = "o1", **changes: object) -> OrderView:
    values = {
        "order": key,
        "kind": "blood",
        "name": BLOOD,
        "queue": "blood",
        "area": LABORATORY,
        "is_paid": True,
        "preparation": None,
        "slot_start": None,
        "slot_end": None,
    }
    return OrderView(**(values | changes))  # type: ignore[arg-type]  # a table of one test's changes


def stop(key: str = "o1", number: str = "U001", **changes: object) -> GuideStop:
    values = {
        "order": 1,
        "stop": key,
        "kind": "order",
        "status": "now",
        "name": BLOOD,
        "area": LABORATORY,
        "number": number,
        "ticket": f"t-{key}" if number else "",
        "preparation": Text("空腹，可少量饮水", "Nothing to eat before; a little water is allowed"),
        "why": Text("现在等候最短，3–11 分钟", "The shortest wait now, 3–11 min"),
        "begins": TimeRange(at(9, 44), at(9, 52)),
        "ready_at": None,
        "ahead": 3,
        "printed": "pending",
    }
    return GuideStop(**(values | changes))  # type: ignore[arg-type]  # a table of one test's changes


def later(key: str, number: str, **changes: object) -> GuideStop:
    return stop(key, number, **({"status": "later"} | changes))


def stops(*, given: bool = True) -> list[GuideStop]:
    """Blood, ultrasound and ECG, with their numbers once these are given."""
    sono = {
        "name": SONO,
        "area": Text("二楼超声科", "Ultrasound, 2nd floor"),
        "preparation": Text("检查前饮水 500 至 800 毫升，憋尿", "Drink 500 to 800 ml and hold it"),
        "why": Text("10:21 以后才能做", "Not possible before 10:21"),
        "begins": TimeRange(at(10, 21), at(10, 34)),
        "ready_at": at(10, 21),
        "ahead": 0,
    }
    ecg = {
        "name": Text("心电图", "ECG"),
        "area": Text("二楼心电图室", "ECG room, 2nd floor"),
        "preparation": None,
        "why": Text("最后一项", "The last one"),
        "begins": TimeRange(at(10, 32), at(10, 58)),
        "ahead": 5,
    }
    return [
        stop("o1", "U001" if given else ""),
        later("o2", "V001" if given else "", order=2, **sono),
        later("o3", "Z001" if given else "", order=3, **ecg),
    ]


def slip(*, given: bool = True, **changes: object) -> GuideSlip:
    values = {
        "slip": "s1",
        "person": "p1",
        "masked_name": "王*英",
        "hospital": HOSPITAL,
        "desk": DESK,
        "stops": stops(given=given),
        "issued_at": at(9, 41),
        "ends": TimeRange(at(10, 36), at(11, 9)),
        "position": 1205,
        "server_time": at(9, 41),
        "qr": "https://queue.haitong-hospital.example/t/7Hq2mXw9Kc4RbT1z" if given else "",
    }
    return GuideSlip(**(values | changes))  # type: ignore[arg-type]  # a table of one test's changes


def why(first: str | None = "A002", because: str = "key", **changes: object) -> WhyReply:
    values = {
        "first": first,
        "because": because,
        "sentence": Text("按排队时刻先后。A002：…；A001：…", "By the queueing moment. A002: ...; A001: ..."),
        "rule": Text("按排队时刻先后", "By the queueing moment"),
        "reasons": [
            Text("预约 09:00，08:55 签到，按 09:00 排。", "Booked for 09:00, checked in at 08:55: queued from 09:00."),
            Text("08:50 现场签到，按 09:20 排。", "Walk-in at 08:50: queued from 09:20."),
        ],
        "position": 1205,
        "server_time": at(9, 41),
        "numbers": ["A002", "A001"],
    }
    return WhyReply(**(values | changes))  # type: ignore[arg-type]  # a table of one test's changes


def patient(name: str = "p1", **changes: object) -> PatientView:
    values = {
        "person": name,
        "masked_name": "王*英",
        "hint": "病案号尾号 0312",
        "hint_en": "file number ending 0312",
        "appointments": [],
        "registrations": [],
        "tickets": [],
    }
    return PatientView(**(values | changes))  # type: ignore[arg-type]  # a table of one test's changes


def reply(*patients: PatientView, old: bool = False) -> IdentifyReply:
    return IdentifyReply(patients=list(patients), list_as_of=at(9, 30), list_is_old=old)


def problem(code: str, zh: str, en: str, ticket_id: str | None = None) -> Problem:
    return Problem(
        type=f"urn:houzhen:{code}", title=code, status=409, code=code, message=Text(zh, en), ticket=ticket_id
    )


TOO_EARLY = problem(
    "too_early", "现在签到太早，请在 08:00 以后再来。", "It is too early to check in. Please come back after 08:00."
)
SESSION_CANCELLED = problem(
    "session_cancelled",
    "今天这个门诊停诊，请到一楼大厅 2 号人工窗口办理改期或退号。",
    "This clinic is cancelled today. Please go to staffed window 2 on the ground floor.",
)
UNPAID = problem(
    "order_unpaid",
    "这一项还没有付费，没有取号，请先付费。",
    "This is not paid yet, so no number was given. Please pay first.",
)
NEEDS = problem("needs_missing", "要先做的项目还没有付费。", "What has to be done first is not paid.")
NOT_TODAY = problem("not_today", "这个预约不是今天的。", "This appointment is not for today.")
ALREADY = problem(
    "already_checked_in",
    "您已经签到，请用原来的号候诊。",
    "You are already checked in. Please keep your number.",
    "t1",
)
