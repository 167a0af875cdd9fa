"""Triage at the nurse desk: entering, the suggestion with what decided it, confirming, and a level of one's own."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import expect

from queue_server import contract as c
from queue_server.api.triage import AssessReply, EmergencyView, NoteView
from queue_server.config.triage_file import load
from queue_server.engine.site import Queue, Text
from queue_server.engine.triage import assess
from queue_server.engine.triage_findings import Findings
from queue_server.engine.triage_form import form_of, scores_of
from tests.sites import open_stamps
from tests.web.consoles import row, ticket
from tests.web.fake_lobby import both, problem

TABLE = load(Path("config"))
QUEUE = Queue("emergency", Text("急诊", "Emergency"), "main", "open", open_stamps(), triage=True)
SIX = {
    "age_years": "70", "heart_rate": "88", "respiratory_rate": "16", "systolic": "128", "spo2": "97",
    "temperature_tenths": "36.6",
}  # fmt: skip


def assessed(body):
    findings = msgspec.convert(body["findings"], Findings)
    return AssessReply(assess(TABLE, findings), scores_of(TABLE, findings))


@pytest.fixture
def desk(lobby):
    lobby.views["/api/auth/me"] = {"name": "n01", "role": "nurse", "csrf": "token"}
    lobby.views["/api/desk/choices"] = {"open_queues": []}
    lobby.views["/api/desk/devices"] = []
    lobby.views["/api/desk/triage/form"] = form_of(TABLE, [QUEUE])
    level = c.TriageView("III", False, None, lobby.now, lobby.now, lobby.now)  # noqa: FBT003 - as the contract has it
    lobby.views["/api/desk/triage/waiting"] = EmergencyView(
        [
            row(lobby, 0, number="ER001", masked_name=None, kind=both("现场"), reason=both("09:20 到达，还没有分诊")),
            row(
                lobby, 1, number="ER002", kind=both("分诊"), reason=both("09:00 分诊 III 级，按 09:30 排"), triage=level
            ),
        ],
        lobby.position,
        lobby.now,
    )
    lobby.answers["POST /api/desk/triage/assess"] = assessed
    lobby.answers["POST /api/desk/triage"] = lambda body: c.TicketDone(
        c.Done(body["command_id"], 131), ticket(lobby, number="ER001", reason=both("09:30 分诊 II 级，仅次于 I 级就诊"))
    )
    return lobby


def opened(open_page, **options):
    page = open_page("/desk", **options)
    page.locator(".emergency[data-number=ER001]").get_by_role("button").last.click()
    expect(page.locator("#triage h2")).to_contain_text("ER001")
    return page


def enter(page, **values):
    for name, value in values.items():
        page.locator(f"[data-field={name}]").fill(value)
        page.keyboard.press("Tab")


def test_who_waits_is_shown_with_the_level_and_what_is_late(desk, open_page, shoot):
    page = open_page("/desk")
    expect(page.locator(".emergency")).to_have_count(len(desk.views["/api/desk/triage/waiting"].waiting))
    first, second = page.locator(".emergency").all()
    expect(first).to_contain_text("未分诊")
    expect(first).to_contain_text("身份未知")
    expect(second).to_contain_text("III 级")
    expect(second).to_contain_text("09:30 起应再次评估")
    expect(page.locator("#emergency-note")).to_have_text("未经临床审核")
    shoot(page, "desk-emergency")
    first.get_by_role("button", name="补登身份").click()
    expect(page.locator("#notices")).to_contain_text("请先查找并选定患者")


@pytest.mark.parametrize("language", ["zh-CN", pytest.param("en-GB", marks=pytest.mark.slow)])
def test_the_suggestion_says_what_decided_it_and_is_confirmed(desk, open_page, shoot, language):
    page = opened(open_page, language=language)
    confirm = page.locator(".decision > button.primary")
    expect(confirm).to_be_disabled()
    enter(page, heart_rate="165")
    expect(page.locator(".suggestion li")).to_contain_text("150–180")
    expect(page.locator(".suggestion .suggested")).to_contain_text("II")
    expect(page.locator(".decision > .chip")).to_contain_text(
        "未经临床审核" if language == "zh-CN" else "not clinically"
    )
    expect(page.locator(".suggestion .missing")).not_to_be_empty()
    shoot(page, f"triage-{language}")
    confirm.click()
    expect(page.locator("#notices")).to_contain_text("ER001")
    expect(page.locator("#triage")).to_be_hidden()
    (body,) = desk.posts("/api/desk/triage")
    assert body["findings"] == {"heart_rate": 165, "signs": []}
    assert (body["ticket"], body["channel"]) == ("t0", None)
    assert "level" not in body


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize("language", ["en-GB", pytest.param("zh-CN", marks=pytest.mark.slow)])  # English is longer
def test_all_that_is_to_be_pressed_is_in_sight_however_much_was_found(open_page, shoot, language):
    page = opened(open_page, language=language)
    enter(page, **SIX)
    page.locator("select").first.select_option("A")
    page.locator("select").nth(3).select_option("no")
    expect(page.locator(".suggestion")).to_contain_text("© Royal College of Physicians")
    page.locator(".entered").evaluate("(node) => { node.scrollTop = node.scrollHeight; }")
    shoot(page, f"triage-fold-{language}")
    buttons = page.locator(".decision > button, .decision fieldset > *, .triage > .row button")
    for box in (button.bounding_box() for button in buttons.all()):
        assert box["y"] + box["height"] <= 768, box
    assert page.evaluate("document.documentElement.scrollHeight") <= 768, "nothing to be scrolled but the parts"
    last = page.locator(".signs label").last.bounding_box()
    assert last["y"] + last["height"] <= 768, "the last sign is reached"


def test_another_level_needs_a_reason(desk, open_page, shoot):
    page = opened(open_page)
    enter(page, **SIX)
    page.locator("select").first.select_option("A")
    expect(page.locator(".suggestion .suggested")).to_contain_text("IVa")
    expect(page.locator(".suggestion")).not_to_contain_text("Royal College")
    page.locator("select").nth(3).select_option("no")
    expect(page.locator(".suggestion")).to_contain_text("© Royal College of Physicians")
    shoot(page, "triage-whole")
    page.get_by_role("button", name="按此级别分诊").click()
    assert desk.posts("/api/desk/triage") == []
    decision = page.locator(".decision fieldset")
    decision.locator("select").select_option("II")
    decision.locator("textarea").fill("面色灰白，冒冷汗")
    page.get_by_role("button", name="按此级别分诊").click()
    expect(page.locator("#triage")).to_be_hidden()
    (body,) = desk.posts("/api/desk/triage")
    assert (body["level"], body["reason"]) == ("II", "面色灰白，冒冷汗")
    assert body["findings"]["temperature_tenths"] == 366


def test_what_cannot_be_true_is_marked_and_said(desk, open_page):
    refusal = problem(400, "implausible_value", "有数值不可信：心率应在 0–300 次/分。", "A value cannot be true.")
    told = msgspec.json.decode(
        refusal.content if isinstance(refusal.content, bytes) else msgspec.json.encode(refusal.content)
    )
    told["fields"] = [{"field": "heart_rate", "code": "implausible_value", "message": told["message"]}]
    refusal.content = told
    desk.answers["POST /api/desk/triage/assess"] = lambda _: refusal
    page = opened(open_page)
    enter(page, heart_rate="1200")
    expect(page.locator(".suggestion")).to_contain_text("心率应在 0–300")
    expect(page.locator("[data-field=heart_rate]")).to_have_attribute("aria-invalid", "true")
    enter(page, heart_rate="88x")
    expect(page.locator(".suggestion")).to_contain_text("不是数字")


def test_a_number_goes_to_whom_was_found_and_the_next_one_to_somebody_unknown(desk, open_page):
    found = c.PatientView("p1", "王*芳", "0312", "0312", [], [], [])
    desk.answers["POST /api/desk/find"] = lambda _: c.IdentifyReply([found], desk.now, list_is_old=False)
    desk.answers["POST /api/desk/join"] = lambda body: c.TicketDone(c.Done(body["command_id"], 101), ticket(desk))
    page = open_page("/desk")
    page.locator("#value").fill("王秀英")
    page.keyboard.press("Enter")
    expect(page.locator("#patients")).to_contain_text("王*芳")
    for _ in range(2):
        page.locator("#emergency-queues button").click()
        page.get_by_role("button", name="返回，不保存").click()
        expect(page.locator("#patients")).to_be_empty()
    assert [body.get("person") for body in desk.wait_for_posts("/api/desk/join", 2)] == ["p1", None]


def noted(desk, *notes):
    desk.views["/api/desk/triage/notes/t1"] = list(notes)


def note(lobby, level="III", reason=None, **findings):
    return NoteView(lobby.now, "staff:n02", level, Findings(**findings), reason)


@pytest.mark.parametrize("language", ["zh-CN", pytest.param("en-GB", marks=pytest.mark.slow)])
def test_the_notes_of_a_triage_are_read_on_demand_and_put_away(desk, open_page, shoot, language):
    noted(
        desk,
        note(desk, heart_rate=88, signs=[]),
        note(
            desk, "II", "面色苍白，出汗，家属述胸痛加重", heart_rate=165, temperature_tenths=366, consciousness="A",
            on_oxygen=False,
        ),
    )  # fmt: skip
    page = open_page("/desk", language=language)
    expect(page.locator(".emergency")).to_have_count(2)
    first, second = page.locator(".emergency").all()
    name = "分诊记录" if language == "zh-CN" else "Triage notes"
    expect(first.get_by_role("button", name=name)).to_have_count(0)
    second.get_by_role("button", name=name).click()
    notes = page.locator("#emergency-notes li")
    expect(notes).to_have_count(2)
    newest = notes.first
    expect(newest).to_contain_text("面色苍白，出汗，家属述胸痛加重")
    expect(newest).to_contain_text("n02")
    expect(newest).to_contain_text("165")
    expect(newest).to_contain_text("36.6 ℃" if language == "zh-CN" else "36.6")
    expect(notes.last).to_contain_text("88")
    expect(notes.last).not_to_contain_text("36.6")
    shoot(page, f"desk-notes-{language}")
    page.keyboard.press("Escape")
    expect(page.locator("#emergency-notes")).to_be_empty()


def test_notes_that_were_erased_or_may_not_be_read_are_told_so(desk, open_page):
    noted(desk)
    page = open_page("/desk")
    second = page.locator(".emergency").nth(1)
    second.get_by_role("button", name="分诊记录").click()
    expect(page.locator("#emergency-notes")).to_contain_text("没有记录，或记录已经删除。")
    desk.answers["GET /api/desk/triage/notes/t1"] = lambda _: problem(
        403, "forbidden", "没有这项权限。", "Not allowed."
    )
    page.locator("#emergency-notes").get_by_role("button", name="关上").click()
    second.get_by_role("button", name="分诊记录").click()
    expect(page.locator("#notices")).to_contain_text("没有这项权限。")
    expect(page.locator("#emergency-notes")).to_be_empty()


def test_the_notes_go_when_the_patient_waits_no_longer(desk, open_page):
    noted(desk, note(desk, heart_rate=88))
    page = open_page("/desk", clock=True)
    page.locator(".emergency").nth(1).get_by_role("button", name="分诊记录").click()
    expect(page.locator("#emergency-notes li")).to_have_count(1)
    view = desk.views["/api/desk/triage/waiting"]
    desk.views["/api/desk/triage/waiting"] = msgspec.structs.replace(view, waiting=view.waiting[:1])
    page.clock.run_for(11_000)
    expect(page.locator(".emergency")).to_have_count(1)
    expect(page.locator("#emergency-notes")).to_be_empty()


def test_the_notes_are_put_away_when_another_page_is_in_front(desk, open_page):
    noted(desk, note(desk, heart_rate=88))
    page = open_page("/desk")
    page.locator(".emergency").nth(1).get_by_role("button", name="分诊记录").click()
    expect(page.locator("#emergency-notes li")).to_have_count(1)
    page.evaluate(
        "() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    expect(page.locator("#emergency-notes")).to_be_empty()


def test_a_re_assessment_is_opened_from_its_alarm_with_what_was_found_before(desk, open_page, shoot):
    noted(desk, note(desk, heart_rate=88, systolic=128))
    alarm = c.AlarmView(
        "t1", "ER002", "emergency", both("急诊"), None, desk.now, 30, desk.now, kind="reassess", level="III"
    )
    late = msgspec.structs.replace(alarm, ticket="t9", number="A001", kind="wait", level=None)
    desk.views["/api/desk/waits"] = c.WaitsView([alarm, late], c.TrackRecord(0, 0, None), desk.now)
    page = open_page("/desk")
    alarms = page.locator("#alarms .notice")
    expect(alarms).to_have_count(2)
    expect(alarms.first).to_contain_text("ER002（III 级）09:30 起该重新分诊")
    expect(alarms.last.get_by_role("button")).to_have_count(0)
    shoot(page, "desk-reassess")
    alarms.first.get_by_role("button", name="再次评估").click()
    expect(page.locator("#triage h2").first).to_contain_text("ER002")
    expect(page.locator("#triage-before")).to_contain_text("88")
    expect(page.locator("#triage-before")).to_contain_text("128")
    expect(alarms.first).to_be_visible()
    shoot(page, "triage-again")
