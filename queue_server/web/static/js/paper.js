// Calls made on paper: noted while the server is away, entered (补录) when it is back.

import { command, head, NoAnswer, Refused } from "./api.js";
import { hhmm, now, todayAt } from "./clock.js";
import { el, fill, notice } from "./dom.js";
import { say, t } from "./words.js";

// A field of type "time" shows 12 or 24 hours as the browser's own language has it; the hospital's day has 24.
function clockField(attributes) {
  const pattern = "([01][0-9]|2[0-3]):[0-5][0-9]";
  return el("input", { inputmode: "numeric", maxlength: 5, pattern, required: true, title: t("paper.time_form"), ...attributes });
}

/** The notes of one console. They live in the page: it must stay open, and says so when it is closed. */
export class PaperCalls {
  /**
   * @param {string} station
   * @param {HTMLElement} box where the form and the notes stand
   * @param {Object} console
   * @param {function(): Array} console.tickets who can have been called on paper
   * @param {function(): boolean} console.isAway
   * @param {function(): void} console.onChange
   */
  constructor(station, box, { tickets, isAway, onChange }) {
    Object.assign(this, { station, box, choices: tickets, isAway, onChange });
    this.notes = [];
    this.formOpen = false;
    this.entering = false;
    this.shown = null;
    window.addEventListener("beforeunload", (event) => {
      if (this.notes.length === 0) return;
      event.preventDefault();
      event.returnValue = "";
    });
  }

  /** The tickets that have a note. */
  tickets() {
    return this.notes.map((each) => each.ticket);
  }

  has(ticket) {
    return this.notes.some((each) => each.ticket === ticket);
  }

  /** Note that `ticket` was called on paper, now unless `time` (`HH:MM`) says otherwise. */
  note(ticket, number, time = hhmm(now()), outcome = "seen") {
    if (this.has(ticket)) return;
    this.notes.push({ ...head(), ticket, number, time, outcome, problem: null });
    this.change();
  }

  /** Enter every note, in order; one that is refused stays, with the reason. */
  async enterAll() {
    if (this.entering || this.isAway()) return;
    this.entering = true;
    for (const each of [...this.notes]) await this.enter(each);
    this.entering = false;
    this.change();
  }

  async enter(each) {
    const { command_id, ticket, time, outcome } = each;
    try {
      const body = { command_id, station: this.station, ticket, called_at: todayAt(time), outcome };
      await command("/api/station/paper-call", body);
      this.drop(each);
    } catch (error) {
      if (error instanceof Refused) each.problem = say(error.problem.message);
      else if (error instanceof NoAnswer) each.problem = t("command.no_answer");
      else throw error;
    }
  }

  drop(each) {
    this.notes = this.notes.filter((other) => other !== each);
    this.change();
  }

  /** A changed note is another command: the server holds an id to one body. */
  amend(each, change) {
    Object.assign(each, head(), change, { problem: null });
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
    this.shown = null;
    this.onChange();
  }

  /** Draw what has changed since the last time; what is being typed is left alone. */
  render() {
    const print = JSON.stringify([this.notes, this.formOpen, this.isAway()]);
    if (print === this.shown) return;
    this.shown = print;
    fill(this.box, this.formOpen ? this.form() : null, this.notes.length ? this.list() : null);
    const first = this.formOpen && this.box.querySelector("select");
    if (first) first.focus();
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
      this.note(row.ticket, row.number, time.value, outcome.value);
      this.enterAll();
    };
    const form = el(
      "form",
      { class: "paper-form", on: { submit } },
      el("strong", { class: "whole" }, t("paper.title")),
      el("label", {}, t("paper.ticket"), el("select", { name: "ticket", required: true }, rows.map(option))),
      el("label", {}, t("paper.time"), clockField({ name: "time", value: hhmm(now()) })),
      el("label", {}, t("paper.outcome"), this.outcomes("seen")),
      el("button", { class: "primary", type: "submit" }, this.isAway() ? t("paper.note") : t("paper.enter")),
    );
    return form;
  }

  outcomes(chosen, onChange = null) {
    const option = (value) => el("option", { value, selected: value === chosen }, t(`paper.outcome.${value}`));
    return el("select", { name: "outcome", on: onChange ? { change: onChange } : {} }, option("seen"), option("missed"));
  }

  list() {
    const away = this.isAway();
    const sentence = t(away ? "paper.keep" : "paper.back", { n: this.notes.length });
    const all = el("button", { type: "button", class: "primary", on: { click: () => this.enterAll() } }, t("paper.enter_all"));
    return el(
      "div",
      { class: "stack" },
      notice("attention", sentence),
      el(
        "div",
        {},
        this.notes.map((each) => this.line(each)),
      ),
      away ? null : all,
    );
  }

  line(each) {
    const time = (event) => event.target.reportValidity() && this.amend(each, { time: event.target.value });
    const outcome = (event) => this.amend(each, { outcome: event.target.value });
    return el(
      "div",
      { class: "paper-note", "data-number": each.number },
      el("strong", {}, each.number),
      clockField({ value: each.time, "aria-label": t("paper.time"), on: { change: time } }),
      this.outcomes(each.outcome, outcome),
      el("button", { type: "button", class: "quiet", on: { click: () => this.drop(each) } }, t("paper.drop")),
      each.problem ? el("div", { class: "whole" }, notice("fault", each.problem)) : null,
    );
  }
}
