"""The desk prints by its browser: the code of a slip as a drawing, and what became of the paper in the log."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
import zxingcpp
from PIL import Image

from queue_server.api.desk_paper import code_drawing
from tests.queue_server.api.rig import command


def dots(drawing):
    """The drawing's modules, one pixel each, read from its path alone."""
    root = ET.fromstring(drawing)
    side = int(root.attrib["viewBox"].split()[-1])
    image = Image.new("L", (side, side), 255)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", root[1].attrib["d"]):
        image.putpixel((int(x), int(y)), 0)
    return image.resize((side * 4, side * 4), Image.Resampling.NEAREST)


@pytest.mark.parametrize("payload", ["HZ:7Hq2mXw9Kc4RbT1z", "https://hospital.example/t/8fK2mQ7xZp4W"])
def test_a_scanner_reads_the_drawing(payload):
    assert [one.text for one in zxingcpp.read_barcodes(dots(code_drawing(payload)))] == [payload]


async def test_the_code_is_the_tickets_and_for_staff_alone(site):
    nurse, kiosk = await site.staff(), await site.device("kiosk")
    ticket = (await nurse.post("/api/desk/join", json=command(queue="enquiry"))).json()["ticket"]
    path = f"/api/desk/tickets/{ticket['ticket']}/code"
    answer = await nurse.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
    assert [one.text for one in zxingcpp.read_barcodes(dots(answer.content))] == [ticket["qr"]]
    assert (await kiosk.get(path)).status_code in {401, 403}
    assert (await nurse.get("/api/desk/tickets/nobody/code")).status_code == 404


async def test_a_copy_is_counted_and_keeps_the_number(site):
    nurse = await site.staff()
    ticket = (await nurse.post("/api/desk/join", json=command(queue="enquiry"))).json()["ticket"]
    for outcome, reprint in (("done", False), ("not_done", True), ("done", True)):
        body = command(ticket=ticket["ticket"], outcome=outcome, reprint=reprint)
        answer = await nurse.post("/api/desk/print", json=body)
        assert answer.status_code == 200, answer.text
    kept = site.state.tickets[ticket["ticket"]]
    assert (kept.print, kept.copies, kept.number) == ("done", 1, ticket["number"])
    unknown = await nurse.post("/api/desk/print", json=command(ticket="nobody", outcome="done"))
    assert (unknown.status_code, unknown.json()["code"]) == (409, "unknown_ticket")


async def test_a_slip_has_its_code_whoever_it_is_of_and_nothing_of_the_loops_is_read_elsewhere(site):
    nurse = await site.staff()
    kiosk = await site.device("kiosk")
    ticket = await site.check_in(kiosk)
    site.lobby.names.forget()
    answer = await nurse.get(f"/api/desk/tickets/{ticket['ticket']}/code")
    assert answer.status_code == 200, answer.text
    assert [one.text for one in zxingcpp.read_barcodes(dots(answer.content))] == [ticket["qr"]]
