// Administration: devices, codes, accounts, the clock. Each answer appears at the top, where the page says what was done.

import { recordLine } from "./alarms.js";
import { command, get, head, NoAnswer, post, Refused, request, session, toLogIn } from "./api.js";
import { dated, hhmm } from "./clock.js";
import { byId, el, fill, notice } from "./dom.js";
import { showDisplays } from "./displays.js";
import { health } from "./health.js";
import { troubles } from "./kiosks.js";
import { Gate } from "./press.js";
import { staffBar } from "./staff.js";
import { say, t } from "./words.js";

const SCREEN_ASKS_MS = 4000;

const gate = new Gate();

async function attempt(act) {
  try {
    await act();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) toLogIn();
    else tell(failed(error));
  }
}

function failed(error) {
  if (error instanceof Refused) return notice("fault", say(error.problem.message));
  if (error instanceof NoAnswer) return notice("fault", t("page.no_answer"));
  throw error;
}

function tell(...notices) {
  fill(byId("notices"), notices);
  byId("notices").scrollIntoView({ block: "nearest" });
}

/** Show the list anew and then say what was done: whoever reads it goes on at once, in rows that stay. */
async function done(sentence, showList) {
  const notices = [notice("done", sentence)];
  try {
    await showList();
  } catch (error) {
    notices.push(failed(error));
  }
  tell(...notices);
}

function doing(name, act) {
  return gate.pass(name, () => attempt(act));
}

function onSubmit(id, act) {
  const form = byId(id);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(id, () => act(Object.fromEntries(new FormData(form)), form));
  });
}

// --- devices --------------------------------------------------------------------------------------------------------

async function showDevices() {
  const [devices, { halls, stations }] = await Promise.all([get("/api/admin/devices"), get("/api/admin/places")]);
  const names = new Map([...halls, ...stations].map((place) => [place.id, say(place.name)]));
  byId("devices-empty").hidden = devices.length > 0;
  fill(byId("devices"), devices.map((device) => deviceRow(device, names.get(device.place))));
}

/** A place that the configuration has no more has no name, only its id. */
function deviceRow(device, placeName) {
  const revoke = () =>
    doing(`revoke ${device.device}`, async () => {
      await request("DELETE", `/api/admin/devices/${encodeURIComponent(device.device)}`);
      await done(t("admin.device.revoked", { name: device.name }), showDevices);
    });
  return el(
    "tr",
    {},
    el("td", {}, device.name, troubles(device).map(({ text, stops }) => el("p", { class: stops ? "caption problem" : "caption soft" }, text))),
    el("td", {}, t(`admin.kind.${device.kind}`)),
    el("td", {}, placeName || device.place),
    el("td", {}, dated(device.enrolled_at)),
    el("td", {}, device.seen_at ? dated(device.seen_at) : t("admin.device.unseen")),
    el("td", {}, twice(t("admin.device.revoke"), revoke)),
  );
}

/** Places are chosen from the configuration: a mistyped one would leave a screen waiting for ever. */
async function showPlaces() {
  const { halls, stations } = await get("/api/admin/places");
  const option = (place) => el("option", { value: place.id }, `${say(place.name)} · ${place.id}`);
  const group = (label, places) => (places.length ? el("optgroup", { label }, places.map(option)) : null);
  const both = () => [group(t("admin.halls"), halls), group(t("admin.stations"), stations)];
  fill(byId("confirm-screen").elements.place, both());
  const { kind, place } = byId("make-code").elements;
  const ofKind = () => fill(place, (kind.value === "station" ? stations : halls).map(option));
  kind.addEventListener("change", ofKind);
  ofKind();
}

/** What cannot be taken back asks once more, in place. */
function twice(label, act) {
  const button = el("button", { type: "button" }, label);
  let asked = false;
  button.addEventListener("click", () => {
    if (asked) {
      act();
      return;
    }
    asked = true;
    button.textContent = t("admin.sure", { what: label });
  });
  button.addEventListener("blur", () => {
    asked = false;
    button.textContent = label;
  });
  return button;
}

/** The code whose screen's own words stand under the form: only what was read is let in. */
let read = null;

async function confirmScreen(data, form) {
  const code = data.screen_code.trim();
  if (read !== code) {
    const { kind, name } = await get(`/api/admin/devices/pending/${encodeURIComponent(code)}`);
    read = code;
    fill(byId("claim"), notice("attention", t("admin.screen.claim", { kind: t(`admin.kind.${kind}`), name })));
    fill(byId("confirm-screen-do"), t("admin.sure", { what: t("admin.screen.do") }));
    return;
  }
  await post("/api/admin/devices/confirm", { screen_code: code, place: data.place.trim() });
  form.reset();
  forgetClaim();
  tell(notice("done", t("admin.screen.done", { place: data.place.trim() })));
  // The screen asks for its credential every three seconds; it is on the list once it has it.
  setTimeout(() => attempt(showDevices), SCREEN_ASKS_MS);
}

function forgetClaim() {
  read = null;
  fill(byId("claim"));
  fill(byId("confirm-screen-do"), t("admin.screen.do"));
}

async function makeCode(data) {
  const { code, expires_at: until } = await post("/api/admin/enrolment-codes", { kind: data.kind, place: data.place.trim() });
  fill(byId("code"), el("p", { class: "code" }, code), el("p", { class: "soft" }, t("admin.code.until", { time: hhmm(until) })));
}

// --- staff ----------------------------------------------------------------------------------------------------------

// Forms for a new password that are open, by account: the list may come anew while somebody types.
const asking = new Map();

async function showStaff() {
  const accounts = await get("/api/admin/staff");
  const focused = document.activeElement;
  fill(byId("staff"), accounts.map(staffRow));
  if (focused.isConnected) focused.focus();
}

function staffRow(account) {
  const disable = () =>
    doing(`disable ${account.name}`, async () => {
      await post(`/api/admin/staff/${encodeURIComponent(account.name)}/disable`);
      await done(t("admin.staff.disabled_now", { name: account.name }), showStaff);
    });
  return el(
    "tr",
    {},
    el("td", {}, account.name),
    el("td", {}, t(`admin.role.${account.role}`)),
    el(
      "td",
      {},
      account.is_active ? twice(t("admin.staff.disable"), disable) : el("span", { class: "chip" }, t("admin.staff.disabled")),
      " ",
      asking.get(account.name) ??
        el("button", { type: "button", class: "quiet", on: { click: (event) => askPassword(account, event.target) } }, t("admin.staff.reset")),
    ),
  );
}

function askPassword(account, button) {
  const field = el("input", { type: "password", name: "password", autocomplete: "new-password", required: true, "aria-label": t("admin.staff.password") });
  const reset = async (event) => {
    event.preventDefault();
    await doing(`reset ${account.name}`, async () => {
      await post(`/api/admin/staff/${encodeURIComponent(account.name)}/reset`, { password: field.value });
      asking.delete(account.name);
      await done(t("admin.staff.reset_now", { name: account.name }), showStaff);
    });
  };
  const form = el("form", { class: "row", on: { submit: reset } }, field, el("button", { type: "submit" }, t("admin.staff.reset.do")));
  asking.set(account.name, form);
  button.replaceWith(form);
  field.focus();
}

async function addStaff(data, form) {
  await post("/api/admin/staff", data);
  form.reset();
  await done(t("admin.staff.added", { name: data.name }), showStaff);
}

// --- waits ----------------------------------------------------------------------------------------------------------

/** How often what each queue said of waits held; a queue without finished waits has nothing to show. */
async function showWaits() {
  const queues = (await get("/api/admin/waits")).filter((queue) => queue.track_record.percent !== null);
  byId("waits-empty").hidden = queues.length > 0;
  fill(byId("waits"), queues.map((queue) => el("p", {}, el("strong", {}, say(queue.name)), " ", recordLine(queue.track_record))));
}

// --- health ---------------------------------------------------------------------------------------------------------

async function showHealth() {
  fill(byId("health"), await health());
}

onSubmit("confirm-screen", confirmScreen);
byId("confirm-screen").elements.screen_code.addEventListener("input", forgetClaim);
onSubmit("make-code", makeCode);
onSubmit("add-staff", addStaff);
byId("again").addEventListener("click", () => doing("health", showHealth));
byId("confirm-clock").addEventListener("click", () =>
  doing("clock", async () => {
    await command("/api/admin/clock/confirm", head());
    await done(t("admin.clock.confirmed"), showHealth);
  }),
);
attempt(async () => {
  const me = await session();
  staffBar(me, post);
  if (me.role !== "administrator") {
    tell(notice("attention", t("admin.not_yours")));
    return;
  }
  byId("administration").hidden = false;
  await showHealth(); // it tells the hospital's time: what of the lists was today
  await Promise.all([showPlaces(), showDevices(), showDisplays(), showStaff(), showWaits()]);
});
