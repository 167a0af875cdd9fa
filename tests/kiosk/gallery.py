"""Every screen the kiosk can show, made by the functions that make it in earnest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec

from drivers.device import PrintOutcome
from drivers.document_printer.printing import Progress
from drivers.document_printer.printing import Stage as PrintStage
from drivers.payment_terminal.port import Stage as PaymentStage
from kiosk.faults import FAULTS, FaultError, screen_of
from kiosk.journeys.card_screens import card_screen, reading_screen, take_card_screen, take_other_card_screen
from kiosk.journeys.check_in_screens import (
    Option,
    confirm_screen,
    patient_screen,
    printing_screen,
    ticket_screen,
    visit_screen,
)
from kiosk.journeys.compare_screens import answer_screen, scan_screen
from kiosk.journeys.guide_slip_screens import plan_screen, printing_slip_screen, slip_screen
from kiosk.journeys.payment_screens import paid_screen, pay_screen, refunded_screen, refunding_screen
from kiosk.journeys.report_screens import report_screen
from kiosk.journeys.start_screens import away_screen, service_screen, start_screen
from kiosk.journeys.wait_screens import wait_screen
from kiosk.ports import Printed
from kiosk.screen import Screen
from kiosk.slip_face import listed, slip_face_of, why_not
from kiosk.ways import WAYS, Way, Ways
from kiosk.words import say
from queue_server.contract import GuideSlip, GuideStop, HallInfo
from tests.kiosk import people

PAPER_ERRORS = ("paper_out", "cover_open", "cutter_jam", "no_answer", "head_hot")


CT = people.order("o7", kind="exam", name=people.Text("胸部 CT", "Chest CT"), problem=people.UNPAID)
MEDICINE = people.order("o8", kind="prescription", name=people.Text("处方药", "Prescription"), problem=people.UNPAID)
LEFT_OUT = listed([why_not(CT), why_not(MEDICINE)])


def long_stops(*, given: bool) -> list[GuideStop]:
    """Six stops, more than a page, with long words."""
    more = [
        people.later(
            f"o{at}",
            f"W00{at}" if given else "",
            order=at,
            name=people.Text("头颅磁共振平扫加增强", "MRI of the head, plain and contrast"),
            area=people.Text("一楼影像中心磁共振室", "Imaging centre, MRI rooms, ground floor"),
            preparation=people.Text("取下身上的金属物品", "Take off everything of metal"),
            why=people.Text("要等血常规、血脂的结果", "After the results of Blood count and lipids"),
        )
        for at in range(4, 7)
    ]
    return [*people.stops(given=given), *more]


def slip_screens(visits: list[Option]) -> dict[str, Screen]:
    """The guide slip: looked at, taken, shown again, on several pages, called, missed, and without its paper."""
    hall, done = people.HALL, Printed(PrintOutcome.DONE)
    ahead, slip = people.slip(given=False), people.slip()
    first, *rest = people.stops()
    called = msgspec.structs.replace(first, ahead=None, room=people.Text("3 号采血窗口", "Window 3"))
    missed = msgspec.structs.replace(first, ahead=None, is_missed=True)
    over = msgspec.structs.replace(first, status="done", why=None, begins=None, ahead=None)
    soon = msgspec.structs.replace(rest[0], status="next")
    one = people.slip(given=False, stops=[people.stop(number="")])

    def shown(slip: GuideSlip, printed: Printed | None, **changes: str | bool | None) -> Screen:
        return slip_screen(slip, printed, hall, **({"card": "identity", "again": printed is None} | changes))

    return {
        "visit_orders": visit_screen([ahead, *visits[1:3]], None),
        "visit_slip": visit_screen([people.slip(stops=long_stops(given=True)), visits[0]], None),
        "plan": plan_screen(slip_face_of(ahead), 3, None),
        "plan_one": plan_screen(slip_face_of(one), 1, None),
        "plan_left_out": plan_screen(
            slip_face_of(people.slip(given=False, left_out=[CT, MEDICINE])), 3, say("notice.card_expired")
        ),
        "plan_long": plan_screen(slip_face_of(people.slip(given=False, stops=long_stops(given=False))), 6, None),
        "printing_slip": printing_slip_screen(),
        "slip": shown(slip, done),
        "slip_left_out": shown(people.slip(left_out=[CT, MEDICINE]), done, card=None),
        "slip_long": shown(people.slip(stops=long_stops(given=True)), done),
        "slip_four": shown(people.slip(stops=long_stops(given=True)[-4:]), done),
        "slip_again": shown(slip, None),
        "slip_soon": shown(people.slip(stops=[over, soon, rest[1]]), None),
        "slip_called": shown(people.slip(stops=[called, *rest]), None),
        "slip_missed": shown(people.slip(stops=[missed, *rest]), None),
        "slip_over": shown(people.slip(stops=[over], ends=None, qr=""), None),
        "slip_paper_out": shown(slip, Printed(PrintOutcome.NOT_DONE, "paper_out")),
        "slip_unknown": shown(slip, Printed(PrintOutcome.UNKNOWN)),
    }


AMOUNT = "¥1268.50"
_STAGES = (PaymentStage.CARD, PaymentStage.PIN, PaymentStage.HOST, PaymentStage.REMOVE_CARD, PaymentStage.ASKING)


def payment_screens() -> dict[str, Screen]:
    """Paying at the card terminal, and money that is given back."""
    return {
        **{f"pay_{stage}": pay_screen(AMOUNT, stage, ending=False) for stage in _STAGES},
        "pay_ending": pay_screen(AMOUNT, PaymentStage.CARD, ending=True),
        "paid": paid_screen(AMOUNT),
        **{f"refunding_{stage}": refunding_screen(AMOUNT, stage) for stage in (PaymentStage.WAIT, *_STAGES)},
        "refunded": refunded_screen(AMOUNT),
    }


def report_screens() -> dict[str, Screen]:
    """A report on its way to paper."""
    hall = people.HALL
    held = ("paper_out", "tray_missing")  # with the longest words
    return {
        "report_printing": report_screen(None, hall, ending=False),
        "report_pages": report_screen(Progress(PrintStage.PRINTING, 11, 12), hall, ending=False),
        "report_busy": report_screen(Progress(PrintStage.BUSY, None, 12), hall, ending=False),
        "report_asking": report_screen(Progress(PrintStage.ASKING, None, 12), hall, ending=False),
        "report_cancelling": report_screen(None, hall, ending=True),
        **{
            f"report_held_{error}": report_screen(Progress(PrintStage.ATTENTION, 1, 12, error), hall, ending=False)
            for error in held
        },
    }


def start_screens() -> dict[str, Screen]:
    """Beginning, with whatever readers work."""
    hall = msgspec.structs.replace(people.HALL, open_queues=people.OPEN_QUEUES)
    everything: frozenset[Way] = frozenset(WAYS)

    def start(*works: Way, hall: HallInfo = people.HALL) -> Screen:
        return start_screen(Ways(frozenset(works), everything - frozenset(works)), hall)

    return {
        "start": start("identity", "scan"),
        "start_no_scanner": start("identity"),
        "start_no_identity": start("social", "hospital", "scan"),
        "start_social": start("social"),
        "start_hospital": start("hospital"),
        "start_scan": start("scan"),
        "start_no_card": start(hall=hall),
        "start_closed": start(),
        "service": service_screen(people.OPEN_QUEUES, Ways(), hall),
        "service_no_identity": service_screen(
            people.OPEN_QUEUES, Ways(frozenset({"social", "hospital", "scan"}), frozenset({"identity"})), hall
        ),
        "service_gone": service_screen(people.OPEN_QUEUES, Ways(frozenset(), everything), hall),
    }


def asked(*works: Way, gone: Sequence[Way] = ()) -> Screen:
    return card_screen(Ways(frozenset(works), frozenset(gone)))


@cache
def every_screen() -> Mapping[str, Screen]:
    """Every screen by name, each with the longest words it is likely to meet."""
    long_area = people.appointment(
        clinic=people.Text(
            "消化内科（胃肠、肝胆、胰腺）专病门诊", "Gastroenterology, hepatobiliary and pancreatic clinic"
        ),
        doctor=people.Text("欧阳慕容 副主任医师", "Dr Ouyang Murong, associate chief physician"),
    )
    files = [
        people.patient("p1", appointments=[people.appointment()]),
        people.patient("p2", masked_name="欧**明", hint="儿童，2019 年生，病案号尾号 8841", hint_en="child, born 2019"),
        people.patient("p3", masked_name="王*", hint="病案号尾号 0077", hint_en="file number ending 0077"),
    ]
    visits = [
        people.ticket(),
        long_area,
        people.registration(),
        people.appointment("a3", problem=people.TOO_EARLY),
        people.registration("r2", problem=people.SESSION_CANCELLED),
        people.appointment("a4"),
    ]
    done = Printed(PrintOutcome.DONE)
    hall = people.HALL
    old = say("notice.list_old", time="09:30")
    screens = {
        **start_screens(),
        "away": away_screen(hall),
        "card": asked("identity", "scan"),
        "card_no_scanner": asked("identity"),
        "card_or_social": asked("identity", "social"),
        "card_or_all": asked(*WAYS),
        "card_or_hospital": asked("identity", "hospital", "scan"),
        "card_but_no_identity": asked("social", "hospital", "scan", gone=["identity"]),
        "card_social_alone": asked("social", gone=["identity", "hospital", "scan"]),
        "card_hospital_scan": asked("hospital", "scan", gone=["identity", "social"]),
        "card_scan_alone": asked("scan", gone=["identity", "social", "hospital"]),
        "card_identity_alone": asked("identity", gone=["social", "hospital", "scan"]),
        "reading": reading_screen(),
        "looking_up": wait_screen(say("wait.looking_up")),
        "patient": patient_screen(files, old),
        "visit": visit_screen(visits, None),
        "visit_two": visit_screen(visits[1:3], None),
        "confirm": confirm_screen(files[0], people.appointment(), None),
        "confirm_expired": confirm_screen(files[0], long_area, say("notice.card_expired")),
        "confirm_social_expired": confirm_screen(files[0], long_area, say("notice.social_card_expired")),
        "checking_in": wait_screen(say("wait.checking_in")),
        "printing": printing_screen("A012"),
        "ticket": ticket_screen(people.ticket(), done, hall, card="identity", again=False),
        "ticket_no_wait": ticket_screen(
            people.ticket(wait=None, ahead=0, doctor=None, slot_start=None, slot_end=None),
            done,
            hall,
            card=None,
            again=False,
        ),
        "ticket_no_public_address": ticket_screen(
            people.ticket(qr="HZ:7Hq2mXw9Kc4RbT1z"), done, hall, card="identity", again=False
        ),
        "ticket_again": ticket_screen(people.ticket(), None, hall, card="identity", again=True),
        "ticket_missed": ticket_screen(
            people.ticket(
                status="missed",
                ahead=None,
                wait=None,
                reason=people.Text("已过号，重新候诊后排在后面", "Missed; after waiting again you come later"),
            ),
            None,
            hall,
            card="identity",
            again=True,
        ),
        "ticket_called": ticket_screen(
            people.ticket(status="called", ahead=None, wait=None, room=people.Text("203 诊室", "Consulting room 203")),
            None,
            hall,
            card="identity",
            again=True,
        ),
        "take_card": take_card_screen(),
        "take_other_card": take_other_card_screen(),
        "ticket_compare": ticket_screen(people.ticket(), None, hall, card=None, again=True, scanner=True),
        "why_first": scan_screen(second=False),
        "why_second": scan_screen(second=True),
        "why_second_known": scan_screen(second=True, number="A012"),
        "comparing": wait_screen(say("wait.comparing")),
        "why": answer_screen(people.why()),
        "why_ended": answer_screen(
            people.why(
                because="ended", sentence=people.Text("A001 已结束，不再叫号", "A001: ended, and not called any more")
            )
        ),
        "why_apart": answer_screen(
            people.why(
                None,
                "other_queue",
                reasons=[],
                rule=people.Text("两个号不在同一个队列，分别排队", "The two numbers wait in different queues"),
            )
        ),
    }
    screens |= slip_screens(visits) | payment_screens() | report_screens()
    for error in PAPER_ERRORS:
        printed = Printed(PrintOutcome.NOT_DONE, error)
        screens[f"ticket_{error}"] = ticket_screen(people.ticket(), printed, hall, card="identity", again=False)
    unknown = Printed(PrintOutcome.UNKNOWN)
    screens["ticket_unknown"] = ticket_screen(people.ticket(), unknown, hall, card="identity", again=False)
    for name in FAULTS:
        if name.startswith(("paper_", "print", "cover_", "cutter_")):
            continue  # these stand on the ticket, above
        values = {"time": "09:30"} if name == "nothing_in_old_list" else {}
        values |= {"what": LEFT_OUT} if name == "orders_wait" else {}
        values |= {"amount": AMOUNT, "why": say("report.why_tray_missing")}
        problem = people.SESSION_CANCELLED if name == "refused" else None
        screens[f"fault_{name}"] = screen_of(FaultError(name, problem=problem, **values), hall)
    return screens
