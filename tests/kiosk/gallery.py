"""Every screen the kiosk can show, made by the functions that make it in earnest."""

from __future__ import annotations

from drivers.device import PrintOutcome
from kiosk.faults import FAULTS, FaultError, screen_of
from kiosk.journeys.check_in_screens import (
    away_screen,
    card_screen,
    confirm_screen,
    patient_screen,
    printing_screen,
    reading_screen,
    service_screen,
    start_screen,
    take_card_screen,
    ticket_screen,
    visit_screen,
    wait_screen,
)
from kiosk.ports import Printed
from kiosk.screen import Screen
from kiosk.words import say
from tests.kiosk import people

PAPER_ERRORS = ("paper_out", "cover_open", "cutter_jam", "no_answer", "head_hot")


def every_screen() -> dict[str, Screen]:
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
        "start": start_screen(),
        "away": away_screen(hall),
        "service": service_screen(people.OPEN_QUEUES),
        "card": card_screen(scanner=True),
        "card_no_scanner": card_screen(scanner=False),
        "reading": reading_screen(),
        "looking_up": wait_screen(say("wait.looking_up")),
        "patient": patient_screen(files, old),
        "visit": visit_screen(visits, None),
        "visit_two": visit_screen(visits[1:3], None),
        "confirm": confirm_screen(files[0], people.appointment(), None),
        "confirm_expired": confirm_screen(files[0], long_area, say("notice.card_expired")),
        "checking_in": wait_screen(say("wait.checking_in")),
        "printing": printing_screen("A012"),
        "ticket": ticket_screen(people.ticket(), done, hall, card=True, again=False),
        "ticket_no_wait": ticket_screen(
            people.ticket(wait=None, ahead=0, doctor=None, slot_start=None, slot_end=None),
            done,
            hall,
            card=False,
            again=False,
        ),
        "ticket_no_public_address": ticket_screen(
            people.ticket(qr="HZ:7Hq2mXw9Kc4RbT1z"), done, hall, card=True, again=False
        ),
        "ticket_again": ticket_screen(people.ticket(), None, hall, card=True, again=True),
        "ticket_missed": ticket_screen(
            people.ticket(
                status="missed",
                ahead=None,
                wait=None,
                reason=people.Text("已过号，重新候诊后排在后面", "Missed; after waiting again you come later"),
            ),
            None,
            hall,
            card=True,
            again=True,
        ),
        "ticket_called": ticket_screen(
            people.ticket(status="called", ahead=None, wait=None, room=people.Text("203 诊室", "Consulting room 203")),
            None,
            hall,
            card=True,
            again=True,
        ),
        "take_card": take_card_screen(),
    }
    for error in PAPER_ERRORS:
        printed = Printed(PrintOutcome.NOT_DONE, error)
        screens[f"ticket_{error}"] = ticket_screen(people.ticket(), printed, hall, card=True, again=False)
    unknown = Printed(PrintOutcome.UNKNOWN)
    screens["ticket_unknown"] = ticket_screen(people.ticket(), unknown, hall, card=True, again=False)
    for name in FAULTS:
        if name.startswith(("paper_", "print", "cover_", "cutter_")):
            continue  # these stand on the ticket, above
        values = {"time": "09:30"} if name == "nothing_in_old_list" else {}
        problem = people.SESSION_CANCELLED if name == "refused" else None
        screens[f"fault_{name}"] = screen_of(FaultError(name, problem=problem, **values), hall)
    return screens
