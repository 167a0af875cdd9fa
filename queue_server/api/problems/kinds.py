"""Every failure of the API itself: its code, its status and its sentence in two languages."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from queue_server.contract import Text


@dataclass(frozen=True)
class Kind:
    """One failure of the API itself: its status and its sentence. Engine refusals are all 409."""

    status: HTTPStatus
    message: Text


KINDS: dict[str, Kind] = {
    "invalid_request": Kind(
        HTTPStatus.BAD_REQUEST,
        Text("请求内容不完整或格式不对，没有执行。", "The request is incomplete or malformed. Nothing was done."),
    ),
    "log_in_needed": Kind(HTTPStatus.UNAUTHORIZED, Text("请先登录。", "Please log in first.")),
    "log_in_failed": Kind(
        HTTPStatus.UNAUTHORIZED,
        Text("工号或密码不对，请重新输入。", "The name or the password is wrong. Please try again."),
    ),
    "credential_needed": Kind(
        HTTPStatus.UNAUTHORIZED,
        Text(
            "这台设备没有登记，或登记已被取消。请管理员重新登记。",
            "This device is not enrolled, or its enrolment was withdrawn. An administrator can enrol it again.",
        ),
    ),
    "forbidden": Kind(
        HTTPStatus.FORBIDDEN,
        Text(
            "这个账号或设备不能做这件事，没有执行。请找管理员。",
            "This account or device may not do that. Nothing was done. Ask an administrator.",
        ),
    ),
    "page_outdated": Kind(
        HTTPStatus.FORBIDDEN,
        Text(
            "页面已经过期，没有执行。请刷新页面再试。", "This page is out of date. Nothing was done. Please reload it."
        ),
    ),
    "not_found": Kind(HTTPStatus.NOT_FOUND, Text("没有这个地址。", "There is nothing at this address.")),
    "method_not_allowed": Kind(
        HTTPStatus.METHOD_NOT_ALLOWED, Text("这个地址不接受这种请求。", "This address does not take such a request.")
    ),
    "unknown_hall": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "没有这个大厅，没有执行，请核对后再试。",
            "There is no such hall. Nothing was done. Please check and try again.",
        ),
    ),
    "unknown_clinic": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "没有这个科室，没有执行，请核对后再试。",
            "There is no such clinic. Nothing was done. Please check and try again.",
        ),
    ),
    "unknown_station": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "没有这个叫号点，没有执行，请核对后再试。",
            "There is no such station. Nothing was done. Please check and try again.",
        ),
    ),
    "other_station": Kind(
        HTTPStatus.FORBIDDEN,
        Text("这属于别的叫号点，没有执行。", "This belongs to another station. Nothing was done."),
    ),
    "unknown_ticket": Kind(HTTPStatus.NOT_FOUND, Text("没有找到这个号。", "This number was not found.")),
    "same_ticket": Kind(
        HTTPStatus.BAD_REQUEST,
        Text(
            "两次扫的是同一个号，没有可比的。请再扫另一张小票。",
            "Both codes are of the same number, so there is nothing to compare. Please scan the other ticket.",
        ),
    ),
    "number_repeated": Kind(
        HTTPStatus.CONFLICT,
        Text(
            "{number} 今天有几张，不能确定是哪一张。请扫小票上的码，或先查找，再按那个号旁边的“用来比较”。",
            "{number} is on several tickets today. Scan the ticket, or find it and press Compare beside it.",
        ),
    ),
    "unknown_appointment": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "今天的名单里没有这个预约，没有签到。请到{desk}询问。",
            "This appointment is not on today's list. You are not checked in. Please ask at {desk}.",
        ),
    ),
    "unknown_registration": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "今天的名单里没有这个挂号，没有取号。请到{desk}询问。",
            "This registration is not on today's list. You have no number yet. Please ask at {desk}.",
        ),
    ),
    "unknown_order": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "今天的名单里没有这一项，没有取号。请到{desk}询问。",
            "This order is not on today's list. You have no number yet. Please ask at {desk}.",
        ),
    ),
    "no_slip": Kind(
        HTTPStatus.NOT_FOUND, Text("今天没有指引单，没有改动。", "There is no slip today. Nothing was changed.")
    ),
    "list_unavailable": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        Text(
            "还没有取到医院今天的名单，请到{desk}办理。",
            "Today's list has not arrived from the hospital yet. Please go to {desk}.",
        ),
    ),
    "token_unchecked": Kind(
        HTTPStatus.FAILED_DEPENDENCY,
        Text(
            "电子凭证现在无法核验，没有办理任何事项。请改用身份证，或到{desk}办理。",
            "This code could not be checked just now, so nothing was done. Please use your ID card, or go to {desk}.",
        ),
    ),
    "unknown_person": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "没有找到这位患者，没有执行。请重新查找。",
            "This patient was not found. Nothing was done. Please look again.",
        ),
    ),
    "implausible_value": Kind(
        HTTPStatus.BAD_REQUEST,
        Text(
            "有数值不可信，没有评估也没有保存：{fields}请核对后重新输入。",
            "A value cannot be true, so nothing was assessed or kept: {fields} Check and enter it again.",
        ),
    ),
    "unknown_sign": Kind(
        HTTPStatus.BAD_REQUEST,
        Text(
            "分诊标准里没有所勾的体征，没有保存。请刷新页面再试。",
            "The triage table has no such sign. Nothing was kept. Reload the page and try again.",
        ),
    ),
    "unknown_level": Kind(
        HTTPStatus.BAD_REQUEST, Text("没有这个分诊级别，没有保存。", "There is no such level. Nothing was kept.")
    ),
    "unknown_channel": Kind(
        HTTPStatus.BAD_REQUEST,
        Text("没有这个绿色通道，没有保存。", "There is no such green channel. Nothing was kept."),
    ),
    "nothing_to_confirm": Kind(
        HTTPStatus.BAD_REQUEST,
        Text(
            "没有建议级别可确认，没有保存。请自行选择级别并写明理由。",
            "There is no suggestion to confirm. Nothing was kept. Choose a level and give the reason.",
        ),
    ),
    "same_level": Kind(
        HTTPStatus.BAD_REQUEST,
        Text(
            "所选级别与建议相同，没有保存。请直接确认。",
            "This is the suggested level. Nothing was kept. Confirm it instead.",
        ),
    ),
    "reason_missing": Kind(
        HTTPStatus.BAD_REQUEST,
        Text(
            "改变级别必须写明理由，没有保存。",
            "A level other than the suggested one needs a reason. Nothing was kept.",
        ),
    ),
    "no_triage": Kind(HTTPStatus.NOT_FOUND, Text("这家医院没有设置分诊标准。", "This hospital has no triage table.")),
    "unknown_device": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "没有这台设备，没有改动。请刷新页面再看。", "There is no such device. Nothing was changed. Reload the page."
        ),
    ),
    "unknown_account": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "没有这个账号，没有改动。请刷新页面再看。",
            "There is no such account. Nothing was changed. Reload the page.",
        ),
    ),
    "account_exists": Kind(
        HTTPStatus.CONFLICT,
        Text(
            "这个工号已经有账号，没有另建。请换一个工号，或重设密码。",
            "This name already has an account, and no other was made. Choose another name, or give it a new password.",
        ),
    ),
    "own_account": Kind(
        HTTPStatus.CONFLICT,
        Text(
            "不能停用自己的账号，请另一位管理员操作。",
            "You cannot disable your own account. Ask another administrator.",
        ),
    ),
    "password_weak": Kind(
        HTTPStatus.BAD_REQUEST,
        Text(
            "密码至少要有 {length} 个字符，没有保存。请换一个。",
            "A password needs at least {length} characters. It was not kept. Choose a longer one.",
        ),
    ),
    "bad_code": Kind(
        HTTPStatus.FORBIDDEN,
        Text(
            "登记码不对、已用过或已过期，请管理员重新发码。",
            "The code is wrong, used or expired. Ask an administrator for a new one.",
        ),
    ),
    "screen_code_gone": Kind(
        HTTPStatus.GONE,
        Text("屏幕上的码已过期，请重新取码。", "The code on the screen has expired. Please get a new one."),
    ),
    "clock_fixed": Kind(
        HTTPStatus.CONFLICT,
        Text("只有演示模式可以改时间。", "The time can be moved in a demonstration only."),
    ),
    "no_such_day": Kind(
        HTTPStatus.NOT_FOUND,
        Text(
            "记录里没有这一天，或者这一天还没有结束，没有计算。",
            "This day is not in the log, or has not ended yet. Nothing was calculated.",
        ),
    ),
    "what_if_impossible": Kind(
        HTTPStatus.CONFLICT,
        Text(
            "这一天不能这样改：没有这样的队列，或者时间晚于诊室关闭。没有计算。",
            "This day cannot be changed so: there is no such queue, or it had closed before. Nothing was calculated.",
        ),
    ),
    "what_if_busy": Kind(
        HTTPStatus.CONFLICT,
        Text("另一个计算还没有结束，请稍候再试。", "Another day is being calculated. Please try again in a moment."),
    ),
    "what_if_failed": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        Text(
            "没有算完，叫号不受影响。请再试一次。", "It was not calculated; calling is not affected. Please try again."
        ),
    ),
    "voice_missing": Kind(HTTPStatus.NOT_FOUND, Text("没有这段语音。", "There is no such announcement.")),
    "body_too_large": Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        Text("请求内容过大，没有执行。", "The request is too large. Nothing was done."),
    ),
    "command_id_reused": Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        Text(
            "这个操作编号已经用于另一个操作，没有执行。",
            "This command id was used for another command. Nothing was done.",
        ),
    ),
    "too_many_requests": Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        Text("操作太频繁，请 {seconds} 秒后再试。", "Too many requests. Please try again in {seconds} seconds."),
    ),
    "locked_out": Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        Text(
            "密码错误次数过多，请 {minutes} 分钟后再试。",
            "Too many wrong passwords. Please try again in {minutes} minutes.",
        ),
    ),
    "log_unavailable": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        Text(
            "服务器暂时不能保存，没有执行。请稍后再试或到人工窗口。",
            "The server cannot save at the moment. Nothing was done. Try again later or go to the staffed desk.",
        ),
    ),
    "stopping": Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        Text("服务器正在停止，请稍后再试。", "The server is stopping. Please try again later."),
    ),
    "internal_error": Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        Text(
            "服务器出错，不能确定是否执行。请用同一请求重试，或到人工窗口。",
            "The server failed, so the outcome is not certain. Repeat the same request, or go to the staffed desk.",
        ),
    ),
}
