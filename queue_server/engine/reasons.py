"""Reasons that staff give, as codes from a fixed list with words: no free text about a person enters an event."""

from __future__ import annotations

from typing import Literal, TypeAlias

from queue_server.engine.site import Text

Use: TypeAlias = Literal["transfer", "forward", "credit", "extra", "pick", "pause"]

REASONS: dict[Use, dict[str, Text]] = {
    "transfer": {
        "wrong_department": Text("挂错科室", "registered with the wrong department"),
        "needs_other_care": Text("病情需要其他科室诊治", "needs the care of another department"),
        "doctor_request": Text("医生要求", "at the doctor's request"),
        "patient_request": Text("本人要求", "at the patient's request"),
        "doctor_absent": Text("医生暂时离开", "the doctor is away"),
        "balance_load": Text("均衡候诊人数", "to even out the waiting"),
        "session_cancelled": Text("停诊", "the clinic session was cancelled"),
    },
    "forward": {
        "condition": Text("病情需要尽早就诊", "the condition needs it"),
        "frail": Text("体弱，不宜久等", "too frail to wait long"),
        "infant": Text("婴幼儿", "a small child"),
        "staff_error": Text("工作人员差错补偿", "to make good a mistake of staff"),
        "transport": Text("转运车辆等候", "transport is waiting"),
    },
    "credit": {
        "document_seen": Text("已核对证件", "document seen"),
        "age_seen": Text("已核对年龄", "age checked"),
        "group_list": Text("在团体名单中", "on the group's list"),
        "referral_letter": Text("有转诊单", "has a referral letter"),
        "desk_decision": Text("分诊台判定", "decided at the nurse desk"),
    },
    "extra": {
        "doctor_consent": Text("医生同意", "the doctor agreed"),
        "follow_up": Text("复诊约定", "agreed at the last visit"),
        "urgent": Text("病情较急", "urgent"),
        "from_far": Text("远道而来", "came from far away"),
        "session_cancelled": Text("原门诊停诊", "their own session was cancelled"),
    },
    "pick": {
        "condition": Text("病情需要尽早就诊", "the condition needs it"),
        "results_ready": Text("结果已出", "results are ready"),
        "continuing": Text("继续未完成的诊疗", "continues an unfinished visit"),
        "present": Text("前面的患者不在场", "those before are not there"),
        "staff_error": Text("工作人员差错补偿", "to make good a mistake of staff"),
    },
    "pause": {
        "doctor_absent": Text("医生暂时离开", "the doctor is away"),
        "emergency": Text("正在抢救", "an emergency is being treated"),
        "equipment": Text("设备故障", "equipment is out of order"),
        "break": Text("休息", "a break"),
        "other": Text("其他原因", "another reason"),
    },
}
"""By what they are given for, then by code."""


def words_of(use: Use, code: str) -> Text:
    """The reason's words; a code that is no longer listed stands for itself."""
    return REASONS[use].get(code, Text(code, code))
