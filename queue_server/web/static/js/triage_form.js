// The triage form of one patient: what was measured and seen, what the table suggests, and what the nurse decides.
// Every field, sign and level comes from the server's table; no threshold is known here.

import { post } from "./api.js";
import { el, fill, notice } from "./dom.js";
import { say, t } from "./words.js";

const NUMBER = /^\d+([.,]\d+)?$/;
const YES_NO = ["", "yes", "no"];

/** One form; `node` is to be put on the page. */
export class TriageForm {
  /**
   * @param {Object} table the server's form
   * @param {Object} ticket whose
   * @param {{attempt: function, close: function, decide: function(Object): void}} actions
   */
  constructor(table, ticket, { attempt, close, decide }) {
    Object.assign(this, { table, ticket, attempt, close, decide, found: null, asked: 0 });
    this.numbers = new Map(table.fields.map((field) => [field.id, el("input", { inputmode: "decimal", "data-field": field.id })]));
    this.mind = select([["", t("triage.not_answered")], ...table.consciousness.map((one) => [one.id, say(one.name)])]);
    this.answers = new Map(table.conditions.map((one) => [one.id, yesNo()]));
    this.oxygen = yesNo();
    this.flags = new Map(["pregnant", "scale_2_prescribed"].map((name) => [name, el("input", { type: "checkbox" })]));
    this.signs = new Map(table.signs.flatMap((group) => group.signs).map((sign) => [sign.id, el("input", { type: "checkbox" })]));
    this.suggestion = el("div", { class: "suggestion stack", "aria-live": "polite" }, el("p", { class: "soft" }, t("triage.enter")));
    this.before = el("div", { id: "triage-before" });
    this.level = select([["", t("triage.choose")], ...table.levels.map((one) => [one.id, t("triage.level_name", { level: one.id, name: say(one.name) })])]);
    this.channel = select([["", t("triage.no_channel")], ...table.channels.map((one) => [one.id, say(one.name)])]);
    this.reason = el("textarea", { rows: 1, maxlength: 500 });
    this.confirm = el("button", { type: "button", class: "primary", disabled: true, on: { click: () => this.send({}) } }, t("triage.confirm"));
    this.override = el("button", { type: "submit" }, t("triage.override"));
    this.node = this.build();
    this.entered.addEventListener("change", () => this.assess());
  }

  focus() {
    this.numbers.values().next().value.focus();
  }

  build() {
    const { table, ticket } = this;
    const field = (one) =>
      el("label", {}, t(one.is_required ? "triage.required" : "triage.field", { name: say(one.name), unit: say(one.unit) }), this.numbers.get(one.id));
    const condition = (one) => el("label", {}, say(one.name), this.answers.get(one.id));
    const flag = (name) => el("label", { class: "tick double" }, this.flags.get(name), t(`triage.${name}`));
    const group = (one) =>
      el(
        "fieldset",
        {},
        el("legend", {}, t("triage.level_name", { level: one.level, name: say(one.name) })),
        one.signs.map((sign) => el("label", { class: "tick" }, this.signs.get(sign.id), say(sign.name))),
      );
    this.entered = el(
      "div",
      { class: "entered" },
      el(
        "div",
        { class: "measures" },
        table.fields.map(field),
        el("label", { class: "double" }, t("triage.mind", { name: say(table.consciousness_name) }), this.mind),
        table.conditions.map(condition),
        el("label", {}, t("triage.on_oxygen"), this.oxygen),
        flag("pregnant"),
        flag("scale_2_prescribed"),
      ),
      el("div", { class: "signs" }, table.signs.map(group)),
    );
    const note = table.note ? el("span", { class: "chip attention" }, say(table.note)) : null;
    const back = el("button", { type: "button", on: { click: this.close } }, t("triage.close"));
    const decision = el(
      "form",
      { class: "decision stack", method: "dialog", on: { submit: (event) => this.submit(event) } },
      note,
      el("div", { class: "found" }, this.before, this.suggestion),
      el("label", {}, t("triage.channel"), this.channel),
      this.confirm,
      el("fieldset", { class: "own" }, el("legend", {}, t("triage.own")), this.level, el("label", {}, t("triage.reason"), this.reason), this.override),
    );
    const title = el("h2", {}, t("triage.title", { number: ticket.number, name: ticket.masked_name || t("triage.unknown") }));
    return el(
      "section",
      { class: "card triage" },
      el("div", { class: "row" }, el("div", { class: "grow" }, title), back),
      el("div", { class: "triage-grid" }, this.entered, decision),
      el("p", { class: "caption soft" }, t("triage.sources", { sources: table.credits.map((one) => say(one)).join(t("list.comma")), version: table.version })),
    );
  }

  /** What was entered, as the server takes it; `null` while something is no number, which is then marked. */
  findings() {
    const found = { signs: [...this.signs].filter(([, box]) => box.checked).map(([id]) => id) };
    let isRight = true;
    for (const field of this.table.fields) {
      const input = this.numbers.get(field.id);
      const written = input.value.trim();
      const isNumber = written === "" || NUMBER.test(written);
      mark(input, !isNumber);
      isRight = isRight && isNumber;
      if (written && isNumber) found[field.id] = Math.round(Number(written.replace(",", ".")) * 10 ** field.decimals);
    }
    if (this.mind.value) found.consciousness = this.mind.value;
    for (const [id, answer] of this.answers) if (answer.value) found[id] = answer.value === "yes";
    if (this.oxygen.value) found.on_oxygen = this.oxygen.value === "yes";
    for (const [name, box] of this.flags) if (box.checked) found[name] = true;
    return isRight ? found : null;
  }

  /** Ask what the table suggests; an older answer never replaces a newer one. */
  assess() {
    const findings = this.findings();
    const asked = ++this.asked;
    this.found = null;
    this.confirm.disabled = true;
    if (!findings) {
      fill(this.suggestion, notice("fault", t("triage.no_number")));
      return;
    }
    this.attempt(async () => {
      try {
        const found = await post("/api/desk/triage/assess", { findings });
        if (asked === this.asked) this.show(found);
      } catch (error) {
        const problem = error.problem;
        if (asked !== this.asked || !problem || !problem.fields || problem.fields.length === 0) throw error;
        for (const one of problem.fields) if (this.numbers.has(one.field)) mark(this.numbers.get(one.field), true);
        fill(this.suggestion, notice("fault", say(problem.message)));
      }
    });
  }

  show({ assessment, scores }) {
    this.found = assessment;
    const names = new Map([...this.table.fields, ...this.table.conditions].map((one) => [one.id, say(one.name)]));
    names.set("consciousness", say(this.table.consciousness_name));
    const level = this.table.levels.find((one) => one.id === assessment.level);
    const head = level ? t("triage.suggested", { level: level.id, name: say(level.name) }) : t(`triage.outcome.${assessment.outcome}`);
    const listed = (key, texts) =>
      texts.length ? el("div", {}, el("p", { class: "caption soft" }, t(key)), el("ul", {}, texts.map((text) => el("li", {}, text)))) : null;
    const because = assessment.outcome === "child" ? "triage.seen" : "triage.unclassed";
    fill(
      this.suggestion,
      el("h3", { class: level ? "suggested" : "suggested none" }, head),
      listed("triage.because", assessment.deciding.map((one) => say(one.text))),
      listed(because, assessment.unclassed.map((one) => say(one.text))),
      assessment.missing.length ? el("p", { class: "missing" }, t("triage.missing", { names: assessment.missing.map((id) => names.get(id) || id).join(t("list.comma")) })) : null,
      [scores.mews, scores.news2].map(scoreLine),
    );
    this.confirm.disabled = !level;
  }

  submit(event) {
    event.preventDefault();
    if (!this.level.value || !this.reason.value.trim()) {
      mark(this.level, !this.level.value);
      mark(this.reason, !this.reason.value.trim());
      (this.level.value ? this.reason : this.level).focus();
      return;
    }
    this.send({ level: this.level.value, reason: this.reason.value.trim() });
  }

  send(chosen) {
    const findings = this.findings();
    if (!findings) return;
    this.decide({ findings, channel: this.channel.value || null, ...chosen });
  }
}

function scoreLine(score) {
  const missing = score.missing.map((one) => say(one)).join(t("list.comma"));
  let what = say(score.why_not);
  if (!what && score.total === null) what = t("triage.score.missing", { names: missing });
  if (!what) what = score.risk ? t("triage.score.risk", { total: score.total, risk: say(score.risk) }) : String(score.total);
  // A result is never shown without whose score it is.
  const credit = score.total === null ? null : el("span", { class: "soft" }, " ", say(score.credit));
  return el("p", { class: "caption" }, el("strong", {}, say(score.name)), " ", what, credit);
}

function mark(input, isWrong) {
  if (isWrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function select(options) {
  return el("select", {}, options.map(([value, text]) => el("option", { value }, text)));
}

function yesNo() {
  return select(YES_NO.map((value) => [value, t(value ? `triage.${value}` : "triage.not_answered")]));
}
