// Emergency at the nurse desk: who waits and at which level, numbers for whoever comes, and the triage of one of them.

import { get, Refused } from "./api.js";
import { hhmm } from "./clock.js";
import { byId, el, fill, keyed, notice } from "./dom.js";
import { TriageForm } from "./triage_form.js";
import { notesOf } from "./triage_notes.js";
import { say, t } from "./words.js";

const NOT_FOUND = 404;

/** The emergency part of the desk; it stays hidden where the hospital has no emergency queue. */
export class Emergency {
  /**
   * @param {function(string, Object, function(Object): void): void} send sends a command and tells what was refused
   * @param {function(function(): Promise): Promise} attempt does something that may go unanswered
   * @param {function(): (Object|null)} chosen the patient who was found and is meant
   * @param {function(): void} forget that patient is served
   */
  constructor({ send, attempt, chosen, forget }) {
    Object.assign(this, { send, attempt, chosen, forget, table: null, form: null, rows: [], shown: null });
    // Vital signs stand no longer on the screen than somebody looks at them.
    document.addEventListener("visibilitychange", () => document.hidden && this.hideNotes());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.hideNotes());
  }

  /** Ask what can be entered, and show who waits. */
  async begin() {
    try {
      this.table = await get("/api/desk/triage/form");
    } catch (error) {
      if (error instanceof Refused && error.status === NOT_FOUND) return;
      throw error;
    }
    if (this.table.queues.length === 0) return;
    byId("emergency-part").hidden = false;
    fill(byId("emergency-note"), this.table.note ? el("span", { class: "chip attention" }, say(this.table.note)) : null);
    const button = (queue) =>
      el("button", { type: "button", on: { click: () => this.give(queue) } }, t("triage.number", { queue: say(queue.name) }));
    fill(byId("emergency-queues"), this.table.queues.map(button));
    await this.refresh();
  }

  /** Show who waits now. */
  async refresh() {
    if (!this.table) return;
    const { waiting } = await get("/api/desk/triage/waiting");
    this.rows = waiting;
    if (this.shown && !waiting.some(({ ticket }) => ticket === this.shown)) this.hideNotes();
    const rows = waiting.length ? waiting : [null];
    keyed(byId("emergency-waiting"), rows, (row) => (row ? row.ticket : ""), (row, index) => (row ? this.row(row, index) : nobody()));
  }

  row(row, index) {
    const chips = [el("span", { class: row.triage ? "chip" : "chip attention" }, levelOf(row))];
    if (row.triage && row.triage.channel) chips.push(el("span", { class: "chip" }, this.channel(row.triage.channel)));
    if (row.triage && row.triage.reassess_since) {
      chips.push(el("span", { class: "chip attention" }, t("triage.reassess", { time: hhmm(row.triage.reassess_since) })));
    }
    const name = row.masked_name || t("triage.unknown");
    const identity = el("button", { type: "button", class: "quiet", on: { click: () => this.identify(row) } }, t("triage.identify"));
    const again = row.triage ? "triage.again" : "triage.do";
    const notes = row.triage && el("button", { type: "button", class: "quiet", on: { click: () => this.showNotes(row) } }, t("triage.notes"));
    return el(
      "div",
      { class: "emergency", role: "listitem", "data-number": row.number },
      el("span", { class: "soft" }, index + 1),
      el("span", { class: "number" }, row.number),
      el("span", {}, name, row.masked_name ? null : identity),
      el("span", { class: "chips" }, chips),
      el("button", { type: "button", class: row.triage ? null : "primary", on: { click: () => this.open(row) } }, t(again)),
      el("span", { class: "soft caption whole" }, say(row.reason), " ", notes),
    );
  }

  /** What was found before, below the list; only one patient's at a time. */
  showNotes(row) {
    this.attempt(async () => {
      const notes = await get(`/api/desk/triage/notes/${row.ticket}`);
      this.shown = row.ticket;
      const close = el("button", { type: "button", on: { click: () => this.hideNotes() } }, t("triage.notes.close"), el("kbd", {}, "Esc"));
      const head = el("div", { class: "row" }, el("strong", { class: "grow" }, t("triage.notes.of", { number: row.number })), close);
      fill(byId("emergency-notes"), el("div", { class: "told" }, head, notesOf(this.table, notes)));
    });
  }

  hideNotes() {
    this.shown = null;
    fill(byId("emergency-notes"));
  }

  /** Assess somebody again whose alarm is shown, if that patient waits here still. */
  again(ticket) {
    this.attempt(async () => {
      await this.refresh();
      const row = this.rows.find((one) => one.ticket === ticket);
      if (row) this.open(row);
    });
  }

  channel(id) {
    const known = this.table.channels.find((one) => one.id === id);
    return known ? say(known.name) : id;
  }

  give(queue) {
    const chosen = this.chosen();
    const body = chosen && chosen.person ? { queue: queue.id, person: chosen.person } : { queue: queue.id };
    this.send("/api/desk/join", body, ({ ticket }) => {
      this.forget();
      this.attempt(() => this.refresh());
      this.open(ticket);
    });
  }

  identify(row) {
    const chosen = this.chosen();
    if (!chosen || !chosen.person) {
      fill(byId("notices"), notice("attention", t("triage.identify.whom", { number: row.number })));
      byId("value").focus();
      return;
    }
    this.send("/api/desk/triage/identity", { ticket: row.ticket, person: chosen.person }, ({ done }) => {
      this.forget();
      this.told(t("triage.identified", { number: row.number, name: chosen.masked_name }), done);
    });
  }

  /** What was done, and a way back. */
  told(sentence, done) {
    const undo = () =>
      this.send("/api/desk/undo", { position: done.position }, () => {
        fill(byId("notices"), notice("done", t("triage.undone")));
        this.attempt(() => this.refresh());
      });
    fill(byId("notices"), notice("done", sentence, el("button", { type: "button", on: { click: undo } }, t("station.do.undo"))));
    this.attempt(() => this.refresh());
  }

  open(ticket) {
    this.form = new TriageForm(this.table, ticket, {
      attempt: this.attempt,
      close: () => this.close(),
      decide: (body) =>
        this.send("/api/desk/triage", { ticket: ticket.ticket, ...body }, ({ done, ticket: now }) => {
          this.close();
          this.told(t("triage.done", { number: now.number, reason: say(now.reason) }), done);
        }),
    });
    this.hideNotes();
    fill(byId("triage"), this.form.node);
    if (ticket.triage) this.showBefore(ticket, this.form);
    for (const id of ["desk", "find"]) byId(id).hidden = true;
    byId("triage").hidden = false;
    byId("triage").parentElement.classList.add("triaging");
    fill(byId("notices"));
    this.form.focus();
  }

  /** What was found the last time, beside the form of who is assessed again. */
  showBefore(row, form) {
    this.attempt(async () => {
      const notes = await get(`/api/desk/triage/notes/${row.ticket}`);
      if (notes.length) fill(form.before, el("strong", {}, t("triage.notes.last")), notesOf(this.table, notes.slice(-1)));
    });
  }

  close() {
    this.form = null;
    fill(byId("triage"));
    byId("triage").hidden = true;
    byId("triage").parentElement.classList.remove("triaging");
    for (const id of ["desk", "find"]) byId(id).hidden = false;
    byId("value").focus();
  }
}

function nobody() {
  return el("p", { class: "soft" }, t("triage.nobody"));
}

function levelOf(row) {
  return row.triage ? t("triage.level", { level: row.triage.level }) : t("triage.none_yet");
}
