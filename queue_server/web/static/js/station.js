// The station console: who is next and why, one primary action under the thumb, and paper while the server is away.

import { command, get, head, NoAnswer, post, Refused, session, toLogIn } from "./api.js";
import { hhmm, served, show as showClock } from "./clock.js";
import { byId, el, fill, keyed, mark, notice } from "./dom.js";
import { Live } from "./live.js";
import { PaperCalls } from "./paper.js";
import { Gate, keepFocus, keys } from "./press.js";
import { staffBar } from "./staff.js";
import { current, doneRow, missedRow, waitingRow } from "./station_rows.js";
import { say, t } from "./words.js";

const station = document.body.dataset.station;
const LIFETIME_S = 10;
const CATCH_UP_MS = 400;

const ACTIONS = [
  { id: "next", key: " ", path: "/api/station/call-next", can: () => true },
  { id: "start", key: "s", path: "/api/station/start", can: (view) => isCurrent(view, "called") },
  { id: "finish", key: "f", path: "/api/station/finish", can: (view) => isCurrent(view, "serving") },
  { id: "recall", key: "r", path: "/api/station/recall", can: (view) => isCurrent(view, "called") },
  { id: "missed", key: "m", path: "/api/station/missed", can: (view) => isCurrent(view, "called") },
  { id: "paper", key: "b" },
  { id: "undo", key: "u", path: "/api/station/undo", can: (view) => view.undo !== null },
];

const gate = new Gate();
const buttons = new Map();
let view = null;
let away = true;
let asking = false;
let opening = false;

const live = new Live({
  view: `/api/station/${encodeURIComponent(station)}`,
  feed: `/api/station/${encodeURIComponent(station)}/feed`,
  onView: (fresh) => {
    view = fresh;
    render();
  },
  onState: (state) => {
    away = state === "away";
    render();
  },
  onRefused: (error) => (error.status === 401 ? toLogIn() : complain(error)),
});

const paper = new PaperCalls(station, byId("paper"), {
  tickets: () => (view ? [...view.waiting, ...view.missed] : []),
  isAway: () => away,
  onChange: () => render(),
});

function isCurrent(shown, status) {
  return shown.current !== null && shown.current.status === status;
}

// --- what is done ---------------------------------------------------------------------------------------------------

async function act(action, lastWas = null) {
  if (!view || !view.is_open || away || !action.can(view)) return;
  await gate.pass(lastWas ? "settle" : action.id, async () => {
    asking = false;
    fill(byId("notices"));
    busy(action.id, true);
    const body = { ...head(LIFETIME_S), station };
    if (lastWas) body.last_was = lastWas;
    if (action.id === "undo") body.position = view.undo.position;
    await send(action.path, body);
    busy(action.id, false);
  });
}

async function send(path, body) {
  try {
    const answer = await command(path, body);
    const done = answer.done || answer;
    if (live.position < done.position) live.after("settle", CATCH_UP_MS, () => live.refresh());
  } catch (error) {
    complain(error);
  }
}

function complain(error) {
  const box = byId("notices");
  if (error instanceof Refused && error.status === 401) {
    toLogIn();
  } else if (error instanceof Refused && error.code === "last_call_open") {
    ask(error.problem.message);
  } else if (error instanceof Refused) {
    fill(box, notice("fault", say(error.problem.message)));
  } else if (error instanceof NoAnswer) {
    fill(box, notice("attention", t("command.no_answer")));
    live.open();
  } else {
    throw error;
  }
}

function ask(message) {
  asking = true;
  const answer = (lastWas, key, label) =>
    el("button", { type: "button", "data-answer": lastWas, on: { click: () => settle(lastWas) } }, label, el("kbd", {}, key));
  const number = view.current ? `${view.current.number} ` : "";
  fill(
    byId("notices"),
    notice(
      "attention",
      el(
        "div",
        {},
        el("strong", {}, number),
        say(message),
        el(
          "div",
          { class: "answers" },
          answer("seen", "1", t("station.ask.seen")),
          answer("missed", "2", t("station.ask.missed")),
          el("button", { type: "button", class: "quiet", on: { click: forget } }, t("station.ask.neither"), el("kbd", {}, "Esc")),
        ),
      ),
    ),
  );
}

function settle(lastWas) {
  act(ACTIONS[0], lastWas);
}

function forget() {
  asking = false;
  fill(byId("notices"));
}

function rejoin(row) {
  if (away) return;
  gate.pass(`rejoin ${row.ticket}`, async () => {
    fill(byId("notices"));
    await send("/api/desk/rejoin", { ...head(LIFETIME_S), ticket: row.ticket, reason: "staff" });
  });
}

async function open(form) {
  await gate.pass("open", async () => {
    const data = new FormData(form);
    const body = { ...head(LIFETIME_S), station, doctor: data.get("doctor") || null, queues: [] };
    const button = form.querySelector("button");
    button.setAttribute("aria-busy", "true");
    await send("/api/station/open", body);
    button.setAttribute("aria-busy", "false");
  });
}

function close() {
  gate.pass("close", () => send("/api/station/close", { ...head(LIFETIME_S), station }));
}

// --- what is shown --------------------------------------------------------------------------------------------------

function render() {
  showLink();
  if (!view) return;
  document.title = `${say(view.name)} · ${t("app.name")}`;
  byId("name").textContent = say(view.name);
  const room = say(view.room) === say(view.name) ? "" : say(view.room);
  const serves = [room, say(view.doctor), view.queues.map((queue) => say(queue)).join(t("list.comma"))];
  byId("serves").textContent = serves.filter(Boolean).join(" · ");
  byId("main").hidden = !view.is_open;
  byId("close").hidden = !view.is_open;
  byId("close").disabled = away || view.current !== null;
  byId("opening").hidden = view.is_open;
  if (view.is_open) {
    opening = false;
    showOpen();
  } else {
    showOpening();
  }
}

function showLink() {
  const link = byId("link");
  const since = live.lastNews && hhmm(served(live.lastNews));
  document.body.classList.toggle("is-away", away && view !== null);
  link.classList.toggle("away", away);
  if (!away) {
    fill(link, t("link.live"));
    fill(byId("away"));
    return;
  }
  fill(link, since ? mark("attention") : null, el("span", {}, since ? t("link.away") : t("link.connecting")));
  fill(byId("away"), since ? notice("attention", t("station.away", { time: since })) : null);
}

function showOpen() {
  const context = { away, noted: paper.tickets() };
  list("waiting", view.waiting, (row, index) => waitingRow(row, index, { away, noted: paper.has(row.ticket), note }), context);
  list("missed", view.missed, (row) => missedRow(row, { away, rejoin }), context);
  list("done", view.done, doneRow, null);
  fill(byId("current"), current(view.current));
  paper.render();
  for (const action of ACTIONS) {
    const button = buttons.get(action.id);
    button.disabled = action.can ? away || !action.can(view) : false;
  }
  byId("undo-what").textContent = view.undo ? say(view.undo.label) : t("station.undo.nothing");
  if (asking && !isCurrent(view, "called")) forget();
}

function list(id, rows, make, context) {
  keyed(byId(id), rows, (row) => row.ticket, make, context);
  byId(`${id}-empty`).hidden = rows.length > 0;
  const count = document.getElementById(`${id}-count`);
  if (count) count.textContent = rows.length ? t("station.count", { n: rows.length }) : "";
}

function note(row) {
  paper.note(row.ticket, row.number);
}

async function showOpening() {
  if (opening) return;
  opening = true;
  let choices;
  try {
    choices = await get("/api/station/choices");
  } catch (error) {
    opening = false;
    complain(error);
    return;
  }
  const form = el(
    "form",
    { class: "card stack", on: { submit: (event) => (event.preventDefault(), open(form)) } },
    el("h2", {}, t("station.open.title", { name: say(view.name) })),
    el("p", { class: "soft" }, t("station.open.lead", { room: say(view.room) })),
    el(
      "label",
      {},
      t("station.open.doctor"),
      el("select", { name: "doctor" }, el("option", { value: "" }, t("station.open.no_doctor")), byClinic(choices.doctors)),
    ),
    el("button", { class: "primary", type: "submit" }, t("station.open.do")),
  );
  fill(byId("opening"), form);
  form.elements.doctor.focus();
}

/** Doctors under their clinics, the clinics of this station first. */
function byClinic(doctors) {
  const here = new Set(view.queues.map((queue) => queue.zh));
  const clinics = new Map();
  for (const doctor of doctors) {
    const clinic = say(doctor.note);
    if (!clinics.has(clinic)) clinics.set(clinic, { isHere: doctor.note !== null && here.has(doctor.note.zh), doctors: [] });
    clinics.get(clinic).doctors.push(doctor);
  }
  const option = (doctor) => el("option", { value: doctor.id }, say(doctor.name));
  return [...clinics.entries()]
    .sort(([, one], [, other]) => other.isHere - one.isHere)
    .map(([clinic, group]) => el("optgroup", { label: clinic }, group.doctors.map(option)));
}

function busy(id, on) {
  buttons.get(id).setAttribute("aria-busy", String(on));
}

function buildActions() {
  const names = { " ": t("key.space") };
  for (const action of ACTIONS) {
    const press = () => (action.id === "paper" ? paper.toggleForm() : act(action));
    const button = el(
      "button",
      { type: "button", id: `do-${action.id}`, class: action.id === "next" ? "primary" : action.id, on: { click: press } },
      el("span", {}, t(`station.do.${action.id}`)),
      action.id === "undo" ? el("span", { class: "what", id: "undo-what" }) : null,
      el("kbd", {}, names[action.key] || action.key.toUpperCase()),
    );
    buttons.set(action.id, button);
  }
  // The primary action keeps its place whatever is said below it.
  const [first, ...rest] = buttons.values();
  fill(byId("primary"), first);
  fill(byId("actions"), rest);
}

function onKey(key) {
  if (!view || !view.is_open) return false;
  if (asking && (key === "1" || key === "2")) {
    settle(key === "1" ? "seen" : "missed");
    return true;
  }
  if (key === "escape") {
    forget();
    paper.closeForm();
    return true;
  }
  if (key === "j") {
    const first = byId("missed").querySelector("button");
    if (first) first.focus();
    return true;
  }
  const action = ACTIONS.find((each) => each.key === key);
  if (!action) return false;
  if (action.id === "paper") paper.toggleForm();
  else act(action);
  return true;
}

buildActions();
keepFocus(document.body);
keys(onKey);
showClock(byId("clock"));
byId("close").addEventListener("click", close);
showLink();
session().then((me) => {
  staffBar(me, post);
  live.start();
}, complain);
