// Who is called first, and why: two numbers or two scanned slips. The answer names nobody.

import { Refused, post } from "./api.js";
import { byId, el, fill, notice } from "./dom.js";
import { known, say, t } from "./words.js";

const LOG_IN_NEEDED = 401;

/** The form beside the desk's list. */
export class Why {
  /** @param {function(function(): Promise, string): Promise} attempt does something that may go unanswered */
  constructor(attempt) {
    this.attempt = attempt;
    this.fields = [byId("why-one"), byId("why-other")];
    this.codes = new Map();
    for (const field of this.fields) field.addEventListener("input", () => this.codes.delete(field));
    byId("why").addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
  }

  /** Take a ticket that was found: its number is shown, its code is asked with. */
  use(ticket) {
    const [one, other] = this.fields;
    const field = one.value.trim() && !other.value.trim() ? other : one;
    if (field === one) this.clear();
    field.value = ticket.number;
    this.codes.set(field, ticket.qr);
    fill(byId("why-answer"));
    const empty = this.empty();
    if (empty) empty.focus();
    else this.ask();
  }

  clear() {
    this.codes.clear();
    for (const field of this.fields) field.value = "";
  }

  empty() {
    return this.fields.find((field) => !field.value.trim());
  }

  /** A scanner ends each code with Enter: the first leads to the other field, the second asks. */
  async ask() {
    const empty = this.empty();
    if (empty) {
      empty.focus();
      return;
    }
    const [one, other] = this.fields.map((field) => this.codes.get(field) || field.value.normalize("NFKC").trim());
    await this.attempt(async () => {
      try {
        fill(byId("why-answer"), answer(await post("/api/desk/why", { one, other })));
        this.clear(); // a code is the key to its ticket's page
        this.fields[0].focus();
      } catch (error) {
        if (!(error instanceof Refused) || error.status === LOG_IN_NEEDED) throw error;
        fill(byId("why-answer"), notice("attention", say(error.problem.message)));
      }
    }, t("why.no_answer"));
  }
}

function answer({ first, because, numbers, rule, reasons }) {
  const isOver = because === "ended"; // then which of the two was first is no question any more
  const title = first === null ? t("why.none") : t(isOver ? "why.left" : "why.first", { number: first });
  const places = isOver ? ["waits", "ended"] : ["first", known(`why.place.${because}`) ? because : "second"];
  const row = (number, index) =>
    el(
      "div",
      { class: "compared", "data-number": number },
      el("strong", { class: "number" }, number),
      el("span", { class: "soft" }, say(reasons[index])),
      first === null ? null : el("span", { class: index === 0 ? "chip first" : "chip" }, t(`why.place.${places[index]}`)),
    );
  return el("div", {}, el("p", {}, el("strong", {}, title), " ", el("span", {}, say(rule))), numbers.map(row));
}
