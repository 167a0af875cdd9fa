// The fields of a command's form: an input for each kind of value, and the value that was typed.

import { momentAt } from "./clock.js";
import { el } from "./dom.js";
import { t } from "./words.js";

/**
 * The input for a field.
 * @param {{name: string, schema: Object, isRequired: boolean}} one
 * @param {Array|undefined} options what it is chosen from, as pairs of id and words
 * @param {function(string): string} words what a code means
 */
export function field({ name, schema, isRequired }, options, words) {
  const attributes = { name, required: isRequired };
  if (options) return select(attributes, options, isRequired);
  if (schema.enum) {
    const codes = schema.enum.filter((code) => code !== null);
    return select(attributes, codes.map((code) => [code, words(code)]), isRequired);
  }
  if (schema.type === "boolean") return el("input", { name, type: "checkbox" });
  if (schema.type === "integer") return el("input", { ...attributes, type: "number", inputmode: "numeric" });
  if (schema.format === "date-time") return el("input", { ...attributes, type: "time" });
  if (schema.type === "array") return el("input", { ...attributes, required: false, placeholder: t("commands.list") });
  if (schema.type === "object" || schema.properties) {
    return el("input", { ...attributes, placeholder: JSON.stringify(blank(schema)) });
  }
  return el("input", { ...attributes, maxlength: schema.maxLength });
}

function select(attributes, options, isRequired) {
  const empty = isRequired ? [] : [["", "—"]];
  return el("select", attributes, [...empty, ...options].map(([id, text]) => el("option", { value: id }, text)));
}

function blank(schema) {
  return Object.fromEntries(Object.keys(schema.properties || {}).map((key) => [key, ""]));
}

/**
 * What was typed; `undefined` where an optional field was left empty.
 * @throws {SyntaxError} an object that is not written as JSON
 */
export function value(input, { schema }) {
  if (schema.type === "boolean") return input.checked;
  const typed = input.value.trim();
  if (schema.type === "array") return typed ? typed.split(/[\s,，、]+/) : undefined;
  if (!typed) return undefined;
  if (schema.type === "integer") return Number(typed);
  if (schema.format === "date-time") return momentAt(typed);
  return schema.type === "object" || schema.properties ? JSON.parse(typed) : typed;
}
