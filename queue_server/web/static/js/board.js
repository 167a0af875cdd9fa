// The hall board: calls, who is next, who was missed; a call comes up large and is spoken, one after the other.

import { Announcements, isDoor, token } from "./calls.js";
import { hhmm, now, served, show as showClock } from "./clock.js";
import { byId, el, fill, keyed, mark } from "./dom.js";
import { enrolScreen } from "./enrol.js";
import { legible } from "./legible.js";
import { Live } from "./live.js";
import { assign } from "./slots.js";
import { play, playAll, volumeAt } from "./sound.js";
import { turns } from "./told.js";
import { t } from "./words.js";

const board = document.body.dataset;
const address = `/api/board/${encodeURIComponent(board.hall)}`;
const volume = JSON.parse(board.volume);
const CHIME = "/api/board/voice/chime.wav";

const STAYS_MS = 8000;
const SETTLE_MS = 1500;
const STALE_MS = 25000;
const PAGE_MS = 8000;
const FRESH_MS = 60000;
const CALL_ROW_EM = 1.66;
const NEXT_ROW_EM = 1.72;
const MISSED_COLUMNS = 2;
const FEW_NEXT = 2;

let view = null;
let rows = [];
let page = 0;
/** Counts the turns of the lists that have more than fits. */
let turn = 0;
let em = 0;
let settling = null;
/** Calls told of since the last view: one that came and went between two views is announced too. */
let heard = [];
/** The same of second-stage calls, to a room's door. */
let heardDoors = [];
const freshUntil = new Map();

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));
const announcements = new Announcements(announce);
const live = new Live({
  view: address,
  feed: `${address}/feed`,
  always: true,
  onView: take,
  onState: () => {},
  onRefused: (error) => {
    live.rest();
    if (error.status === 401 || error.status === 403) enrol();
    else showRefused(error);
  },
  onChange: (change) => {
    if (change.call) heard.push(change.call);
    if (change.door) heardDoors.push(change.door);
  },
});

// --- news -----------------------------------------------------------------------------------------------------------

function take(fresh, { gap }) {
  view = fresh;
  announcements.view = fresh;
  const told = heard;
  const toldDoors = heardDoors;
  heard = [];
  heardDoors = [];
  render();
  if (gap) {
    // After a gap the present is shown in silence; what is then still open and unannounced is announced.
    clearTimeout(settling);
    settling = setTimeout(() => {
      settling = null;
      announcements.see(view);
    }, SETTLE_MS);
  } else if (!settling) {
    for (const call of told) announcements.add(call);
    announcements.see(fresh);
    for (const door of toldDoors) announcements.addDoor(door);
  }
}

async function announce(call, behind) {
  const pop = byId("pop");
  freshUntil.set(token(call), now() + FRESH_MS);
  try {
    fill(pop, popUp(call, behind));
    pop.hidden = true;
    // Reading a size between the two makes the entrance play for each call.
    pop.getBoundingClientRect();
    pop.hidden = false;
    byId("frame").classList.add("is-calling");
    if (!isDoor(call)) showPageOf(call.station);
    const loudness = volumeAt(volume, hhmm(now()));
    const [heard] = await Promise.all([playAll([CHIME, ...call.voice], loudness), pause(STAYS_MS)]);
    byId("muted").hidden = heard !== "blocked";
  } finally {
    pop.hidden = true;
    byId("frame").classList.remove("is-calling");
    render();
  }
}

function popUp(call, behind) {
  return [
    el("div", { class: "ends" }, el("span", { class: "number" }, call.number), el("span", { class: "name" }, call.masked_name || "")),
    el("div", { class: "go" }, go(call, "zh")),
    el(
      "div",
      { class: "ends" },
      el("span", { class: "second", lang: "en" }, go(call, "en")),
      el("span", { class: "queued" }, behind > 0 ? t("board.behind", { n: behind }, "zh") : ""),
    ),
  ];
}

function go(call, language) {
  const room = call.room[language];
  return isDoor(call) ? t("board.go_door", { room }, language) : t("board.go", { room }, language);
}

// --- what is shown --------------------------------------------------------------------------------------------------

function render() {
  if (!view) return;
  byId("frame").hidden = false;
  byId("enrol").hidden = true;
  document.title = view.name.zh;
  byId("hall").textContent = `${view.hospital.zh} ${view.name.zh}`;
  byId("hall-en").textContent = view.name.en;
  showTold();
  showCalls();
  // The missed first: the room they take is not the others'.
  showMissed();
  showNext();
}

/** One line for everybody at a time: what staff say, queues that stand still, sessions that are not held. */
function showTold() {
  const texts = [
    ...view.broadcasts.map(({ text }) => text),
    ...view.cancelled,
    ...view.paused.map(({ zh, en }) => ({ zh: t("board.paused", { queue: zh }, "zh"), en: t("board.paused", { queue: en }, "en") })),
  ];
  const box = byId("told");
  box.hidden = texts.length === 0;
  document.body.style.setProperty("--told", "0px");
  if (box.hidden) return;
  const lines = turns(texts, box);
  const { zh, en } = lines[turn % lines.length];
  fill(box, el("span", {}, zh), en ? el("span", { class: "second", lang: "en" }, en) : null);
  document.body.style.setProperty("--told", `${box.getBoundingClientRect().height}px`);
}

function fits(node, rowEm, least = 1) {
  return Math.max(least, Math.floor(node.clientHeight / (rowEm * em)));
}

function showCalls() {
  rows = assign(rows, view.calls);
  byId("nobody").hidden = view.calls.length > 0;
  byId("calls").hidden = view.calls.length === 0;
  const size = fits(byId("calls"), CALL_ROW_EM);
  const pages = Math.max(1, Math.ceil(rows.length / size));
  page %= pages;
  byId("pages").textContent = pages > 1 ? t("board.page", { page: page + 1, pages }, "zh") : "";
  const twice = twins();
  const shown = rows.slice(page * size, (page + 1) * size).map((station) => {
    const call = view.calls.find((each) => each.station === station) || null;
    const fresh = call !== null && call.status === "called" && (freshUntil.get(token(call)) || 0) > now();
    return { station, call, fresh, isTwin: call !== null && twice.has(call.number) };
  });
  keyed(byId("calls"), shown, (row) => row.station, callRow);
}

function showPageOf(station) {
  const size = fits(byId("calls"), CALL_ROW_EM);
  const row = rows.indexOf(station);
  if (row >= 0) page = Math.floor(row / size);
  showCalls();
}

function callRow({ call, fresh, isTwin }) {
  if (!call) return el("div", { class: "call" });
  const state = fresh ? "fresh" : call.status === "serving" ? "settled" : "";
  return el(
    "div",
    { class: `call ${state}`, role: "listitem", "data-number": call.number },
    el("span", { class: "number" }, call.number),
    el(
      "span",
      { class: "room" },
      el("b", {}, call.room.zh),
      el("span", { class: "second" }, isTwin ? `${of(call, true)} ` : "", el("span", { lang: "en" }, call.room.en)),
    ),
    el("span", { class: "name" }, call.masked_name || ""),
  );
}

/** Whose number it is: numbers begin anew with each clinic, doctor and half of the day. */
function of({ clinic, doctor, period }, isTwin) {
  return [clinic, doctor, isTwin ? period : null].map((text) => (text ? text.zh : "")).filter(Boolean).join(" ");
}

/** The numbers that more than one has. */
function twins() {
  const seen = new Set();
  const twice = new Set();
  for (const { number } of [...view.calls, ...view.next_up, ...view.missed]) (seen.has(number) ? twice : seen).add(number);
  return twice;
}

/** The part of `list` whose turn it is, `size` at a time; `box` says which part that is. */
function inTurn(list, size, box) {
  const pages = Math.max(1, Math.ceil(list.length / size));
  const shown = turn % pages;
  box.textContent = pages > 1 ? t("board.part", { page: shown + 1, pages }) : "";
  // As many on each: no page with a single line.
  const each = Math.ceil(list.length / pages);
  return list.slice(shown * each, (shown + 1) * each);
}

function showNext() {
  const box = byId("next");
  const part = box.parentElement;
  const room = part.clientHeight - box.previousElementSibling.offsetHeight - em * 0.75;
  const size = Math.max(1, Math.floor(room / (NEXT_ROW_EM * em)));
  const twice = twins();
  const shown = inTurn(view.next_up, size, byId("next-part")).map((each) => ({ ...each, isTwin: twice.has(each.number) }));
  keyed(box, shown, (each) => each.ticket, (each) =>
    el(
      "div",
      { class: "next-row", role: "listitem" },
      el("span", { class: "number" }, each.number),
      el("span", {}, each.masked_name || ""),
      el("span", { class: "of" }, [place(each), of(each, each.isTwin)].filter(Boolean).join(" ")),
    ),
  );
  const nobody = [t("board.no_waiting", {}, "zh"), " ", el("span", { class: "second", lang: "en" }, t("board.no_waiting", {}, "en"))];
  fill(byId("waiting"), view.waiting > 0 ? t("board.waiting", { n: view.waiting }, "zh") : nobody);
}

/** Where one who is next will be called, or waits already. */
function place({ room, stage }) {
  if (!room) return "";
  return stage === "door" ? t("board.at_door", { room: room.zh }, "zh") : room.zh;
}

function showMissed() {
  byId("missed-part").hidden = view.missed.length === 0;
  const lines = view.missed.length > MISSED_COLUMNS && view.next_up.length <= FEW_NEXT ? 2 : 1;
  const twice = twins();
  const shown = inTurn(view.missed, MISSED_COLUMNS * lines, byId("missed-page"));
  const marked = shown.map((each) => ({ ...each, isTwin: twice.has(each.number) }));
  keyed(byId("missed"), marked, (each) => each.ticket, (each) =>
    el(
      "div",
      { class: "missed-one", role: "listitem" },
      el("span", { class: "number" }, each.number),
      el("span", { class: "of" }, of(each, each.isTwin)),
    ),
  );
}

function showStale() {
  const stale = live.lastNews !== null && Date.now() - live.lastNews > STALE_MS;
  document.body.classList.toggle("is-stale", stale);
  const box = byId("stale");
  if (stale && box.hidden) {
    const time = hhmm(served(live.lastNews));
    fill(
      box,
      el(
        "div",
        { class: "said" },
        mark("attention"),
        el(
          "div",
          {},
          el("p", {}, t("board.stale", { time }, "zh")),
          el("p", {}, t("board.listen", {}, "zh")),
          el("p", { class: "second", lang: "en" }, `${t("board.stale", { time }, "en")} ${t("board.listen", {}, "en")}`),
        ),
      ),
    );
  }
  if (box.hidden === !stale) return;
  box.hidden = !stale;
  render();
}

function showRefused(error) {
  const { zh, en } = error.problem.message;
  byId("frame").hidden = true;
  byId("enrol").hidden = false;
  fill(byId("enrol"), el("p", {}, zh), el("p", { class: "second", lang: "en" }, en));
}

function enrol() {
  byId("frame").hidden = true;
  byId("enrol").hidden = false;
  enrolScreen(byId("enrol"), board.hall).then(() => live.open());
}

function measure() {
  const widths = { widthMm: Number(board.widthMm), distanceM: Number(board.distanceM), widthPx: window.innerWidth };
  em = legible(widths).em;
  document.body.style.setProperty("--u", `${em}px`);
  render();
}

byId("muted").addEventListener("click", async () => {
  byId("muted").hidden = (await play(CHIME, 1)) !== "blocked";
});
window.addEventListener("resize", measure);
measure();
showClock(byId("clock"));
setInterval(showStale, 1000);
setInterval(() => {
  page += 1;
  turn += 1;
  render();
}, PAGE_MS);
live.start();
