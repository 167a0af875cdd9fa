"""What is told of two-stage calling: to the desk, to the ticket's holder, on boards and on the rules page."""

from __future__ import annotations

from queue_server.engine import commands as c
from queue_server.engine import standing
from queue_server.engine.explain import explain
from queue_server.engine.order import Course
from queue_server.engine.queries import ahead, history, next_up, waiting_in_order
from queue_server.engine.refusals import refusal
from queue_server.engine.rules import rules_of
from queue_server.engine.standing import FORESEEN
from tests.queue_server.engine.two_stages import called, clinic, numbered
from tests.sites import registration


def test_the_desk_is_told_why_not():
    lobby = clinic(1, people=3, by_hand=True)
    one, two, three = (numbered(lobby, f"A00{n}").id for n in (1, 2, 3))

    def code(ticket, station, reason="balance_load"):
        return lobby.refused(None, c.AssignRoom(ticket, station, reason)).code

    assert code("t99999", "s1") == "unknown_ticket"
    assert code(one, "s1", "because") == "unknown_reason"
    assert code(one, "s9") == "unknown_station"
    assert code(one, "s3") == "station_closed"
    assert code(one, None) == "not_at_a_door"
    lobby.do("08:11", c.OpenStation("s3", "nurse"))
    assert code(one, "s3") == "wrong_station"
    lobby.do("08:11", c.AssignRoom(one, "s1", "balance_load"))
    assert code(one, "s1") == "same_place"
    assert code(two, "s1") == "room_full"
    lobby.do("08:12", c.PauseQueue(["q-im"], "equipment"))
    assert code(three, "s2") == "queue_paused"
    lobby.do("08:12", c.ResumeQueue(["q-im"]))
    lobby.call("08:13", "s1")
    lobby.do("08:14", c.MarkMissed("s1"))
    lobby.do("08:14", c.Rejoin(one))
    assert lobby.state.tickets[one].place is not None
    assert code(one, "s2") == "waits_by_count"
    assert "没有改动" in refusal("other_level").message.zh, "the desk called nobody"
    plain = clinic(0)
    assert plain.refused("08:10", c.AssignRoom("t00001", "s1", "balance_load")).code == "no_room_list"
    itself = clinic()
    assert itself.refused("08:10", c.AssignRoom("t00001", None, "balance_load")).code == "rooms_fill_themselves"


def test_the_explanation_names_the_room_and_since_when():
    lobby = clinic()
    first, second, third, fifth = (numbered(lobby, f"A00{n}").id for n in (1, 2, 3, 5))
    same = explain(lobby.state, first, third)
    assert (same.first, same.because) == (first, "key")
    assert same.sentence.en.startswith(
        "A001 was sent to the door of Room 1 at 08:00, which calls them by the queueing moment. By the"
    )
    apart = explain(lobby.state, first, second)
    assert (apart.first, apart.because) == (None, "room")
    hall = explain(lobby.state, fifth, third)
    assert (hall.first, hall.because) == (third, "room")
    assert "A005 在大厅候诊" in hall.sentence.zh
    called(lobby, "08:20", "s2")
    called(lobby, "08:21", "s2")
    passed = explain(lobby.state, third, numbered(lobby, "A004").id)
    assert (passed.first, passed.because) == (numbered(lobby, "A004").id, "room")
    assert passed.sentence.zh.startswith("A004 于 08:00 已分到叫号的诊室，按该诊室名单叫到")


def test_the_ticket_says_where_and_boards_show_who_is_at_which_door():
    lobby = clinic()
    third = numbered(lobby, "A003").id
    assert history(lobby.state, third)[-1][1].zh == "请到1 诊室门口候诊"
    assert ahead(lobby.state, third) == 1
    shown = {ticket.number: station for ticket, station in next_up(lobby.state, "h2", 2)}
    assert shown == {"A001": "s1", "A003": "s1", "A002": "s2", "A004": "s2"}
    lobby.do("08:10", c.CloseStation("s1"))
    assert history(lobby.state, third)[-1][1].zh == "1 诊室停止叫号，请回大厅候诊，次序不变"


def test_a_place_near_the_front_is_told_without_walking_through_all_who_wait(monkeypatch):
    lobby = clinic(2, people=12)
    steps = []
    monkeypatch.setattr(Course, "step", lambda self, step=Course.step: (steps.append(self.room), step(self))[1])
    assert ahead(lobby.state, numbered(lobby, "A004").id) == 1
    # At the own door as far as the ticket itself; at the other no further than would be fewer.
    assert (steps.count("s2"), steps.count("s1")) == (2, 2)


def test_the_rules_page_tells_of_the_two_stages():
    lobby = clinic(2)
    texts = [rule.text for rule in rules_of(lobby.state.site, lobby.state.index.queues["q-im"])]
    assert any("每间诊室门口最多 2 位" in text.zh for text in texts)


def test_a_place_far_back_is_told_by_moments_without_foreseeing_every_call(monkeypatch):
    lobby = clinic(people=1)
    for i in range(FORESEEN + 11):
        lobby.issue("08:01", c.CheckInWalkIn("q-im", registration(f"w{i}", f"w{i}", "im-am")))
    order = waiting_in_order(lobby.state, "s1")
    near, far = order[3].id, [*lobby.state.tickets][-1]
    exact = ahead(lobby.state, near)
    monkeypatch.setattr(standing, "calls_of", None)
    assert ahead(lobby.state, far) == FORESEEN + 11
    monkeypatch.undo()
    assert exact == ahead(lobby.state, near) <= FORESEEN
