"""A report as one HTML file: tables and plots, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Literal, TypeAlias

from queue_server.engine.stamps import hhmm
from queue_server.replay import charts
from queue_server.replay.charts import Say, class_words
from queue_server.replay.fidelity import Fidelity
from queue_server.replay.figures import SAME_MIN
from queue_server.replay.report import Report, Result

Languages: TypeAlias = Literal["zh", "en", "both"]

_STYLE = """
:root { color: #16211f; background: #ffffff; font: 15px/1.5 "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC",
  "Microsoft YaHei", sans-serif; font-variant-numeric: tabular-nums; }
body { max-width: 1040px; margin: 32px auto; padding: 0 24px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 8px; }
h2 { font-size: 18px; margin: 36px 0 8px; }
h3 { font-size: 15px; margin: 20px 0 0; }
p { margin: 4px 0; max-width: 760px; }
.soft { color: #4a5754; }
table { border-collapse: collapse; width: 100%; margin: 8px 0; }
th { color: #4a5754; font-weight: 400; font-size: 13px; text-align: right; vertical-align: bottom; }
td { text-align: right; }
th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left; }
td:nth-child(2) { white-space: nowrap; }
th, td { padding: 3px 8px; border-bottom: 1px solid #c3ccc9; }
tr.first td { border-top: 1px solid #16211f; }
tr.all td { font-weight: 700; }
svg { display: block; width: 100%; height: auto; margin: 8px 0; }
svg text { font: 13px "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; fill: #16211f; }
svg .small { font-size: 12px; fill: #4a5754; }
svg .class { font-weight: 700; }
svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; }
svg .grid { stroke: #dfe4e2; stroke-width: 1; }
svg .axis { stroke: #16211f; stroke-width: 1; }
svg .target { stroke: #16211f; stroke-width: 1; stroke-dasharray: 3 3; }
svg .bar { fill: #9fbfbb; }
svg .dot { fill: #16211f; }
svg .worst { fill: #ffffff; stroke: #16211f; stroke-width: 1.5; }
svg .curve { fill: none; stroke: #16211f; stroke-width: 2; }
svg .curve.base { stroke-width: 4; stroke: #9fbfbb; }
svg .ground { fill: #ffffff; }
svg .hatch { stroke: #0b6b63; stroke-width: 3; }
svg .less { fill: url(#hatch); stroke: #0b6b63; }
svg .more { fill: #16211f; }
@media print { body { margin: 0; } h2 { break-after: avoid; } svg, table { break-inside: avoid; } }
"""


def page_of(report: Report, languages: Languages, offset_min: int) -> str:
    """The report as a page in Chinese, in English, or in both."""
    say = _say(languages)
    tag = "en" if languages == "en" else "zh-CN"
    title = say(f"{report.day}：如果换一种排法", f"{report.day}, and if it were otherwise")
    body = "\n".join(_body(report, say, title, offset_min))
    return (
        f'<!doctype html>\n<html lang="{tag}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>\n'
        f"<body>{body}</body></html>\n"
    )


def _say(languages: Languages) -> Say:
    def say(zh: str, en: str) -> str:
        if languages == "zh" or zh == en:
            return zh
        return en if languages == "en" else f"{zh} · {en}"

    return say


def _body(report: Report, say: Say, title: str, offset_min: int) -> Iterator[str]:
    results = [report.base, *report.others]
    yield f"<h1>{escape(title)}</h1>"
    yield _p(
        say(
            f"{report.visits} 人次，{report.rooms} 个诊室。等候以分钟计，到叫号为止；"
            f"目标不超过 {report.target_min:g} 分钟。",
            f"{report.visits} visits, {report.rooms} rooms. Waits in minutes, up to the call; target: no more than "
            f"{report.target_min:g}.",
        )
    )
    yield from _fidelity(report.fidelity, say, offset_min)
    if report.others:
        yield _h2(say("谁等得更短，谁等得更久", "Who waits less, and who more"))
        yield _soft(
            say(
                f"同一位患者前后比较；相差不超过 {SAME_MIN} 分钟算一样。斜线是更短，实心是更久。",
                f"The same patient both times; up to {SAME_MIN} minute apart is the same. Hatched: less; filled: more.",
            )
        )
        yield charts.sides(report.others, say)
        yield _differences(report.others, say)
    yield _h2(say("各类患者的等候", "Waits by class"))
    yield _soft(
        say(
            "横条从中位数到第 95 百分位，圆点是平均，菱形是最长。右侧数字：平均 / 第 95 百分位。",
            "The bar goes from the median to the 95th percentile, the dot is the mean, the diamond the longest. "
            "Figures: mean / 95th percentile.",
        )
    )
    yield charts.waits(results, report.target_min, say)
    yield _figures(results, say)
    yield _h2(say("等候不超过多少分钟的人占多少", "The share that waited no longer than"))
    yield charts.legend(results, say)
    for group in report.base.curves:
        words = class_words(group)
        yield f"<h3>{escape(say(words.zh, words.en))}</h3>"
        yield charts.curves(results, group, say)
    yield _h2(say("怎样算的", "How this was made"))
    yield _soft(
        say(
            "由叫号系统自己的规则重排这一天：到达、看诊时长、过号和回诊跟着患者，开诊时间、休息和叫号快慢跟着诊室。"
            "当天没有看上的人，时长取同一队列同类患者的中位数。没有读取姓名和证件。",
            "The lobby's own rules decided the day again: arrivals, lengths of visits, misses and returns follow the "
            "patient; hours, breaks and the pace of calling follow the room. Whoever was not seen that day would take "
            "as long as the median of the same queue and class. No name and no identity was read.",
        )
    )


def _fidelity(found: Fidelity, say: Say, offset_min: int) -> Iterator[str]:
    if found.is_whole:
        yield _p(
            say(
                f"按当天的规则重排，{found.calls} 次叫号的次序、时刻和诊室全部一致。",
                f"Under the rules as they were, all {found.calls} calls came again: same order, moment and room.",
            )
        )
    else:
        yield _p(
            say(
                f"按当天的规则重排，{found.calls} 次叫号中有 {found.alike} 次时刻和诊室一致；其余相差 "
                f"{found.median_off_min:g} 分钟（中位数）。",
                f"Under the rules as they were, {found.alike} of {found.calls} calls came again at the same moment in "
                f"the same room; calls are {found.median_off_min:g} minutes away (median).",
            )
        )
    if found.first is not None:
        at = hhmm(found.first.at, offset_min)
        yield _p(
            say(f"第一处不同：{at}，{found.first_number}。", f"The first that differs: {at}, {found.first_number}.")
        )
    if found.by_hand:
        acts = [(_ACTS[kind], count) for kind, count in found.by_hand.items()]
        zh = "，".join(f"{words[0]} {count}" for words, count in acts)
        en = ", ".join(f"{words[1]} {count}" for words, count in acts)
        yield _p(say(f"人工操作：{zh}。", f"By hand: {en}."))


_ACTS = {
    "undone": ("撤销", "taken back"),
    "paper": ("纸上叫号补录", "entered from paper"),
    "backfill": ("补录签到", "check-ins entered afterwards"),
    "desk_cancel": ("工作人员取消", "cancelled by staff"),
    "carried": ("前一天留下（未计入）", "carried over, left out"),
    "moved": ("调整次序", "moved"),
    "picked": ("不按次序叫号", "called out of turn"),
    "other": ("不能重现的操作", "what a rerun cannot do"),
}


def _figures(results: Sequence[Result], say: Say) -> str:
    head = [
        say("规则", "rules"), say("类别", "class"), say("叫到", "called"), say("未叫", "unseen"), say("平均", "mean"),
        say("中位数", "median"), "p95", say("最长", "max"), say("达标", "in target"), say("平均被超", "overtaken"),
        say("最多被超", "most"),
    ]  # fmt: skip
    rows: list[tuple[str, list[str]]] = []
    for result in results:
        for n, (group, of) in enumerate(result.figures.items()):
            words = class_words(group)
            cells = [
                say(result.name.zh, result.name.en) if n == 0 else "", say(words.zh, words.en), str(of.called),
                str(of.unseen), f"{of.mean:.1f}", f"{of.median:.1f}", f"{of.p95:.1f}", f"{of.worst:.1f}",
                f"{100 * of.in_target:.1f} %", f"{of.overtakes:.2f}", str(of.most_overtakes),
            ]  # fmt: skip
            rows.append((_kind(n, group), cells))
    return _table(head, rows)


def _differences(results: Sequence[Result], say: Say) -> str:
    head = [
        say("规则", "rules"), say("类别", "class"), say("平均变化", "mean change"), say("更短", "less"),
        say("更久", "more"), say("一样", "same"), say("最多省", "most saved"), say("最多多等", "most lost"),
    ]  # fmt: skip
    rows: list[tuple[str, list[str]]] = []
    for result in results:
        for n, (group, of) in enumerate(result.differences.items()):
            words = class_words(group)
            cells = [
                say(result.name.zh, result.name.en) if n == 0 else "", say(words.zh, words.en), f"{of.mean:+.1f}",
                str(of.shorter), str(of.longer), str(of.same), f"{of.most_shorter:.1f}", f"{of.most_longer:.1f}",
            ]  # fmt: skip
            rows.append((_kind(n, group), cells))
    return _table(head, rows)


def _kind(n: int, group: str) -> str:
    return " ".join(["first"] * (n == 0) + ["all"] * (group == "all"))


def _table(head: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = [
        f'<tr class="{kind}">' + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>" for kind, cells in rows
    ]
    return f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _h2(words: str) -> str:
    return f"<h2>{escape(words)}</h2>"


def _p(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def _soft(words: str) -> str:
    return f'<p class="soft">{escape(words)}</p>'
