"""What the words in which drivers report mean to a person, in Chinese and English."""

from __future__ import annotations

from typing import Final

from drivers.device import DeviceState

STATES: Final = {
    DeviceState.ONLINE: ("正常联机", "online"),
    DeviceState.OFFLINE: (
        "存在但无法使用（权限或地址不唯一）",
        "there, but cannot be had (permission, or two of that name)",
    ),
    DeviceState.POWER_OFF: ("未通电", "without power"),
    DeviceState.NO_DEVICE: ("未找到设备", "not there"),
    DeviceState.HARDWARE_ERROR: ("设备故障", "hardware fault"),
    DeviceState.USER_ERROR: ("需人工处理", "needs a person"),
    DeviceState.DEVICE_BUSY: ("忙或被其他程序占用", "busy, or held by another program"),
    DeviceState.STARTING: ("正在启动", "starting"),
    DeviceState.UNKNOWN: ("线路通但设备不应答", "mute: the line is there, but no answer comes"),
}

_FINDINGS: Final = {
    "access": ("本账户无权打开端口", "this account may not open the port"),
    "ambiguous": ("地址对应多个设备", "the address means several devices"),
    "answers": ("应答正常", "answers"),
    "bad_url": ("地址写法有误", "the address is wrong"),
    "busy": ("正忙", "busy"),
    "card": ("读卡区有卡", "a card lies on it"),
    "card_blocked": ("卡已锁定", "the card is locked"),
    "card_not_removed": ("卡片未取走", "the last card still lies on it"),
    "card_present": ("读卡器内有卡", "a card is in it"),
    "mute_card": ("卡片不应答", "the card in it does not answer"),
    "not_authorised": ("打印机拒绝本机", "the printer refuses this machine"),
    "one_way": ("打印机无返回通道", "the printer cannot answer"),
    "no_service": ("读卡服务 pcscd 未运行", "the card service pcscd does not run"),
    "toner full": ("有碳粉", "toner"),
    "toner low": ("碳粉将尽", "toner near its end"),
    "toner out": ("缺碳粉", "no toner"),
    "toner unknown": ("碳粉量未知", "toner unknown"),
    "card_read": ("已读出卡片", "a card was read"),
    "claimed": ("端口被其他程序占用", "another program holds the port"),
    "closed": ("未打开", "not opened"),
    "cover_open": ("上盖打开", "the cover is open"),
    "cutter_jam": ("切刀卡住", "the cutter is jammed"),
    "garbled": ("应答无法识别：请查波特率与接线", "what it answers is not understood: rate or cable"),
    "gives_no_answers": ("此类设备不应答", "this kind gives no answers"),
    "gone": ("使用中断开", "went away during use"),
    "head_hot": ("打印头过热", "the print head is too hot"),
    "line_open": ("线路已打开", "its line is open"),
    "near_end": ("纸将尽", "paper near its end"),
    "no_answer": ("不应答", "does not answer"),
    "no_card": ("读卡区无卡", "no card lies on it"),
    "no_device": ("未找到设备", "not there"),
    "no_media": ("没有放卡", "no card was laid"),
    "no_scan": ("没有扫码", "no code was scanned"),
    "not_asked": ("没有可问的内容", "nothing to ask it"),
    "offline": ("打印机脱机", "the printer is offline"),
    "paper_out": ("缺纸", "no paper"),
    "reader_present": ("读卡器已连接", "the reader is there"),
    "ready": ("就绪", "ready"),
    "restarted": ("设备曾重启", "it has restarted"),
    "scanned": ("已扫到条码", "a code was scanned"),
    "self_test": ("自检", "self-test"),
    "wrong_card": ("不是可读的卡种", "no card of a kind that is read"),
    "timeout": ("不应答（超时）", "does not answer in time"),
    "unrecoverable": ("不可恢复的故障", "a fault it cannot clear"),
    "unsettled": ("有一笔交易未了结", "a payment is not settled"),
    "page_complete": ("测试页完整（人工确认）", "the test page is complete (seen by a person)"),
    "page_incomplete": ("测试页不完整（人工确认）", "the test page is not complete (seen by a person)"),
    "board_shows": ("屏幕显示正确（人工确认）", "the board showed it (seen by a person)"),
    "board_shows_not": ("屏幕未显示（人工确认）", "the board did not show it (seen by a person)"),
    "not_looked_at": ("未经人工确认", "nobody looked"),
    "paper full": ("有纸", "paper"),
    "paper low": ("纸将尽", "paper near its end"),
    "paper out": ("缺纸", "no paper"),
    "paper jammed": ("卡纸", "paper jammed"),
    "paper unknown": ("纸量未知", "paper unknown"),
    "test page done": ("测试页已打印", "the test page was printed"),
    "test page not_done": ("测试页未打印", "the test page was not printed"),
    "test page unknown": ("测试页是否打印未知", "whether the test page was printed is not known"),
}


def meaning(finding: str) -> tuple[str, str]:
    """Say what a finding means, in Chinese and English; one that is not known here is given as it is."""
    return _FINDINGS.get(finding, (finding, finding))
