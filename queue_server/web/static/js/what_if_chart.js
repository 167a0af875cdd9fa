// Waits by class as they were and as they would be: by place and shape, never by colour alone.

import { draw } from "./dom.js";
import { t } from "./words.js";

const WIDTH = 940;
const LEFT = 96;
const RIGHT = 120;
const ROW = 56;
const TOP = 22;
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 240];
const MOST_STEPS = 9;

/**
 * The chart.
 * @param {Object} base the result as it was
 * @param {?Object} other the result as it would be
 * @param {number} target minutes
 */
export function chart(base, other, target) {
  const groups = Object.keys(base.figures);
  const results = other ? [base, other] : [base];
  const longest = Math.max(1, ...results.map((result) => Math.max(...groups.map((group) => result.figures[group].p95))));
  const top = Math.max(longest, target);
  const x = (minutes) => LEFT + ((WIDTH - LEFT - RIGHT) * minutes) / top;
  const bottom = TOP + groups.length * ROW;
  const parts = [...axis(top, bottom, x), ...targetLine(target, bottom, x)];
  groups.forEach((group, index) => {
    const y = TOP + index * ROW + ROW / 2;
    parts.push(...row(group, y, base.figures[group], other ? other.figures[group] : null, x));
  });
  return draw("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${bottom + 24}`, role: "img", "aria-label": t("what_if.chart") }, parts);
}

function axis(top, bottom, x) {
  const step = STEPS.find((one) => top / one <= MOST_STEPS) || STEPS[STEPS.length - 1];
  const parts = [];
  for (let minutes = 0; minutes <= top; minutes += step) {
    parts.push(line("grid", x(minutes), TOP, bottom), words(x(minutes), bottom + 17, String(minutes), "soft middle"));
  }
  parts.push(words(WIDTH, bottom + 17, t("what_if.unit"), "soft end"));
  return parts;
}

function targetLine(target, bottom, x) {
  return [line("target", x(target), TOP - 6, bottom), words(x(target), TOP - 8, t("what_if.target", { n: target }), "soft middle")];
}

function row(group, y, was, now, x) {
  const parts = [words(LEFT - 12, y + 5, t(`what_if.class.${group}`), "end")];
  const upper = now ? y - 7 : y;
  parts.push(span("span", x, was, upper), draw("circle", { class: "ring", cx: x(was.median), cy: upper, r: 6 }));
  if (now) {
    parts.push(span("span after", x, now, y + 8), draw("circle", { class: "dot", cx: x(now.median), cy: y + 8, r: 7 }));
    parts.push(words(WIDTH, y + 6, `${ends(was)} → ${ends(now)}`, "end"));
  } else {
    parts.push(words(WIDTH, y + 6, ends(was), "end"));
  }
  return parts;
}

/** The same in figures. */
function ends({ median, p95 }) {
  return `${median.toFixed(0)}–${p95.toFixed(0)}`;
}

/** From the median to the 95th percentile. */
function span(kind, x, figures, y) {
  const from = x(figures.median);
  return draw("rect", { class: kind, x: from, y: y - 2, width: Math.max(0, x(figures.p95) - from), height: 4 });
}

function line(kind, x, from, to) {
  return draw("line", { class: kind, x1: x, y1: from, x2: x, y2: to });
}

function words(x, y, text, kind) {
  return draw("text", { class: kind, x, y }, text);
}

/** What ring, dot and bar mean. */
export function key(isCompared) {
  const sample = (shapes) => draw("svg", { class: "chart", viewBox: "0 0 48 16", "aria-hidden": "true" }, shapes);
  const bar = (kind) => draw("rect", { class: kind, x: 8, y: 6, width: 36, height: 4 });
  const was = sample([bar("span"), draw("circle", { class: "ring", cx: 10, cy: 8, r: 6 })]);
  const now = sample([bar("span after"), draw("circle", { class: "dot", cx: 10, cy: 8, r: 7 })]);
  const node = document.createElement("p");
  node.className = "key";
  const label = (text) => Object.assign(document.createElement("span"), { textContent: text });
  node.append(was, label(t("what_if.key.was")));
  if (isCompared) node.append(now, label(t("what_if.key.now")));
  return node;
}
