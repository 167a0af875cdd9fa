// A past day run again: the administrator changes a rule or adds a doctor and sees who waits less and who more.

import { get, NoAnswer, post, Refused, session, toLogIn } from "./api.js";
import { byId, el, fill, notice } from "./dom.js";
import { Gate } from "./press.js";
import { staffBar } from "./staff.js";
import { chart, key } from "./what_if_chart.js";
import { say, t } from "./words.js";

const ADDRESS = "/api/admin/what-if";
const DIFFERS_MIN = 0.05;
const LONGEST_MS = 30000;

// When one more doctor may begin.
const FIRST_MIN = 6 * 60;
const LAST_MIN = 20 * 60;
const USUAL = "09:30";

const form = byId("ask");
const gate = new Gate();

// What a checkbox is for, by its name: the request's field and how a slider's value is said.
const ratio = (n) => t("what_if.ratio", { n });
const SLIDERS = {
  allowance: { field: "allowance_min", said: (n) => t("what_if.minutes", { n }) },
  walk_in: { field: "walk_in_ratio", said: ratio },
  return: { field: "return_ratio", said: ratio },
  locked: { field: "lock", said: (n) => t("what_if.places", { n }) },
};
// Both replace the rule for walk-ins.
const EITHER = { allowance: "walk_in", walk_in: "allowance" };

function showSliders() {
  for (const change of form.querySelectorAll(".change")) {
    change.classList.toggle("is-on", change.querySelector("input[type=checkbox]").checked);
  }
  for (const { field, said } of Object.values(SLIDERS)) {
    form.querySelector(`output[data-of=${field}]`).textContent = said(form.elements[field].value);
  }
}

function asked() {
  const { elements } = form;
  const body = { day: elements.day.value };
  for (const [name, { field }] of Object.entries(SLIDERS)) {
    if (elements[name].checked) body[field] = Number(elements[field].value);
  }
  if (elements.more.checked && elements.queue.value) body.more = { queue: elements.queue.value, opens: elements.opens.value };
  return body;
}

/** Reckon, unless it is being done; the page says so meanwhile, and keeps the last answer in sight. */
function reckon(body) {
  return gate.pass(JSON.stringify(body), async () => {
    const button = byId("do");
    button.setAttribute("aria-busy", "true");
    button.disabled = true;
    fill(byId("notices"), el("p", { class: "soft" }, t("what_if.doing")));
    try {
      const report = await post(ADDRESS, body, LONGEST_MS);
      fill(byId("notices"));
      show(report);
    } catch (error) {
      fill(byId("notices"), failed(error));
    } finally {
      button.removeAttribute("aria-busy");
      button.disabled = false;
    }
  });
}

function failed(error) {
  if (error instanceof Refused && error.status === 401) toLogIn();
  if (error instanceof Refused) return notice("fault", say(error.problem.message));
  if (error instanceof NoAnswer) return notice("fault", t("what_if.no_answer"));
  throw error;
}

// --- the answer -----------------------------------------------------------------------------------------------------

function show(report) {
  showQueues(report.queues);
  const { base } = report;
  const [other] = report.others;
  fill(
    byId("answer"),
    el("h2", {}, other ? headline(report, other) : t("what_if.as_it_was", { visits: report.visits, rooms: report.rooms, ...range(base) })),
    el("p", { class: "caption soft" }, other ? whole(other) : t("what_if.choose"), " ", t("what_if.ends")),
    refusedLine(other || base),
    chart(base, other, report.target_min),
    key(Boolean(other)),
    table(base, other),
    fidelity(report),
  );
}

/** What half of the people wait at most, and 95 of 100: a mean alone hides those who wait longest. */
function range(result) {
  const { median, p95 } = result.figures.all;
  return { low: median.toFixed(0), high: p95.toFixed(0) };
}

function headline(report, other) {
  const said = say(other.name);
  const name = said.charAt(0).toUpperCase() + said.slice(1);
  const { low: half, high: most } = range(other);
  return t("what_if.range", { name, ...range(report.base), half, most });
}

function whole(other) {
  const { mean, shorter, longer, same } = other.differences.all;
  const by = Math.abs(mean).toFixed(1);
  const onAverage = Math.abs(mean) < DIFFERS_MIN ? "same" : mean < 0 ? "shorter" : "longer";
  return `${t(`what_if.${onAverage}`, { by })} ${t("what_if.people", { shorter, longer, same })}`;
}

function refusedLine(result) {
  const count = Object.values(result.refused).reduce((sum, one) => sum + one, 0);
  return count ? notice("attention", t("what_if.refused", { n: count })) : null;
}

function table(base, other) {
  const head = ["class", "called", "mean", "median", "p95", "worst", "in_target", ...(other ? ["mean_change", "shorter_n", "longer_n"] : [])];
  return el(
    "table",
    {},
    el("thead", {}, el("tr", {}, head.map((name) => el("th", {}, t(`what_if.column.${name}`))))),
    el("tbody", {}, Object.keys(base.figures).map((group) => row(group, base.figures[group], other))),
  );
}

function row(group, was, other) {
  const now = other ? other.figures[group] : null;
  const difference = other ? other.differences[group] : null;
  const both = (before, after) => (now && String(after) !== String(before) ? [el("span", { class: "before" }, `${before} → `), after] : before);
  const percent = (share) => `${Math.round(100 * share)} %`;
  return el(
    "tr",
    { class: group },
    el("td", {}, t(`what_if.class.${group}`)),
    el("td", {}, both(was.called, now && now.called)),
    el("td", {}, both(was.mean.toFixed(1), now && now.mean.toFixed(1))),
    el("td", {}, both(was.median.toFixed(0), now && now.median.toFixed(0))),
    el("td", {}, both(was.p95.toFixed(0), now && now.p95.toFixed(0))),
    el("td", {}, both(was.worst.toFixed(0), now && now.worst.toFixed(0))),
    el("td", {}, both(percent(was.in_target), now && percent(now.in_target))),
    difference
      ? [
          el("td", { class: side(difference.mean) }, signed(difference.mean)),
          el("td", {}, difference.shorter),
          el("td", {}, difference.longer),
        ]
      : null,
  );
}

function side(mean) {
  if (mean <= -DIFFERS_MIN) return "less";
  return mean >= DIFFERS_MIN ? "more" : null;
}

/** With its sign, so that less and more are told apart without colour. */
function signed(minutes) {
  const text = Math.abs(minutes).toFixed(1);
  if (Number(text) === 0) return text;
  return minutes < 0 ? `−${text}` : `+${text}`;
}

function fidelity({ fidelity: found }) {
  const share = found.calls ? Math.floor((1000 * found.alike) / found.calls) / 10 : 100;
  const acts = Object.values(found.by_hand).reduce((sum, one) => sum + one, 0);
  const words = found.alike === found.calls ? t("what_if.whole", { calls: found.calls }) : t("what_if.partly", { share, minutes: found.median_off_min });
  return el("p", { class: "caption soft" }, words, acts ? ` ${t("what_if.by_hand", { n: acts })}` : null);
}

function showQueues(queues) {
  const { queue, more } = form.elements;
  const chosen = queue.value;
  fill(queue, queues.map((one) => el("option", { value: one.queue }, say(one.name))));
  if (queues.some((one) => one.queue === chosen)) queue.value = chosen;
  more.disabled = queues.length === 0;
}

// --- begin ----------------------------------------------------------------------------------------------------------

form.addEventListener("input", (event) => {
  const { name } = event.target;
  if (EITHER[name] && event.target.checked) form.elements[EITHER[name]].checked = false;
  showSliders();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  reckon(asked());
});
form.elements.day.addEventListener("change", () => reckon({ day: form.elements.day.value }));

function showTimes() {
  const halves = [];
  for (let minutes = FIRST_MIN; minutes <= LAST_MIN; minutes += 30) {
    const clock = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
    halves.push(el("option", { value: clock }, clock));
  }
  fill(form.elements.opens, halves);
  form.elements.opens.value = USUAL;
}

async function begin() {
  const me = await session();
  staffBar(me, post);
  byId("what-if").hidden = false;
  if (me.role !== "administrator") {
    form.hidden = true;
    fill(byId("notices"), notice("attention", t("admin.not_yours")));
    return;
  }
  try {
    const { days, simulated } = await get(ADDRESS);
    const options = days.map((day) => el("option", { value: day }, day));
    fill(form.elements.day, options, el("option", { value: simulated }, t("what_if.simulated")));
  } catch (error) {
    fill(byId("notices"), failed(error));
    return;
  }
  showTimes();
  showSliders();
  await reckon({ day: form.elements.day.value });
}

begin();
