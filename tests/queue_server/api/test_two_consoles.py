from __future__ import annotations

import pytest

from tests.queue_server.api.rig import command


@pytest.mark.parametrize("action", ["call-next", "recall", "missed", "start", "finish"])
async def test_a_command_for_a_patient_who_is_not_there_any_more_is_refused(site, action):
    nurse = await site.staff()
    ticket = await site.check_in(nurse, audience="desk")
    station = await site.open_for(nurse, ticket)
    body = command(station=station, current=None)
    first = await nurse.post("/api/station/call-next", json=body)
    assert first.status_code == 200, first.text
    answer = await nurse.post(f"/api/station/{action}", json=command(station=station, current=None))
    assert (answer.status_code, answer.json()["code"]) == (409, "moved_on")
    assert answer.json()["ticket"] == ticket["ticket"]
    assert ticket["number"] in answer.json()["message"]["zh"]
    # A lost answer is asked for again with the same words, and gets what was done.
    assert (await nurse.post("/api/station/call-next", json=body)).json() == first.json()
    current = command(station=station, current=ticket["ticket"])
    assert (await nurse.post("/api/station/recall", json=current)).status_code == 200
