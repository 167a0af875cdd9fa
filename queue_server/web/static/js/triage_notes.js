// What was found at each triage of a ticket, and why another level was given: read on demand, and put away again.

import { hhmm } from "./clock.js";
import { el } from "./dom.js";
import { say, t } from "./words.js";

const STAFF = /^staff:/;

/**
 * The notes, newest first, in the words of the table.
 * @param {Object} table the server's form
 * @param {Array} notes as the server tells them, oldest first
 */
export function notesOf(table, notes) {
  if (notes.length === 0) return el("p", { class: "soft" }, t("triage.notes.none"));
  const one = (note) =>
    el(
      "li",
      {},
      el("div", {}, el("strong", {}, t("triage.notes.head", { time: hhmm(note.at), level: note.level, by: note.by.replace(STAFF, "") }))),
      el("div", {}, found(table, note.findings)),
      note.reason ? el("div", {}, t("triage.notes.reason", { reason: note.reason })) : null,
    );
  return el("ol", { class: "notes" }, [...notes].reverse().map(one));
}

/** The findings in a line: what was measured, answered and ticked; nothing of what was not. */
function found(table, findings) {
  const isThere = (value) => value !== null && value !== undefined;
  const measured = table.fields.filter(({ id }) => isThere(findings[id])).map((field) =>
    t("triage.notes.value", { name: say(field.name), value: (findings[field.id] / 10 ** field.decimals).toFixed(field.decimals), unit: say(field.unit) }).trim(),
  );
  const mind = table.consciousness.filter(({ id }) => id === findings.consciousness).map(({ name }) => answered(table.consciousness_name, say(name)));
  const conditions = table.conditions.filter(({ id }) => isThere(findings[id])).map(({ id, name }) => answered(name, yesNo(findings[id])));
  const oxygen = isThere(findings.on_oxygen) ? [t("triage.notes.answer", { name: t("triage.on_oxygen"), value: yesNo(findings.on_oxygen) })] : [];
  const flags = ["pregnant", "scale_2_prescribed"].filter((flag) => findings[flag]).map((flag) => t(`triage.${flag}`));
  const signs = table.signs.flatMap((group) => group.signs).filter(({ id }) => (findings.signs || []).includes(id)).map(({ name }) => say(name));
  const all = [...measured, ...mind, ...conditions, ...oxygen, ...flags, ...signs];
  return all.length ? all.join(" · ") : t("triage.notes.empty");
}

function answered(name, value) {
  return t("triage.notes.answer", { name: say(name), value });
}

function yesNo(value) {
  return t(value ? "triage.yes" : "triage.no");
}
