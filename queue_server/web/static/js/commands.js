// Every command of the calling and the desk API as a plain form, made from the API's own description.

import { command, get, head, NoAnswer, post, Refused, session } from "./api.js";
import { learn } from "./clock.js";
import { field, value } from "./command_fields.js";
import { byId, el, fill, notice } from "./dom.js";
import { Gate } from "./press.js";
import { staffBar } from "./staff.js";
import { known, language, say, t } from "./words.js";

const AUDIENCES = ["station", "desk"];
// What a command's `reason` is chosen from; a check-in beyond the limit has its own.
const REASONS = {
  transfer: "transfer", refer: "transfer", assign: "transfer", "move-forward": "forward", credit: "credit", pick: "pick",
  pause: "pause",
};
// Made by the page itself, or said by the console that shows who is there.
const OWN = new Set(["command_id", "expires_at", "current"]);
const TICKETS = new Set(["ticket", "before", "visit"]);
const ID = /^[0-9a-f-]{30,}$/;

const gate = new Gate();
const form = byId("command");
const which = byId("which");

/** More than one ticket, or none, has the number that was typed. */
class WrongNumber extends Error {}

/** The commands in the API's description: their address, what they say of themselves, and the fields of their body. */
function commandsOf(description) {
  const { schemas } = description.components;
  const found = [];
  for (const [path, methods] of Object.entries(description.paths)) {
    const audience = AUDIENCES.find((one) => path.startsWith(`/api/${one}/`));
    const body = methods.post && methods.post.requestBody;
    if (!audience || !body) continue;
    const schema = resolved(body.content["application/json"].schema, schemas);
    if (!schema.properties || !schema.properties.command_id) continue;
    const required = new Set(schema.required || []);
    const fields = Object.entries(schema.properties)
      .filter(([name]) => !OWN.has(name))
      .map(([name, one]) => ({ name, schema: resolved(one, schemas), isRequired: required.has(name) }));
    const name = path.slice(`/api/${audience}/`.length);
    found.push({ path, audience, name, about: methods.post.description || "", fields });
  }
  return found;
}

/** A schema without references, and what a nullable one is when it is not null. */
function resolved(schema, schemas) {
  let one = schema;
  if (one.oneOf) one = { ...one, ...(one.oneOf.find((each) => each.type !== "null") || {}) };
  if (one.$ref) one = schemas[one.$ref.split("/").pop()];
  return one;
}

/** The words for a command, a field or a code; what the server brings anew is named as in the API. */
const nameOf = (name) => (known(`commands.do.${name}`) ? t(`commands.do.${name}`) : name);
const fieldName = (name) => (known(`commands.field.${name}`) ? t(`commands.field.${name}`) : name);
const codeName = (name) => (known(`commands.code.${name}`) ? t(`commands.code.${name}`) : name);

function showChoice(commands) {
  const groups = AUDIENCES.map((audience) => {
    const options = commands
      .filter((one) => one.audience === audience)
      .map((one) => el("option", { value: one.path }, nameOf(one.name)));
    return el("optgroup", { label: t(`commands.audience.${audience}`) }, options);
  });
  fill(which, groups);
}

/** What a field is chosen from, as id and words; `undefined` where it is typed. */
function optionsOf(name, part, { stations, doctors, reasons, sessions }) {
  const named = (list) => list && list.map((each) => [each.id, say(each.name)]);
  if (part === "station") return named(stations);
  if (part === "doctor") return named(doctors);
  if (part === "reason" || part === "extra") return named(reasons[part === "extra" ? part : REASONS[name]]);
  if (part === "session" || part === "to") {
    return sessions.map((each) => [each.session, [each.queue, each.doctor, each.period].filter(Boolean).join(" · ")]);
  }
  return undefined;
}

function showFields(chosen, choices) {
  // The API describes itself in English alone; the command's name says it in both languages.
  byId("about").textContent = language === "en" ? chosen.about : "";
  fill(
    byId("fields"),
    chosen.fields.map((one) => {
      const words = fieldName(one.name);
      const text = one.isRequired ? words : t("commands.optional", { field: words });
      return el("label", {}, text, field(one, optionsOf(chosen.name, one.name, choices), codeName));
    }),
  );
}

/** The id of the ticket with a number, as it is on the slip. */
async function ticketOf(typed) {
  if (ID.test(typed)) return typed;
  const { patients } = await post("/api/desk/find", { kind: "number", value: typed });
  const ids = new Set(patients.flatMap((one) => one.tickets).filter((one) => one.number === typed).map((one) => one.ticket));
  if (ids.size !== 1) throw new WrongNumber(ids.size ? t("commands.several", { number: typed }) : t("commands.nobody", { number: typed }));
  return [...ids][0];
}

async function bodyOf(chosen) {
  const body = head(60);
  for (const one of chosen.fields) {
    const given = value(form.elements[one.name], one);
    if (given !== undefined) body[one.name] = TICKETS.has(one.name) ? await ticketOf(given) : given;
  }
  return body;
}

async function carryOut(chosen) {
  const said = byId("notices");
  try {
    const done = await command(chosen.path, await bodyOf(chosen));
    const { position } = done.done || done;
    fill(said, notice("done", t("commands.finished", { name: nameOf(chosen.name), position })));
  } catch (error) {
    if (error instanceof Refused) {
      const detail = error.problem.detail ? el("p", { class: "caption", lang: "en" }, error.problem.detail) : null;
      fill(said, notice("attention", say(error.problem.message), detail));
    } else if (error instanceof NoAnswer) fill(said, notice("fault", t("command.no_answer")));
    else if (error instanceof WrongNumber || error instanceof SyntaxError) fill(said, notice("attention", error.message));
    else throw error;
  }
}

async function begin() {
  const me = await session();
  staffBar(me, post);
  const addresses = ["/schema/openapi.json", "/health", "/api/station/choices", "/api/desk/reasons", "/api/desk/sessions"];
  const [description, health, places, reasons, sessions] = await Promise.all(addresses.map(get));
  const choices = { ...places, reasons, sessions };
  learn(health.server_time);
  const commands = commandsOf(description);
  const chosen = () => commands.find((one) => one.path === which.value);
  showChoice(commands);
  const wanted = new URLSearchParams(location.search).get("do");
  if (commands.some((one) => one.path === wanted)) which.value = wanted;
  showFields(chosen(), choices);
  which.addEventListener("change", () => {
    fill(byId("notices"));
    showFields(chosen(), choices);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    gate.pass(which.value, () => carryOut(chosen()));
  });
}

begin().catch((error) => {
  fill(byId("notices"), notice("fault", t("page.no_answer")));
  throw error;
});
