// The station console: who is next and why, one primary action under the thumb, and paper while the server is away.

import { command, get, head, NoAnswer, post, Refused, session, toLogIn } from "./api.js";
import { hhmm, served, show as showClock } from "./clock.js";
import { recordLine, showAlarms } from "./alarms.js";
import { byId, el, fill, keyed, mark, notice } from "./dom.js";
import { Live } from "./live.js";
import { LogInAgain } from "./log_in_again.js";
import { openingForm, unknownStation } from "./opening.js";
import { PaperCalls } from "./paper.js";
import { Gate, keepFocus, keys } from "./press.js";
import { showWho, staffBar } from "./staff.js";
import { current, doneRow, goneLine, missedRow, question, usualPeriod, waitingRow } from "./station_rows.js";
import { say, t } from "./words.js";

const station = document.body.dataset.station;
const LIFETIME_S = 10;
const CATCH_UP_MS = 400;
const SLOW_MS = 1500;
const START_AGAIN_MS = 3000;

const ACTIONS = [
  { id: "next", key: " ", path: "/api/station/call-next", can: () => true },
  { id: "start", key: "s", path: "/api/station/start", can: () => isCurrent("called") },
  { id: "finish", key: "f", path: "/api/station/finish", can: () => isCurrent("serving") },
  { id: "recall", key: "r", path: "/api/station/recall", can: () => isCurrent("called") },
  { id: "missed", key: "m", path: "/api/station/missed", can: () => isCurrent("called") },
  { id: "paper", key: "b" },
  { id: "undo", key: "u", can: () => toUndo() !== null },
];

const gate = new Gate();
/** Its own: the feed may show the station open before the command that opened it is answered, and then keys count. */
const openingGate = new Gate();
const buttons = new Map();
let me = null;
let view = null;
let away = true;
/** The ticket about which "next" asks what became of it. */
let asking = null;
let opening = false;
/** The latest return of a missed patient from here, which is the desk's command and can be taken back here. */
let rejoined = null;
/** Whom "next" settled, until the view shows whether it called anybody. */
let settled = null;

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
  onRefused: (error) => {
    if (error.status === 404 && !view) showUnknown();
    else complain(error);
  },
});

const again = new LogInAgain(byId("again"), (who) => {
  me = who;
  showWho(me);
  live.open();
});

const paper = new PaperCalls(station, byId("paper"), {
  tickets: () => (view ? [...view.waiting, ...view.missed] : []),
  isAway: () => away,
  onChange: () => render(),
  onBegin: () => fill(byId("notices")),
  onEntered: (numbers) => fill(byId("notices"), notice("done", t("paper.entered", { numbers: numbers.join(t("list.comma")) }))),
  onLogInNeeded: logInNeeded,
});

function isCurrent(status) {
  return view.current !== null && view.current.status === status;
}

/** What would be taken back here: what the station did last, or that a missed patient was let back in. */
function toUndo() {
  if (rejoined && (view.undo === null || view.undo.position < rejoined.position)) {
    return { ...rejoined, path: "/api/desk/undo", label: t("station.undo.rejoin", { number: rejoined.number }) };
  }
  return view.undo && { position: view.undo.position, path: "/api/station/undo", label: say(view.undo.label) };
}

// --- what is done ---------------------------------------------------------------------------------------------------

async function act(action, lastWas = null) {
  if (!view || !view.is_open || away || !action.can()) return;
  await gate.pass(lastWas ? "settle" : action.id, async () => {
    const body = { ...head(LIFETIME_S), station };
    // Somebody else may sit at this station too: the command says whom it means.
    if (action.id !== "undo") body.current = lastWas ? asking : view.current && view.current.ticket;
    if (lastWas) body.last_was = lastWas;
    const undo = action.id === "undo" ? toUndo() : null;
    if (undo) body.position = undo.position;
    const before = view.current;
    asking = null;
    fill(byId("notices"));
    busy(action.id, true);
    const done = await send(undo ? undo.path : action.path, body, t(`station.do.${action.id}`));
    if (undo) rejoined = null;
    if (done && action.id === "next" && before) settled = { ...before, position: done.position };
    busy(action.id, false);
    render();
  });
}

/** Send a command; what it did, or `null` where it was refused or not answered. */
async function send(path, body, what) {
  const doing = el("p", { class: "doing", role: "status" }, t("station.doing", { what }));
  const slow = setTimeout(() => fill(byId("notices"), doing), SLOW_MS);
  try {
    const answer = await command(path, body, () => live.doubt());
    doing.remove();
    const done = answer.done || answer;
    if (away) live.open();
    else if (live.position < done.position) live.after("settle", CATCH_UP_MS, () => live.refresh());
    return done;
  } catch (error) {
    complain(error);
    return null;
  } finally {
    clearTimeout(slow);
    doing.remove();
  }
}

function complain(error) {
  const box = byId("notices");
  if (error instanceof Refused && error.status === 401) {
    logInNeeded();
  } else if (error instanceof Refused && error.code === "last_call_open") {
    ask(error.problem);
  } else if (error instanceof Refused && error.code === "moved_on") {
    fill(box, notice("attention", say(error.problem.message)));
    live.refresh();
  } else if (error instanceof Refused) {
    fill(box, notice("fault", say(error.problem.message)));
    if (away && view) live.open();
  } else if (error instanceof NoAnswer) {
    fill(box, notice("attention", t(view ? "command.no_answer" : "page.no_answer")));
    live.doubt();
  } else {
    throw error;
  }
}

function logInNeeded() {
  // Without a list there is nothing to lose here.
  if (!view) {
    toLogIn();
    return;
  }
  live.lose();
  again.ask(me.name, t("station.log_in_again", { time: hhmm(served(live.lastNews)) }));
  render();
}

function ask(problem) {
  asking = problem.ticket || view.current.ticket;
  fill(byId("notices"), question(view.current, say(problem.message), { settle, forget }));
}

function settle(lastWas) {
  act(ACTIONS[0], lastWas);
}

function forget() {
  asking = null;
  fill(byId("notices"));
}

function rejoin(row) {
  if (away) return;
  gate.pass(`rejoin ${row.ticket}`, async () => {
    fill(byId("notices"));
    const body = { ...head(LIFETIME_S), ticket: row.ticket, reason: "staff" };
    const done = await send("/api/desk/rejoin", body, t("station.do.rejoin"));
    if (!done) return;
    rejoined = { position: done.position, number: row.number };
    render();
  });
}

async function open(doctor, button) {
  await openingGate.pass("open", async () => {
    fill(byId("notices"));
    button.setAttribute("aria-busy", "true");
    await send("/api/station/open", { ...head(LIFETIME_S), station, doctor, queues: [] }, t("station.open.do"));
    button.setAttribute("aria-busy", "false");
  });
}

function close() {
  gate.pass("close", () => send("/api/station/close", { ...head(LIFETIME_S), station }, t("station.close")));
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
  // What was refused is said where the eye is: under the primary action, and before that is there above everything.
  if (view.is_open) byId("primary").after(byId("notices"));
  else byId("top").append(byId("notices"));
  if (view.is_open) {
    if (opening) leaveOpening();
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
  const word = again.isOpen ? t("link.logged_out") : since ? t("link.away") : t("link.connecting");
  fill(link, since ? mark("attention") : null, el("span", {}, word));
  fill(byId("away"), since && view && !again.isOpen ? notice("attention", t("station.away", { time: since })) : null);
}

function showOpen() {
  const usual = usualPeriod(view);
  const context = { away, noted: paper.tickets(), usual };
  list("waiting", view.waiting, (row, index) => waitingRow(row, index, { away, usual, noted: paper.has(row.ticket), note }), context);
  list("missed", view.missed, (row) => missedRow(row, { away, usual, rejoin }), context);
  fill(byId("paused"), view.paused.length ? notice("attention", t("station.paused", { queues: view.paused.map((queue) => say(queue)).join(t("list.comma")) })) : null);
  showAlarms(byId("alarms"), view.alarms);
  byId("record").textContent = recordLine(view.track_record);
  byId("gone").textContent = goneLine(view.away);
  byId("gone").hidden = view.away.length === 0;
  list("done", view.done, (row) => doneRow(row, usual), context);
  fill(byId("current"), current(view.current, usual));
  paper.render();
  for (const action of ACTIONS) {
    const button = buttons.get(action.id);
    button.disabled = action.can ? away || !action.can() : false;
  }
  const undo = toUndo();
  byId("undo-what").textContent = undo ? undo.label : t("station.undo.nothing");
  if (asking && !(isCurrent("called") && view.current.ticket === asking)) forget();
  if (settled && view.position >= settled.position) showSettled();
}

/** "Next" with nobody waiting calls nobody, and still ends the visit before. */
function showSettled() {
  const { ticket, number } = settled;
  settled = null;
  if (view.current !== null) return;
  const isMissed = view.missed.some((row) => row.ticket === ticket);
  fill(byId("notices"), notice("done", t(isMissed ? "station.nobody_after_missed" : "station.nobody_after_seen", { number })));
}

function showUnknown() {
  fill(byId("link"));
  byId("opening").hidden = false;
  fill(byId("opening"), unknownStation(station));
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
  const form = openingForm(view, choices, open);
  fill(byId("opening"), form);
  form.elements.doctor.focus();
}

/** The form goes with its focus, which would keep the keys from the actions until the browser takes it back itself. */
function leaveOpening() {
  opening = false;
  if (document.activeElement && byId("opening").contains(document.activeElement)) document.activeElement.blur();
  fill(byId("opening"));
}

function busy(id, on) {
  buttons.get(id).setAttribute("aria-busy", String(on));
}

function buildActions() {
  const names = { " ": t("key.space") };
  for (const action of ACTIONS) {
    const press = () => (action.id === "paper" ? togglePaper() : act(action));
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
    // Whoever pressed J and thought better of it means "next" by the space bar again.
    if (document.activeElement) document.activeElement.blur();
    return true;
  }
  if (key === "j") {
    const first = byId("missed").querySelector("button");
    if (first) first.focus();
    return true;
  }
  const action = ACTIONS.find((each) => each.key === key);
  if (!action) return false;
  if (action.id === "paper") togglePaper();
  else act(action);
  return true;
}

function togglePaper() {
  // One thing is asked at a time, and both would not fit.
  if (asking) forget();
  paper.toggleForm();
}

/** Who is here, asked for until somebody answers. */
async function begin() {
  try {
    me = await session();
  } catch (error) {
    if (!(error instanceof NoAnswer) && !(error instanceof Refused)) throw error;
    fill(byId("notices"), notice("attention", error instanceof Refused ? say(error.problem.message) : t("page.no_answer")));
    setTimeout(begin, START_AGAIN_MS);
    return;
  }
  fill(byId("notices"));
  staffBar(me, post);
  live.start();
}

buildActions();
keepFocus(document.body);
keys(onKey);
showClock(byId("clock"));
byId("close").addEventListener("click", close);
showLink();
begin();
