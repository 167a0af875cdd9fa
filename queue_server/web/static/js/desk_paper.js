// A ticket on paper at the desk: printed by the browser, on whatever printer the desk has, once a press.

import { hhmm } from "./clock.js";
import { byId, el, fill, notice } from "./dom.js";
import { say, t } from "./words.js";

/** How a code begins where the hospital has no public address: a telephone can do nothing with it. */
const IN_HOUSE = "HZ:";

/** Whether its paper exists, or may: then what is printed now is a copy, and says so. */
export function isCopy({ printed }) {
  return printed === "done" || printed === "unknown";
}

/**
 * Print `ticket`, and ask what became of it: a browser does not say whether paper came out.
 * @param {Object} ticket as the server tells it
 * @param {function(string, Object, function(): void): void} send sends a command of the desk's
 */
export async function printTicket(ticket, send) {
  const code = el("img", { src: `/api/desk/tickets/${encodeURIComponent(ticket.ticket)}/code`, alt: "", class: "code" });
  const scan = t(ticket.qr.startsWith(IN_HOUSE) ? "desk.paper.scan_in_house" : "desk.paper.scan");
  fill(byId("sheet"), lines(ticket), code, el("p", {}, scan));
  try {
    await code.decode();
  } catch {
    fill(byId("notices"), notice("fault", t("desk.paper.no_code")));
    return;
  }
  document.body.classList.add("on-paper");
  window.print();
  document.body.classList.remove("on-paper");
  fill(byId("sheet"));
  ask(ticket, send);
}

function lines(ticket) {
  const place = ticket.room && ticket.status !== "waiting" ? ticket.room : ticket.area;
  const ahead = ticket.ahead === null ? null : t("desk.ahead", { n: ticket.ahead });
  const wait = ticket.wait ? t("desk.wait", { low: ticket.wait.low_min, high: ticket.wait.high_min }) : null;
  const slot = ticket.slot_start ? t("desk.slot", { from: hhmm(ticket.slot_start), to: hhmm(ticket.slot_end) }) : null;
  const line = (text, name = null) => text && el("p", { class: name }, text);
  return [
    isCopy(ticket) && line(t("desk.paper.copy"), "copy"),
    line(say(ticket.hospital)),
    line(ticket.number, "number"),
    line([say(ticket.clinic), say(ticket.doctor)].filter(Boolean).join(" ")),
    line(t("desk.where", { area: say(place) }), "where"),
    line(ahead),
    line(wait),
    line(say(ticket.reason)),
    line(slot),
    line([ticket.masked_name, t("desk.paper.issued", { time: hhmm(ticket.issued_at) })].filter(Boolean).join(" · ")),
  ];
}

function ask(ticket, send) {
  const { number, ticket: id } = ticket;
  const told = (outcome) => () =>
    send("/api/desk/print", { ticket: id, outcome, reprint: isCopy(ticket) }, () =>
      fill(byId("notices"), notice(outcome === "done" ? "done" : "attention", t(`desk.paper.${outcome}`, { number }))),
    );
  const button = (outcome) => el("button", { type: "button", on: { click: told(outcome) } }, t(`desk.paper.said_${outcome}`));
  fill(byId("notices"), notice("attention", t("desk.paper.ask", { number }), button("done"), button("not_done")));
}
