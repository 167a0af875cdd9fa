"""An invented small hospital for tests: two clinics, three doctors, an enquiry desk; nothing of it exists."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from queue_server.engine.site import (
    Abandon,
    Appointment,
    Clinic,
    ClinicSession,
    Doctor,
    Hall,
    Order,
    PlaceStamp,
    Queue,
    Registration,
    Room,
    Site,
    Slot,
    Stamps,
    Station,
    Text,
    TimeStamp,
)

DAY = "2026-03-02"
NEXT_DAY = "2026-03-03"
UTC_OFFSET_MIN = 480
MINUTE = 60_000_000


def at(clock: str, day: str = DAY) -> int:
    """The UTC microseconds of ``HH:MM`` or ``HH:MM:SS`` on the hospital's clock on ``day``."""
    local = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
    utc = local - timedelta(minutes=UTC_OFFSET_MIN)
    return (utc - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def clinic_stamps(*, lock: int = 0, missed_calls: int = 3) -> Stamps:
    """The stamps of a usual clinic: booked time within 15 min, walk-ins as if booked 30 min ahead."""
    return Stamps(
        appointment=TimeStamp(
            anchor="slot_start_within",
            grace_min=15,
            sentence=Text(
                "预约 {slot}，{check_in} 签到，按 {key} 排", "Booked {slot}, here {check_in}, queued as {key}"
            ),
        ),
        walk_in=TimeStamp(
            anchor="check_in",
            allowance_min=30,
            sentence=Text("{check_in} 现场签到，按 {key} 排", "Walked in {check_in}, queued as {key}"),
        ),
        late=TimeStamp(
            anchor="check_in",
            sentence=Text("预约 {slot}，{check_in} 才到，按 {key} 排", "Booked {slot}, late, queued as {key}"),
        ),
        missed=[
            PlaceStamp(
                calls=missed_calls,
                sentence=Text("过号后回来，再叫 {calls} 位后轮到", "Missed and back: after {calls} more calls"),
            ),
            TimeStamp(
                anchor="slot_end",
                sentence=Text("第 {misses} 次过号，排到 {key}", "Missed {misses} times, queued as {key}"),
            ),
            Abandon(sentence=Text("过号 {misses} 次，请重新签到", "Missed {misses} times: please check in again")),
        ],
        late_after_min=15,
        credits={"elder": 20, "disabled": 20, "veteran": 20, "referral": 15},
        max_credit_min=20,
        lock=lock,
    )


def open_stamps() -> Stamps:
    """The stamps of a queue that numbers anybody: first come, first served."""
    came = TimeStamp(anchor="check_in", sentence=Text("{check_in} 取号，按先后排", "Here since {check_in}"))
    return Stamps(
        appointment=came,
        walk_in=came,
        late=came,
        missed=[TimeStamp(anchor="now", sentence=Text("过号后 {now} 回来，排在后面", "Missed, back at {now}"))],
    )


def small_site(*, lock: int = 0) -> Site:
    """A hospital with internal medicine (issued numbers), paediatrics (the hospital's own numbers) and enquiries."""
    return Site(
        id="lakeside",
        name=Text("湖滨示例医院", "Lakeside Example Hospital"),
        time_zone="Asia/Shanghai",
        day_opens="05:00",
        halls=[Hall("h1", Text("一楼大厅", "Ground floor")), Hall("h2", Text("二楼候诊区", "First floor"))],
        clinics=[
            Clinic("im", Text("内科", "Internal medicine"), "h2", Text("二楼 A 区", "Area A, first floor")),
            Clinic(
                "ped",
                Text("儿科", "Paediatrics"),
                "h2",
                Text("二楼 B 区", "Area B, first floor"),
                treat_before_payment=True,
                leftovers="afternoon_head",
            ),
            Clinic(
                "ent",
                Text("耳鼻喉科", "Ear, nose and throat"),
                "h2",
                Text("二楼 C 区", "Area C, first floor"),
                leftovers="lapse",
            ),
        ],
        doctors=[
            Doctor("d-lin", Text("林一", "Lin Yi"), Text("主任医师", "Chief physician"), "im"),
            Doctor("d-he", Text("何二", "He Er"), Text("主治医师", "Attending physician"), "im"),
            Doctor("d-su", Text("苏三", "Su San"), Text("主治医师", "Attending physician"), "ped"),
        ],
        rooms=[
            Room("r1", Text("1 诊室", "Room 1"), "h2", Text("二楼 A 区", "Area A, first floor")),
            Room("r2", Text("2 诊室", "Room 2"), "h2", Text("二楼 A 区", "Area A, first floor")),
            Room("r3", Text("3 诊室", "Room 3"), "h2", Text("二楼 B 区", "Area B, first floor")),
            Room("w1", Text("1 号窗口", "Window 1"), "h1", Text("一楼大厅", "Ground floor")),
        ],
        queues=[
            Queue(
                "q-im",
                Text("内科", "Internal medicine"),
                "h2",
                "clinic",
                clinic_stamps(lock=lock),
                "im",
                prefix="A",
            ),
            Queue(
                "q-ped",
                Text("儿科", "Paediatrics"),
                "h2",
                "clinic",
                clinic_stamps(lock=lock, missed_calls=2),
                "ped",
                numbers="hospital",
            ),
            Queue(
                "q-ent",
                Text("耳鼻喉科", "Ear, nose and throat"),
                "h2",
                "clinic",
                Stamps(
                    appointment=clinic_stamps().appointment,
                    walk_in=PlaceStamp(
                        calls=2,
                        of="appointment",
                        sentence=Text("每叫 2 位预约叫 1 位现场，还有 {calls} 位", "After {calls} booked patients"),
                    ),
                    late=PlaceStamp(calls=1, sentence=Text("迟到，再叫 {calls} 位", "Late: after {calls} calls")),
                    missed=clinic_stamps().missed,
                    lock=lock,
                ),
                "ent",
                prefix="E",
            ),
            Queue("q-ask", Text("咨询", "Enquiries"), "h1", "open", open_stamps(), prefix="Z", mean_service_min=3),
        ],
        stations=[
            Station("s1", Text("1 诊室", "Room 1"), "h2", "r1", ["q-im", "q-ent"]),
            Station("s2", Text("2 诊室", "Room 2"), "h2", "r2", ["q-im"], next_means="missed"),
            Station("s3", Text("3 诊室", "Room 3"), "h2", "r3", ["q-ped", "q-ent"], next_means="seen"),
            Station("w1", Text("1 号窗口", "Window 1"), "h1", "w1", ["q-ask"], next_means="seen"),
        ],
        desk=Text("一楼人工窗口", "the staffed window on the ground floor"),
        paper_desk=Text("二楼分诊台", "the nurse desk on the first floor"),
    )


def emergency_site(*, lock: int = 0) -> Site:
    """The same hospital with an emergency queue, its room and its station ``e1``."""
    site = small_site(lock=lock)
    here = Text("急诊区", "Emergency area")
    queue = Queue(
        "q-er",
        Text("急诊", "Emergency"),
        "h1",
        "open",
        msgspec.structs.replace(
            open_stamps(),
            lock=lock,
            missed=[PlaceStamp(calls=2, sentence=Text("过号，再叫 {calls} 位", "Missed: after {calls} calls"))],
        ),
        prefix="X",
        triage=True,
    )
    return msgspec.structs.replace(
        site,
        rooms=[*site.rooms, Room("er1", Text("急诊 1 诊室", "Emergency 1"), "h1", here)],
        queues=[*site.queues, queue],
        stations=[*site.stations, Station("e1", Text("急诊 1 诊室", "Emergency 1"), "h1", "er1", ["q-er"])],
    )


def with_orders(site: Site | None = None) -> Site:
    """The small hospital with a laboratory, ultrasound, CT and a pharmacy, each a queue of orders, and a cashier."""
    site = small_site() if site is None else site
    rooms = [
        Room(room, Text(zh, en), "h1", Text(f"{zh}外", f"outside {en}"))
        for room, zh, en in [
            ("lab1", "抽血 1 号窗口", "blood draw 1"),
            ("us1", "超声 1 室", "ultrasound 1"),
            ("us2", "超声 2 室", "ultrasound 2"),
            ("ct1", "CT 室", "CT"),
            ("rx1", "取药 1 号窗口", "pharmacy 1"),
            ("pay1", "收费 1 号窗口", "cashier 1"),
        ]
    ]
    queues = [
        Queue("q-lab", Text("抽血", "Blood draw"), "h1", "order", open_stamps(), prefix="L", mean_service_min=3),
        Queue("q-us", Text("超声", "Ultrasound"), "h1", "order", clinic_stamps(), prefix="U", needs_paid=True),
        Queue("q-ct", Text("CT", "CT"), "h1", "order", open_stamps(), prefix="C", mean_service_min=12),
        Queue(
            "q-rx",
            Text("取药", "Pharmacy"),
            "h1",
            "order",
            open_stamps(),
            prefix="Y",
            mean_service_min=2,
            needs_paid=True,
            makes_ticket="at_payment",
        ),
        Queue("q-pay", Text("收费", "Cashier"), "h1", "open", open_stamps(), prefix="S", mean_service_min=3),
    ]
    called = {"lab1": "q-lab", "us1": "q-us", "us2": "q-us", "ct1": "q-ct", "rx1": "q-rx", "pay1": "q-pay"}
    stations = [Station(room.id, room.name, "h1", room.id, [called[room.id]], next_means="seen") for room in rooms]
    return msgspec.structs.replace(
        site, rooms=[*site.rooms, *rooms], queues=[*site.queues, *queues], stations=[*site.stations, *stations]
    )


def order(
    id: str,  # noqa: A002 - the field's name
    person: str,
    queue: str,
    *,
    day: str = DAY,
    **facts: object,
) -> Order:
    """A paid order for ``q-{queue}``."""
    kinds = {"lab": "blood", "rx": "prescription", "pay": "payment"}
    fields = {"kind": kinds.get(queue, "exam"), "status": "paid", **facts}
    return Order(id=id, person=person, queue=f"q-{queue}", day=day, **fields)  # type: ignore[arg-type]  # a test's facts


def digest(site: Site) -> str:
    """What ``ActivateConfiguration`` carries beside the site."""
    return hashlib.sha256(msgspec.json.encode(site, order="sorted")).hexdigest()


def session(
    id: str,  # noqa: A002 - the field's name
    clinic: str,
    doctor: str | None,
    period: str,
    starts: str,
    ends: str,
    *,
    limit: int = 40,
    day: str = DAY,
    status: str = "open",
) -> ClinicSession:
    """A clinic session with half-hour slots."""
    start, end = at(starts, day), at(ends, day)
    slots = [Slot(t, min(t + 30 * MINUTE, end)) for t in range(start, end, 30 * MINUTE)]
    return msgspec.convert(
        {
            "id": id,
            "day": day,
            "clinic": clinic,
            "queue": f"q-{clinic}",
            "doctor": doctor,
            "period": period,
            "starts_at": start,
            "ends_at": end,
            "limit": limit,
            "slots": [msgspec.structs.asdict(slot) for slot in slots],
            "status": status,
        },
        ClinicSession,
    )


def small_sessions(day: str = DAY) -> list[ClinicSession]:
    """A day of that hospital: ids like ``im-lin-am``, ``im-am`` (pool), ``ped-su-am``, ``ent-am``, ``... -pm``."""
    return [
        session("im-lin-am", "im", "d-lin", "morning", "08:00", "12:00", day=day),
        session("im-he-am", "im", "d-he", "morning", "08:00", "12:00", day=day),
        session("im-am", "im", None, "morning", "08:00", "12:00", day=day),
        session("im-pm", "im", None, "afternoon", "13:30", "17:30", day=day),
        session("ped-su-am", "ped", "d-su", "morning", "08:00", "12:00", day=day),
        session("ped-su-pm", "ped", "d-su", "afternoon", "13:30", "17:30", day=day),
        session("ent-am", "ent", None, "morning", "08:00", "12:00", day=day),
    ]


def appointment(
    id: str,  # noqa: A002 - the field's name
    person: str,
    session_id: str,
    slot: str,
    *,
    number: str | None = None,
    credits: list[str] | None = None,  # noqa: A002 - the field's name
    day: str = DAY,
) -> Appointment:
    """An appointment for the half hour that begins at ``slot`` (``HH:MM``)."""
    start = at(slot, day)
    return Appointment(id, person, session_id, day, start, start + 30 * MINUTE, number=number, credits=credits or [])


def registration(
    id: str,  # noqa: A002 - the field's name
    person: str,
    session_id: str,
    *,
    number: str | None = None,
    credits: list[str] | None = None,  # noqa: A002 - the field's name
    day: str = DAY,
) -> Registration:
    """A paid same-day registration."""
    return Registration(id, person, session_id, day, "paid", number=number, credits=credits or [])
