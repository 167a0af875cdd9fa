// Calls made on paper: noted while the server is away, entered (补录) when it is back.

import { command, head, NoAnswer, Refused } from "./api.js";
import { hhmm, iso, momentAt, now, otherDay } from "./clock.js";
import { el, fill, keyed, notice } from "./dom.js";
import { say, t } from "./words.js";

const LOG_IN_NEEDED = 401;

// A field of type "time" shows 12 or 24 hours as the browser's own language has it; the hospital's day has 24.
function clockField(attributes) {
  const pattern = "([01][0-9]|2[0-3]):[0-5][0-9]";
  return el("input", { inputmode: "numeric", maxlength: 5, pattern, required: true, title: t("paper.time_form"), ...attributes });
}

function isNote(each) {
  return each && [each.command_id, each.ticket, each.number, each.at, each.outcome].every((part) => typeof part === "string");
}

/**
 * The notes of one station at this browser: which ticket, when, and what became of it; no names. They are kept in the
 * browser until they are entered, whatever becomes of the page or the log-in.
 */
export class PaperCalls {
  /**
   * @param {string} station
   * @param {HTMLElement} box where the form and the notes stand
   * @param {Object} console
   * @param {function(): Array} console.tickets who can have been called on paper
   * @param {function(): boolean} console.isAway
   * @param {function(): void} console.onChange
   * @param {function(): void} console.onBegin notes are about to be entered
   * @param {function(Array<string>): void} console.onEntered the numbers that were entered
   * @param {function(Refused): void} console.onLogInNeeded nobody is logged in any more
   */
  constructor(station, box, { tickets, isAway, onChange, onBegin, onEntered, onLogInNeeded }) {
    Object.assign(this, { station, box, choices: tickets, isAway, onChange, onBegin, onEntered, onLogInNeeded });
    this.key = `houzhen.paper.${station}`;
    this.notes = this.read();
    this.isKept = true;
    this.formOpen = false;
    this.entering = false;
    this.formNode = null;
    this.listNode = null;
    window.addEventListener("beforeunload", (event) => {
      // Without the server this page could not be had back, and with it the list to call from.
      if (this.isKept && !this.isAway()) return;
      if (this.notes.length === 0) return;
      event.preventDefault();
      event.returnValue = "";
    });
    // The same station in another tab.
    window.addEventListener("storage", (event) => {
      if (event.key !== this.key || this.entering) return;
      this.notes = this.read();
      this.onChange();
    });
  }

  read() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      return Array.isArray(kept) ? kept.filter(isNote) : [];
    } catch {
      return [];
    }
  }

  keep() {
    try {
      if (this.notes.length === 0) localStorage.removeItem(this.key);
      else localStorage.setItem(this.key, JSON.stringify(this.notes));
      this.isKept = true;
    } catch {
      this.isKept = false;
    }
  }

  /** The tickets that have a note. */
  tickets() {
    return this.notes.map((each) => each.ticket);
  }

  has(ticket) {
    return this.notes.some((each) => each.ticket === ticket);
  }

  /** Note that `ticket` was called on paper, now unless `at` (ISO) says otherwise. */
  note(ticket, number, at = iso(now()), outcome = "seen") {
    if (this.has(ticket)) return;
    this.notes.push({ ...head(), ticket, number, at, outcome, away: this.isAway(), problem: null });
    this.change();
  }

  /**
   * Enter every note, in order, also one that is made meanwhile; one that is refused stays, with the reason. While one
   * is on its way none can be changed: what was sent would be entered, and what was changed lost with its note.
   */
  async enterAll() {
    if (this.entering || this.isAway()) return;
    this.entering = true;
    this.onBegin();
    this.onChange();
    const tried = new Set();
    const entered = [];
    for (;;) {
      const each = this.notes.find((note) => !tried.has(note.command_id));
      if (!each || this.isAway()) break;
      tried.add(each.command_id);
      if (await this.enter(each)) entered.push(each.number);
    }
    this.entering = false;
    this.change();
    if (entered.length) this.onEntered(entered);
  }

  async enter(each) {
    const { command_id, ticket, at, outcome } = each;
    try {
      const body = { command_id, station: this.station, ticket, called_at: at, outcome };
      await command("/api/station/paper-call", body);
      this.drop(each);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.status === LOG_IN_NEEDED) this.onLogInNeeded(error);
      else if (error instanceof Refused) each.problem = t("paper.refused", { number: each.number, why: say(error.problem.message) });
      else if (error instanceof NoAnswer) each.problem = t("paper.no_answer", { number: each.number });
      else throw error;
      return false;
    }
  }

  drop(each) {
    this.notes = this.notes.filter((other) => other !== each);
    this.change();
  }

  /** A changed note is another command: the server holds an id to one body. */
  amend(each, change) {
    Object.assign(each, head(), change, { problem: null });
    this.keep();
  }

  toggleForm() {
    this.formOpen = !this.formOpen;
    this.change();
  }

  closeForm() {
    if (!this.formOpen) return;
    this.formOpen = false;
    this.change();
  }

  change() {
    this.keep();
    this.onChange();
  }

  /** Draw what has changed since the last time; what is being typed is left alone. */
  render() {
    if (this.formOpen && !this.formNode) {
      this.formNode = this.form();
      this.box.prepend(this.formNode);
      this.formNode.elements.ticket.focus();
    } else if (!this.formOpen && this.formNode) {
      this.formNode.remove();
      this.formNode = null;
    }
    if (this.formNode) this.formNode.querySelector("[type=submit]").textContent = this.isAway() ? t("paper.note") : t("paper.enter");
    if (this.notes.length && !this.listNode) {
      this.listNode = this.list();
      this.box.append(this.listNode);
    } else if (!this.notes.length && this.listNode) {
      this.listNode.remove();
      this.listNode = null;
    }
    if (this.listNode) this.fillList();
  }

  form() {
    const option = (row) => el("option", { value: row.ticket }, `${row.number} ${row.masked_name || ""}`);
    const rows = this.choices();
    const submit = (event) => {
      event.preventDefault();
      const { ticket, time, outcome } = form.elements;
      const row = rows.find((each) => each.ticket === ticket.value);
      if (!row) return;
      this.formOpen = false;
      this.note(row.ticket, row.number, momentAt(time.value), outcome.value);
      this.enterAll();
    };
    const cancel = el("button", { type: "button", on: { click: () => this.closeForm() } }, t("paper.cancel"), el("kbd", {}, "Esc"));
    const form = el(
      "form",
      { class: "paper-form", on: { submit } },
      el("strong", { class: "whole" }, t("paper.title")),
      el("label", {}, t("paper.ticket"), el("select", { name: "ticket", required: true }, rows.map(option))),
      el("label", {}, t("paper.time"), clockField({ name: "time", value: hhmm(now()) })),
      el("label", {}, t("paper.outcome"), this.outcomes("seen")),
      el(
        "div",
        { class: "whole row ends" },
        cancel,
        el("button", { class: "primary", type: "submit" }),
      ),
    );
    return form;
  }

  outcomes(chosen, onChange = null) {
    const option = (value) => el("option", { value, selected: value === chosen }, t(`paper.outcome.${value}`));
    const attributes = onChange ? { disabled: this.entering, on: { change: onChange } } : {};
    return el("select", { name: "outcome", ...attributes }, option("seen"), option("missed"));
  }

  list() {
    const all = el("button", { type: "button", class: "primary", on: { click: () => this.enterAll() } }, t("paper.enter_all"));
    return el("div", { class: "stack" }, el("div", { class: "paper-sentence" }), el("div", { class: "paper-notes" }), all);
  }

  fillList() {
    const [sentence, notes, all] = this.listNode.children;
    keyed(sentence, [this.sentence()], () => "sentence", (text) => notice("attention", text));
    keyed(notes, this.notes, (each) => each.ticket, (each) => this.line(each), this.entering);
    all.hidden = this.isAway();
    all.disabled = this.entering;
    all.setAttribute("aria-busy", String(this.entering));
  }

  sentence() {
    const n = this.notes.length;
    if (this.isAway()) return t("paper.keep", { n });
    return this.notes.some((each) => each.away) ? t("paper.back", { n }) : t("paper.left", { n });
  }

  line(each) {
    const near = Date.parse(each.at);
    const time = (event) => event.target.reportValidity() && this.amend(each, { at: momentAt(event.target.value, near) });
    const outcome = (event) => this.amend(each, { outcome: event.target.value });
    const day = otherDay(each.at);
    return el(
      "div",
      { class: "paper-note", "data-number": each.number },
      el("strong", {}, each.number, day ? el("span", { class: "soft caption" }, ` ${day}`) : null),
      clockField({ value: hhmm(each.at), "aria-label": t("paper.time"), disabled: this.entering, on: { change: time } }),
      this.outcomes(each.outcome, outcome),
      el("button", { type: "button", class: "quiet", disabled: this.entering, on: { click: () => this.drop(each) } }, t("paper.drop")),
      each.problem ? el("div", { class: "whole" }, notice("fault", each.problem)) : null,
    );
  }
}
