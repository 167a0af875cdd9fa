// What the desk found: one file with what can be done today, or several to choose from.

import { hhmm } from "./clock.js";
import { isCopy } from "./desk_paper.js";
import { el, notice } from "./dom.js";
import { language, say, t } from "./words.js";

const IDENTITY = /^\d{17}[\dXx]$/;
const NUMBER = /^[A-Za-z]{0,3}\d{1,4}$/;
const CODE = /^(HZ:|https?:\/\/)/i;

/** What a typed or scanned text is: an 18-digit identity number (GB 11643), a ticket's code, a queue number, or a name. */
export function kindOf(value) {
  if (CODE.test(value)) return "code";
  if (IDENTITY.test(value)) return "id_card";
  if (NUMBER.test(value)) return "number";
  return /\d/.test(value) ? "code" : "name";
}

/** The files found; `chosen` is shown with what can be done, several without a choice are asked about. */
export function files(patients, chosen, actions) {
  const ask = patients.length > 1 || !chosen ? notice("attention", t("desk.which", { n: patients.length })) : null;
  const one = (patient) => (patient === chosen ? opened(patient, actions) : closed(patient, actions));
  return [ask, ...patients.map(one)];
}

function title(patient) {
  return el(
    "h2",
    {},
    patient.masked_name || t("desk.nameless"),
    " ",
    el("span", { class: "soft caption" }, language === "zh" ? patient.hint : patient.hint_en),
  );
}

function closed(patient, { pick }) {
  return el(
    "section",
    { class: "card row file" },
    el("div", { class: "grow" }, title(patient), el("p", { class: "soft" }, summary(patient))),
    el("button", { type: "button", class: "primary", on: { click: () => pick(patient) } }, t("desk.pick")),
  );
}

function summary(patient) {
  const open = [...patient.appointments, ...patient.registrations].filter((each) => !isOnTicket(each));
  const orders = patient.orders.filter((each) => !isOnTicket(each));
  const said = [...patient.tickets.map((each) => `${each.number} ${what(each)}`), ...open.map(what), ...orders.map(ordered)];
  return said.length ? said.join(t("list.comma")) : t("desk.nothing_today");
}

function what(each) {
  return [say(each.clinic), say(each.doctor), say(each.period)].filter(Boolean).join(" ");
}

/** What is ordered, with its booked slot where it has one. */
function ordered({ name, slot_start: from, slot_end: to }) {
  return from ? `${say(name)} ${t("desk.slot", { from: hhmm(from), to: hhmm(to) })}` : say(name);
}

function opened(patient, actions) {
  const { checkIn, join, takeOrder, rejoin, cancel, compare, print, isFromPaper } = actions;
  const things = [
    ...patient.tickets.map((each) => ticketThing(each, { rejoin, cancel, compare, print })),
    ...patient.appointments.filter((each) => !isOnTicket(each)).map((each) => {
      const time = t("desk.slot", { from: hhmm(each.slot_start), to: hhmm(each.slot_end) });
      return thing(`${what(each)} ${time}`, each, t("desk.check_in"), () => checkIn(patient, each), isFromPaper);
    }),
    ...patient.registrations
      .filter((each) => !isOnTicket(each))
      .map((each) => thing(what(each), each, t("desk.join"), () => join(patient, each), isFromPaper)),
    ...patient.orders
      .filter((each) => !isOnTicket(each))
      .map((each) => thing(ordered(each), each, t("desk.join"), () => takeOrder(patient, each))),
  ];
  return el(
    "section",
    { class: "card file" },
    title(patient),
    things.length ? things : el("p", { class: "soft" }, t("desk.nothing_today")),
  );
}

/** Its number stands in the list already. */
function isOnTicket({ problem }) {
  return problem !== null && problem.code === "already_checked_in";
}

function thing(label, { area, problem }, verb, act, isFromPaper = false) {
  // Who checked in on paper was here in time.
  const isOpen = !problem || (isFromPaper && problem.code === "session_over");
  const button = isOpen && el("button", { type: "button", class: "primary", on: { click: act } }, isFromPaper ? t("desk.from_paper.do") : verb);
  return el(
    "div",
    { class: "thing" },
    el("div", {}, el("div", {}, label), el("div", { class: "soft caption" }, say(area))),
    button || el("span"),
    problem ? el("div", { class: "problem" }, notice("attention", say(problem.message))) : null,
  );
}

// What can still be cancelled; a ticket in service is for the station to finish.
const LIVE = new Set(["waiting", "called", "missed", "away"]);

function ticketThing(ticket, { rejoin, cancel, compare, print }) {
  const back = el("button", { type: "button", class: "primary", on: { click: () => rejoin(ticket) } }, t("station.do.rejoin"));
  return el(
    "div",
    { class: "thing", "data-number": ticket.number },
    el(
      "div",
      {},
      el("strong", { class: "number" }, ticket.number),
      ` ${what(ticket)} `,
      el("span", { class: "chip" }, t(`status.${ticket.status}`)),
      el("div", { class: "soft caption" }, say(ticket.reason)),
      ticket.paused ? notice("attention", say(ticket.paused)) : null,
    ),
    el(
      "div",
      { class: "row doings" },
      ticket.status === "missed" || ticket.status === "away" ? back : null,
      LIVE.has(ticket.status) ? el("button", { type: "button", on: { click: () => cancel(ticket) } }, t("desk.cancel")) : null,
      LIVE.has(ticket.status) ? printButton(ticket, print) : null,
      el("button", { type: "button", class: "quiet", on: { click: () => compare(ticket) } }, t("why.use")),
    ),
  );
}

/** Prints the ticket at the desk; a second paper is named as one before it is asked for. */
export function printButton(ticket, print) {
  const label = t(isCopy(ticket) ? "desk.paper.print_copy" : "desk.paper.print");
  return el("button", { type: "button", class: "quiet", on: { click: () => print(ticket) } }, label);
}
