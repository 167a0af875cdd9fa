// Before a console is open: with which doctor to begin, or that there is no such station.

import { el } from "./dom.js";
import { say, t } from "./words.js";

/**
 * The form that opens a station.
 * @param {Object} view the station
 * @param {Object} choices `doctors`, and by station the doctor whose session is in its room
 * @param {function(string|null, HTMLElement): void} open is given the doctor and the button that was pressed
 */
export function openingForm(view, choices, open) {
  const due = (choices.doctor_due || {})[view.station] || "";
  const begin = (event) => {
    event.preventDefault();
    open(form.elements.doctor.value || null, form.querySelector("button"));
  };
  const form = el(
    "form",
    { class: "card stack", on: { submit: begin } },
    el("h2", {}, t("station.open.title", { name: say(view.name) })),
    el("p", { class: "soft" }, t("station.open.lead", { room: say(view.room) })),
    el(
      "label",
      {},
      t("station.open.doctor"),
      el("select", { name: "doctor" }, el("option", { value: "" }, t("station.open.no_doctor")), byClinic(view, choices.doctors, due)),
    ),
    due ? el("p", { class: "soft caption" }, t("station.open.due")) : null,
    el("button", { class: "primary", type: "submit" }, t("station.open.do")),
  );
  return form;
}

/** Doctors under their clinics, the clinics of this station first. */
function byClinic(view, doctors, due) {
  const here = new Set(view.queues.map((queue) => queue.zh));
  const clinics = new Map();
  for (const doctor of doctors) {
    const clinic = say(doctor.note);
    if (!clinics.has(clinic)) clinics.set(clinic, { isHere: doctor.note !== null && here.has(doctor.note.zh), doctors: [] });
    clinics.get(clinic).doctors.push(doctor);
  }
  const option = (doctor) => el("option", { value: doctor.id, selected: doctor.id === due }, say(doctor.name));
  return [...clinics.entries()]
    .sort(([, one], [, other]) => other.isHere - one.isHere)
    .map(([clinic, group]) => el("optgroup", { label: clinic }, group.doctors.map(option)));
}

/** What an address of no station shows. */
export function unknownStation(station) {
  return el(
    "section",
    { class: "card stack" },
    el("h2", {}, t("station.unknown", { station })),
    el("p", { class: "soft" }, t("station.unknown.lead")),
    el("a", { class: "button primary", href: "/station" }, t("station.unknown.choose")),
  );
}
