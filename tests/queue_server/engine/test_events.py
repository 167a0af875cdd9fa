"""Events in the log: canonical, readable for ever, and without anybody's name."""

from __future__ import annotations

import msgspec
import pytest

from queue_server.engine import commands as c
from queue_server.engine import events as e
from queue_server.engine.folds import FOLDS
from queue_server.engine.refusals import SENTENCES
from queue_server.engine.site import Text
from tests.queue_server.engine.driver import Lobby
from tests.sites import appointment

RECALLED = e.Recalled(ticket="t1", number="A001", queue="q", station="s1", repeat=2)


def test_the_encoding_is_canonical():
    assert e.encode(RECALLED) == (
        b'{"number":"A001","queue":"q","repeat":2,"station":"s1","ticket":"t1","type":"Recalled","v":1}'
    )


def test_every_type_is_known_by_its_name_with_a_version():
    assert set(e.TYPES) == set(e.VERSIONS) == {kind.__name__ for kind in e.Event.__args__}
    for kind in e.TYPES.values():
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        assert fields["v"].default == e.VERSIONS[kind.__name__]
        if "ticket" in fields:
            assert {"number", "queue"} <= fields.keys()


def test_no_event_holds_a_float_or_a_name():
    for kind in e.TYPES.values():
        types = {str(field.type) for field in msgspec.structs.fields(kind)}
        assert not any("float" in name for name in types)
        assert not {"name", "phone", "identity"} & {field.name for field in msgspec.structs.fields(kind)}


def test_reading_gives_back_what_was_written():
    event = e.Stamped(
        ticket="t1",
        number="A001",
        queue="q",
        doctor=None,
        rank=(2, 5, -7, 9),
        stamp=e.Stamp("late", "place", Text("迟到", "late"), None, ("late", "q", None)),
        seq=9,
        why="due",
    )
    assert e.decode("Stamped", event.v, e.encode(event)) == event


def test_an_older_version_is_raised_to_todays(monkeypatch):
    monkeypatch.setitem(e.VERSIONS, "Recalled", 3)
    monkeypatch.setitem(e.UPCASTERS, ("Recalled", 1), lambda old: old | {"repeat": 1})
    monkeypatch.setitem(e.UPCASTERS, ("Recalled", 2), lambda old: old | {"station": old["station"].upper()})
    old = b'{"number":"A001","queue":"q","station":"s1","ticket":"t1","type":"Recalled","v":1}'
    assert e.decode("Recalled", 1, old) == msgspec.structs.replace(RECALLED, v=3, repeat=1, station="S1")


@pytest.mark.parametrize(
    ("kind", "v", "payload", "message"),
    [
        ("Sang", 1, b"{}", "unknown type 'Sang'"),
        ("Recalled", 2, b"{}", "Recalled version 2; this program reads up to 1"),
        ("Recalled", 1, b"{", "Recalled version 1 in the log cannot be read"),
        ("Recalled", 1, b'{"type":"Recalled","ticket":7}', "Recalled version 1 in the log cannot be read"),
    ],
)
def test_what_cannot_be_read_is_said(kind, v, payload, message):
    with pytest.raises(ValueError, match=message):
        e.decode(kind, v, payload)


def test_a_person_is_a_reference_and_nothing_else():
    lobby = Lobby()
    lobby.do("08:50", c.CheckIn(appointment("a1", "person-7f3a", "im-lin-am", "09:00")))
    lobby.do("08:51", c.Cancel("t00001"))
    events = [e.encode(recorded.event) for recorded in lobby.log[2:]]
    assert [b"person-7f3a" in event for event in events] == [True, False]


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_blames_nobody_and_shouts_at_nobody(code):
    sentence = SENTENCES[code]
    assert not any(mark in sentence.zh + sentence.en for mark in "!！")


def test_every_event_has_its_fold_and_nothing_else_has_one():
    assert set(FOLDS) == set(e.TYPES.values())
