// The ticket page: where one stands, how long it may take and why, for whoever holds the link.

import { hhmm, served } from "./clock.js";
import { byId, el, fill, notice } from "./dom.js";
import { Live } from "./live.js";
import { language, say, t } from "./words.js";

const address = `/api/ticket/${encodeURIComponent(document.body.dataset.link)}`;
const LAST_SPACE = / (\S{1,4})$/;
const AFTER_COMMA = /(?<=，)/;
const OVER = new Set(["finished", "cancelled", "no_show", "lapsed"]);

let view = null;
let away = false;

const live = new Live({
  view: address,
  feed: `${address}/feed`,
  onView: (fresh) => {
    view = fresh;
    render();
  },
  onState: (state) => {
    away = state === "away";
    render();
  },
  onRefused: (error) => {
    fill(byId("ticket"), notice("attention", el("div", {}, say(error.problem.message), el("p", {}, t("ticket.ask")))));
  },
});

function render() {
  if (!view) {
    if (away) fill(byId("ticket"), notice("attention", t("ticket.no_answer")));
    return;
  }
  const { status } = view;
  document.title = `${view.number} · ${t(`status.${status}`)}`;
  byId("hospital").textContent = say(view.hospital);
  fill(
    byId("ticket"),
    away ? notice("attention", t("ticket.away", { time: hhmm(served(live.lastNews)) })) : null,
    mainCard(status),
    why(status),
    el("section", { class: "card" }, el("h2", {}, t("ticket.history")), el("ul", { class: "history" }, view.history.slice().reverse().map(line))),
  );
  byId("foot").textContent = t("ticket.as_of", { time: hhmm(view.server_time) });
}

function mainCard(status) {
  const kind = status === "called" || status === "serving" ? "called" : OVER.has(status) ? "over" : "";
  const whose = [say(view.doctor), say(view.period)].filter(Boolean).join(" · ");
  return el(
    "section",
    { class: `main-card ${kind}`, "data-status": status },
    el("p", { class: "clinic" }, say(view.clinic)),
    whose ? el("p", { class: "soft" }, whose) : null,
    el("p", { class: "number" }, view.number),
    view.masked_name ? el("p", { class: "soft" }, view.masked_name) : null,
    el("p", { class: "state" }, clauses(where(status))),
    view.paused ? notice("attention", whole(say(view.paused))) : null,
    status === "away" && view.back_at ? el("p", { class: "soft" }, t("ticket.kept_until", { time: hhmm(view.back_at) })) : null,
    view.stage === "hall" ? el("p", { class: "soft" }, t("ticket.stage.hall")) : null,
    view.stage === "door" ? el("p", { class: "soft" }, t("ticket.stage.door", { time: hhmm(view.door_since) })) : null,
    status === "waiting" ? figures() : null,
  );
}

/** Where to go or to wait: at the room's door once the second stage has begun. */
function where(status) {
  if (view.stage === "door") return whole(t("ticket.state.door", { room: whole(say(view.door)) }));
  const state = status === "away" && !view.back_at ? "elsewhere" : status;
  return whole(t(`ticket.state.${state}`, { room: whole(say(view.room)), area: say(view.area) }));
}

function figures() {
  return el(
    "div",
    { class: "figures" },
    el("p", {}, el("span", { class: "soft" }, t("ticket.ahead")), el("strong", {}, view.ahead === null ? "–" : view.ahead, unit("ticket.people"))),
    el("p", {}, el("span", { class: "soft" }, t("ticket.wait")), el("strong", {}, range(view.wait), view.wait ? unit("ticket.minutes") : null)),
  );
}

/** Why the place is where it is; a number that has ended has none any more, and its history tells what it was. */
function why(status) {
  const reason = OVER.has(status) ? [] : [el("h2", {}, t("ticket.why")), el("p", {}, say(view.reason))];
  return el("section", { class: "card" }, reason, slot(), promise());
}

function unit(key) {
  return language === "zh" ? el("small", {}, ` ${t(key)}`) : null;
}

function range(wait) {
  return wait ? `${wait.low_min}–${wait.high_min}` : "–";
}

function slot() {
  if (!view.slot_start) return null;
  return el("p", { class: "soft" }, t("ticket.slot", { from: hhmm(view.slot_start), to: hhmm(view.slot_end) }));
}

/** What was promised with the present place, and where the rules stand. */
function promise() {
  return el(
    "div",
    {},
    view.promise ? el("p", { class: "promise" }, say(view.promise)) : null,
    el("p", {}, el("a", { href: "/rules" }, t("rules.link"))),
  );
}

function line({ at, sentence }) {
  return el("li", {}, el("time", { class: "soft" }, hhmm(at)), el("span", {}, whole(say(sentence))));
}

/** A Chinese sentence in its clauses, each kept whole where a line has room for it. */
function clauses(sentence) {
  return sentence.split(AFTER_COMMA).map((clause) => el("span", { class: "clause" }, clause));
}

/** The text with its last word kept to the one before: no line of a lonely "1". */
function whole(text) {
  return text.replace(LAST_SPACE, "\u00a0$1");
}

live.start();
