import pytest

from drivers.faults import GARBAGE, Delivery, Fault, FaultPlan, FaultPlanError, deliver, parse_fault

ANSWER = bytes(range(40))


def test_a_fault_waits_for_its_command_and_its_count():
    plan = FaultPlan()
    plan.set(Fault("mute", on="read", after=1, times=2))
    assert plan.strike("find") == ()
    assert [bool(plan.strike("read")) for _ in range(5)] == [False, True, True, False, False]
    assert plan.as_data() == []


def test_a_fault_without_an_end_lasts_until_it_is_cleared():
    plan = FaultPlan()
    plan.set(Fault("mute", times=0))
    plan.set(Fault("late", times=0))
    assert [len(plan.strike("x")) for _ in range(5)] == [2] * 5
    plan.clear("mute")
    assert [fault.action for fault in plan.strike("x")] == ["late"]
    plan.clear()
    assert plan.strike("x") == ()


def test_stop_reading_stands_and_is_not_used_up():
    plan = FaultPlan()
    plan.set(Fault("stop_reading"))
    assert plan.strike("x") == ()
    assert plan.holds("stop_reading")


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def pass_(self, seconds):
        self.now += seconds


def test_a_fault_may_wait_for_its_time_and_be_over_by_itself():
    clock = Clock()
    plan = FaultPlan(clock=clock)
    plan.set(Fault("mute", on="read", after=1, times=0, wait=30, lasts=20))
    struck = []
    for _ in range(9):
        struck.append(bool(plan.strike("read")))
        clock.pass_(10)
    # At 30 s one passes; from 40 s on it strikes, until 20 s later.
    assert struck == [False] * 4 + [True, True] + [False] * 3
    assert plan.as_data() == []


def test_what_lasts_hits_every_command_unless_it_is_told_otherwise():
    assert parse_fault({"action": "mute", "lasts": 5}, None) == Fault("mute", times=0, lasts=5)
    assert parse_fault({"action": "mute", "lasts": 5, "times": 2}, None).times == 2
    assert parse_fault({"action": "mute", "chance": 0.5, "wait": 1}, None) == Fault("mute", wait=1, chance=0.5)


def test_a_device_that_stops_reading_goes_on_by_itself_where_an_end_is_given():
    clock = Clock()
    plan = FaultPlan(clock=clock)
    plan.set(Fault("stop_reading", wait=5, lasts=2))
    assert not plan.holds("stop_reading")
    clock.pass_(6)
    assert plan.holds("stop_reading")
    assert plan.left("stop_reading") == 1
    clock.pass_(1)
    assert not plan.holds("stop_reading")
    plan.set(Fault("stop_reading"))
    assert plan.holds("stop_reading")
    assert plan.left("stop_reading") is None


def test_a_device_that_is_not_asked_whether_it_reads_until_that_is_over_reads():
    now = 0.0
    plan = FaultPlan(clock=lambda: now)
    plan.set(Fault("stop_reading", wait=10.0, lasts=5.0))
    now = 16.0
    assert not plan.holds("stop_reading")
    assert plan.as_data() == []


def test_a_fault_by_chance_strikes_the_same_commands_in_each_run():
    def strikes():
        plan = FaultPlan()
        plan.set(Fault("mute", times=0, chance=0.25))
        return [bool(plan.strike("read")) for _ in range(400)]

    assert strikes() == strikes()
    assert 60 < sum(strikes()) < 140


@pytest.mark.parametrize(
    ("fault", "delivery"),
    [
        (Fault("mute"), Delivery(())),
        (Fault("bad_checksum"), Delivery(((0.0, ANSWER[:-1] + bytes([ANSWER[-1] ^ 1])),))),
        (Fault("half_frame"), Delivery(((0.0, ANSWER[:20]),))),
        (Fault("garbage_prefix"), Delivery(((0.0, GARBAGE + ANSWER),))),
        (Fault("late"), Delivery(((1.5, ANSWER),))),
        (Fault("late", value=0.0), Delivery(((0.0, ANSWER),))),
        (Fault("close_line"), Delivery((), unplug=True)),
        (Fault("close_line", value=2.5), Delivery((), unplug=True, replug_after=2.5)),
        (Fault("byte_by_byte"), Delivery(tuple((0.0, bytes([byte])) for byte in ANSWER))),
        (
            Fault("slow", value=1600),
            Delivery(((0.1, ANSWER[:16]), (0.1, ANSWER[16:32]), (0.1, ANSWER[32:]))),
        ),
    ],
)
def test_what_each_action_does_to_an_answer(fault, delivery):
    assert deliver(ANSWER, [fault]) == delivery


def test_no_fault_and_no_answer():
    assert deliver(ANSWER, []) == Delivery(((0.0, ANSWER),))
    assert deliver(b"", []) == Delivery(())


def test_actions_combine():
    assert deliver(b"abcd", [Fault("half_frame"), Fault("late", value=2)]) == Delivery(((2, b"ab"),))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"action": "explode"}, "action = 'explode' is not one of bad_checksum, "),
        ({}, "action = None"),
        ({"action": "mute", "when": 1}, "there is no key 'when'"),
        ({"action": "mute", "after": -1}, "after = -1 is not a whole number from 0"),
        ({"action": "mute", "times": True}, "times = True"),
        ({"action": "mute", "on": 3}, "on = 3"),
        ({"action": "late", "value": "long"}, "value = 'long' is not a number"),
        ({"action": "late", "wait": -1}, "wait = -1 is less than 0"),
        ({"action": "late", "lasts": 0}, "lasts = 0 is not more than 0"),
        ({"action": "late", "chance": 0}, "chance = 0 is not above 0 and at most 1"),
        ({"action": "late", "chance": True}, "chance = True is not a number"),
    ],
)
def test_a_wrong_fault_names_the_key_and_the_value(data, words):
    with pytest.raises(FaultPlanError) as caught:
        parse_fault(data, FaultPlan().actions, "here")
    assert str(caught.value).startswith("here: ")
    assert words in str(caught.value)


def test_a_plan_comes_from_a_file(tmp_path):
    path = tmp_path / "faults.toml"
    path.write_text('[[fault]]\naction = "late"\non = "read"\nvalue = 2\n[[fault]]\naction = "mute"\n')
    plan = FaultPlan()
    plan.load(path)
    assert [fault["action"] for fault in plan.as_data()] == ["late", "mute"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('[[fault]]\naction = "mute"\n[[fault]]\naction = "x"\n', "fault 2: action = 'x'"),
        ("faults = 3\n", "[[fault]] entries and nothing else"),
        ("not toml", "faults.toml: "),
        (None, "No such file"),
    ],
)
def test_a_wrong_file_names_itself_and_the_entry(tmp_path, content, words):
    path = tmp_path / "faults.toml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(FaultPlanError) as caught:
        FaultPlan().load(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
