// The nurse desk: find who is here, check in, give a number, let a missed one back in, cancel.

import { command, get, head, NoAnswer, post, Refused, session, toLogIn } from "./api.js";
import { hhmm, learn, served } from "./clock.js";
import { files, kindOf, printButton } from "./desk_files.js";
import { printTicket } from "./desk_paper.js";
import { recordLine, showAlarms } from "./alarms.js";
import { byId, el, fill, keyed, mark, notice } from "./dom.js";
import { troubles } from "./kiosks.js";
import { Gate } from "./press.js";
import { Pulse } from "./pulse.js";
import { staffBar } from "./staff.js";
import { Emergency } from "./triage.js";
import { Why } from "./why.js";
import { say, t } from "./words.js";

const KINDS = ["auto", "number", "name", "code", "id_card", "hospital_card"];
const SECOND_CLICK_MS = 300;

const gate = new Gate();
const finding = new Gate();
let found = null;
let chosen = null;
let chosenAt = -Infinity;

const pulse = new Pulse((since) => {
  const link = byId("link");
  link.classList.toggle("away", since !== null);
  const away = since !== null && [mark("attention"), el("span", {}, t("desk.away", { time: hhmm(served(since)) }))];
  fill(link, away || t("link.live"));
}, showPresent);

const why = new Why(attempt);
const emergency = new Emergency({ send, attempt, chosen: () => chosen, forget });

async function showPresent() {
  await showKiosks();
  const waits = await get("/api/desk/waits");
  showAlarms(byId("alarms"), waits.alarms, assessAgain);
  byId("record").textContent = recordLine(waits.track_record);
  await emergency.refresh();
}

/** A patient whose re-assessment is due is assessed from the alarm itself. */
function assessAgain({ kind, ticket }) {
  return kind === "reassess" && el("button", { type: "button", on: { click: () => emergency.again(ticket) } }, t("triage.again"));
}

/** What is wrong with the kiosks: quiet while patients are served all the same. Rows that stay are not read out anew. */
async function showKiosks() {
  const kiosks = await get("/api/desk/devices");
  const lines = kiosks.flatMap((kiosk) =>
    troubles(kiosk).map(({ key, text, stops }) => ({
      key: `${kiosk.device} ${key}`,
      text: t("kiosks.line", { hall: say(kiosk.hall), name: kiosk.name, what: text }),
      stops,
    })),
  );
  lines.sort((one, other) => other.stops - one.stops);
  keyed(byId("kiosks"), lines, ({ key }) => key, ({ text, stops }) => (stops ? notice("attention", text) : el("p", { class: "soft" }, text)));
}

// --- finding --------------------------------------------------------------------------------------------------------

function buildKinds() {
  const kind = (name) =>
    el("label", {}, el("input", { type: "radio", name: "kind", value: name, checked: name === "auto" }), t(`desk.kind.${name}`));
  fill(byId("kinds"), KINDS.map(kind));
}

async function find() {
  const field = byId("value");
  const value = field.value.normalize("NFKC").trim();
  if (!value) return;
  const picked = byId("find").elements.kind.value;
  clear();
  await attempt(async () => {
    found = await post("/api/desk/find", { kind: picked === "auto" ? kindOf(value) : picked, value });
    // One identity may lead to several files, and a part of a name to anybody: the nurse asks, the page never guesses.
    chosen = found.patients.length === 1 && found.is_sure !== false ? found.patients[0] : null;
    showFound();
    // A card number does not stay on the screen; the next scan replaces it. What found nobody for want of an answer does.
    field.value = "";
  }, t("desk.find.no_answer"));
  field.focus();
  field.select();
}

function showFound() {
  const old = found.list_is_old ? notice("attention", t("desk.list_is_old", { time: hhmm(found.list_as_of) })) : null;
  if (found.patients.length === 0) {
    const tooMany = found.is_too_many;
    fill(byId("patients"), old, notice("attention", t(tooMany ? "desk.too_many" : "desk.nobody")));
    return;
  }
  const pick = (patient) => {
    chosen = patient;
    chosenAt = Date.now();
    showFound();
  };
  fill(byId("patients"), old, files(found.patients, chosen, { pick, checkIn, join, takeOrder, rejoin, cancel, print, compare: (ticket) => why.use(ticket), isFromPaper: isFromPaper() }));
}

// --- doing ----------------------------------------------------------------------------------------------------------

function isFromPaper() {
  return byId("from-paper").checked;
}

function paper() {
  return isFromPaper() ? { from_paper: true } : {};
}

function checkIn(patient, appointment) {
  send("/api/desk/check-in", { person: patient.person, appointment: appointment.appointment, ...paper() }, showTicket);
}

function join(patient, registration) {
  const { queue, registration: id } = registration;
  send("/api/desk/join", { queue, person: patient.person, registration: id, ...paper() }, showTicket);
}

function takeOrder(patient, { order }) {
  send("/api/desk/check-in-order", { person: patient.person, order }, showTicket);
}

function joinOpen(queue) {
  send("/api/desk/join", { queue: queue.id, ...paper() }, showTicket);
}

function rejoin(ticket) {
  send("/api/desk/rejoin", { ticket: ticket.ticket, reason: "staff" }, showTicket);
}

function print(ticket) {
  attempt(() => printTicket(ticket, send));
}

function cancel(ticket) {
  send("/api/desk/cancel", { ticket: ticket.ticket, reason: "patient" }, ({ done }) => {
    const undo = () => send("/api/desk/undo", { position: done.position }, () => fill(byId("notices"), notice("done", t("desk.cancel_undone", { number: ticket.number }))));
    const button = el("button", { type: "button", on: { click: undo } }, t("station.do.undo"));
    fill(byId("notices"), notice("done", t("desk.cancelled", { number: ticket.number }), button));
    fill(byId("outcome"));
    forget();
  });
}

function send(path, body, onDone) {
  // The second click of a double click on "this one" may fall on what has just appeared under the pointer.
  if (Date.now() - chosenAt < SECOND_CLICK_MS) return;
  gate.pass(JSON.stringify([path, body]), () =>
    attempt(async () => {
      fill(byId("notices"));
      onDone(await command(path, { ...head(), ...body }));
    }),
  );
}

async function attempt(act, unanswered = t("desk.no_answer")) {
  const answered = pulse.asking();
  try {
    await act();
    answered();
  } catch (error) {
    if (error instanceof NoAnswer) pulse.miss();
    else answered();
    if (error instanceof Refused && error.status === 401) toLogIn();
    else if (error instanceof Refused) fill(byId("notices"), notice("fault", say(error.problem.message)));
    else if (error instanceof NoAnswer) fill(byId("notices"), notice("attention", unanswered));
    else throw error;
  }
}

function showTicket({ ticket }) {
  learn(ticket.server_time);
  // For one check-in: the next patient stands here.
  byId("from-paper").checked = false;
  const wait = ticket.wait ? t("desk.wait", { low: ticket.wait.low_min, high: ticket.wait.high_min }) : "";
  const ahead = ticket.ahead === null ? "" : t("desk.ahead", { n: ticket.ahead });
  fill(
    byId("outcome"),
    el(
      "section",
      { class: "card outcome" },
      el("p", { class: "soft" }, [say(ticket.clinic), say(ticket.doctor), ticket.masked_name].filter(Boolean).join(" · ")),
      el("p", { class: "number" }, ticket.number),
      el("p", { class: "where" }, t("desk.where", { area: say(ticket.area) })),
      el("p", {}, [ahead, wait].filter(Boolean).join(t("list.clause"))),
      el("p", { class: "soft" }, say(ticket.reason)),
      printButton(ticket, print),
    ),
  );
  forget();
  byId("value").focus();
}

function clear() {
  forget();
  for (const id of ["notices", "outcome"]) fill(byId(id));
}

/** Whoever was found is served: what follows is about somebody else. */
function forget() {
  found = null;
  chosen = null;
  fill(byId("patients"));
}

async function showOpenQueues() {
  const { open_queues: queues } = await get("/api/desk/choices");
  byId("open-part").hidden = queues.length === 0;
  const button = (queue) =>
    el(
      "button",
      { type: "button", on: { click: () => joinOpen(queue) } },
      el("strong", {}, say(queue.name)),
      el("span", { class: "soft caption" }, say(queue.note)),
    );
  fill(byId("open-queues"), queues.map(button));
}

buildKinds();
byId("from-paper").addEventListener("change", () => found && showFound());
byId("find").addEventListener("submit", (event) => {
  event.preventDefault();
  finding.pass(byId("value").value, find);
});
attempt(async () => {
  staffBar(await session(), post);
  pulse.start();
  pulse.ask();
  await showOpenQueues();
  await emergency.begin();
}, t("page.no_answer"));
