// The console's lines: a ticket waiting, missed or done, and the one who is here now.

import { hhmm } from "./clock.js";
import { el, notice } from "./dom.js";
import { say, t } from "./words.js";

/**
 * The half of the day (午别) that need not be said: that of most who wait. Numbers begin anew with each, so whoever is of
 * another one is marked. With nobody waiting every one is.
 */
export function usualPeriod(view) {
  const counts = new Map();
  for (const row of view.waiting) if (row.period) counts.set(row.period.zh, (counts.get(row.period.zh) || 0) + 1);
  const [most] = [...counts.entries()].sort(([, one], [, other]) => other - one);
  const all = [view.current, ...view.waiting, ...view.missed, ...view.done].filter((row) => row && row.period);
  const isOne = new Set(all.map((row) => row.period.zh)).size <= 1;
  return isOne && all.length ? all[0].period.zh : most ? most[0] : null;
}

function ofPeriod(row, usual) {
  return row.period && row.period.zh !== usual ? el("span", { class: "chip period" }, say(row.period)) : null;
}

function marks(row) {
  const chips = [];
  if (row.misses > 0) chips.push(t("mark.misses", { n: row.misses }));
  if (row.extra) chips.push(t("mark.extra", { why: say(row.extra) }));
  if (row.by_proxy) chips.push(t("mark.by_proxy"));
  if (row.backfilled) chips.push(t("mark.backfilled"));
  if (row.printed === "not_done") chips.push(t("mark.no_paper"));
  if (row.printed === "unknown") chips.push(t("mark.paper_unknown"));
  if (row.triage && row.triage.reassess_since) chips.push(t("triage.reassess", { time: hhmm(row.triage.reassess_since) }));
  return chips.map((text) => el("span", { class: "chip attention" }, text));
}

/** In two-stage calling: at whose door the patient waits. */
function stage(row) {
  return row.stage === "door" ? el("span", { class: "chip" }, t("mark.door", { room: say(row.door) })) : null;
}

function reason(row, usual, said = say(row.reason)) {
  const chips = [stage(row), ...marks(row)].filter(Boolean);
  const period = ofPeriod(row, usual);
  return el(
    "span",
    { class: "reason" },
    period,
    period ? " " : null,
    said,
    chips.length ? el("span", { class: "caption" }, chips) : null,
  );
}

/** Someone waiting; while the server is away, a call made on paper can be noted here. */
export function waitingRow(row, index, { away, usual, noted, note }) {
  const onPaper = el(
    "button",
    { type: "button", disabled: noted, on: { click: () => note(row) } },
    noted ? t("paper.noted") : t("paper.note"),
  );
  return el(
    "div",
    { class: "ticket", role: "listitem", "data-number": row.number },
    el("span", { class: "place" }, index + 1),
    el("span", { class: "number" }, row.number),
    el("span", {}, row.masked_name || ""),
    el("span", {}, el("span", { class: "chip" }, say(row.kind))),
    reason(row, usual),
    away ? onPaper : el("span", { class: "soft caption" }, row.doctor ? say(row.doctor) : say(row.clinic)),
  );
}

/** Someone who was called and did not come: the place is gone, and the sentence is of what it was. */
export function missedRow(row, { away, usual, rejoin }) {
  return el(
    "div",
    { class: "ticket", role: "listitem", "data-number": row.number },
    el("span", {}),
    el("span", { class: "number" }, row.number),
    el("span", {}, row.masked_name || ""),
    el("span", { class: "soft caption" }, row.called_at ? t("row.called_at", { time: hhmm(row.called_at) }) : ""),
    reason(row, usual, t("row.before", { reason: say(row.reason) })),
    el("button", { type: "button", disabled: away, on: { click: () => rejoin(row) } }, t("station.do.rejoin")),
  );
}

/** Those who are at exams or another stop, or stepped away for some minutes, in a line; nothing without any. */
export function goneLine(rows) {
  if (!rows.length) return "";
  const who = rows.map((row) => (row.back_at ? t("gone.until", { number: row.number, time: hhmm(row.back_at) }) : t("gone.exams", { number: row.number })));
  return t("gone.line", { who: who.join(t("list.comma")) });
}

/** Someone who was seen. */
export function doneRow(row, usual) {
  return el(
    "div",
    { class: "ticket", role: "listitem", "data-number": row.number },
    el("span", { class: "number" }, row.number),
    el("span", {}, row.masked_name || ""),
    el("span", {}, ofPeriod(row, usual), marks(row)),
    el("span", { class: "soft caption" }, row.called_at ? hhmm(row.called_at) : ""),
  );
}

/** The one called or in service, or that nobody is. */
export function current(row, usual) {
  if (!row) {
    return el("div", { class: "current" }, el("p", { class: "soft" }, t("station.current.nobody")));
  }
  const times = row.called_at ? t("station.current.called_at", { time: hhmm(row.called_at), n: row.calls }) : "";
  return el(
    "div",
    { class: `current ${row.status}`, "data-number": row.number },
    el("div", { class: "state" }, el("strong", {}, t(`status.${row.status}`)), el("span", { class: "soft" }, times)),
    el(
      "div",
      { class: "who" },
      el("span", { class: "number" }, row.number),
      el("span", { class: "name" }, row.masked_name || ""),
    ),
    el("p", {}, el("span", { class: "chip" }, say(row.kind)), " ", el("span", { class: "soft" }, say(row.reason))),
    ofPeriod(row, usual),
    marks(row),
  );
}

/** What became of `row`'s patient, asked before the next is called: a choice for each answer, and neither. */
export function question(row, sentence, { settle, forget }) {
  const answer = (lastWas, key, label) =>
    el("button", { type: "button", "data-answer": lastWas, on: { click: () => settle(lastWas) } }, label, el("kbd", {}, key));
  const choices = el(
    "div",
    { class: "answers" },
    answer("seen", "1", t("station.ask.seen")),
    answer("missed", "2", t("station.ask.missed")),
    el("button", { type: "button", class: "quiet", on: { click: forget } }, t("station.ask.neither"), el("kbd", {}, "Esc")),
  );
  return notice("attention", el("div", {}, el("strong", {}, row ? `${row.number} ` : ""), sentence, choices));
}
