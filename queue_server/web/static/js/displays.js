// How the call displays are: what is to stand on each, and whether it does.

import { get } from "./api.js";
import { dated, hhmm, otherDay } from "./clock.js";
import { byId, el, fill } from "./dom.js";
import { known, say, t } from "./words.js";

/** Fill the list; a hospital without call displays sees none of it. */
export async function showDisplays() {
  const displays = await get("/api/admin/displays");
  byId("displays-card").hidden = displays.length === 0;
  fill(byId("displays"), displays.map(row));
}

function row({ name, stations, text, shown, trouble, since, error }) {
  const time = otherDay(since) ? dated(since) : hhmm(since);
  // A driver that is added may know other errors; what staff do about them is the same.
  const cause = known(`displays.why.${error}`) ? error : trouble;
  const state = trouble ? t(`displays.why.${cause}`, { time }) : t(`displays.state.${shown === "shown" || shown === "sent" ? shown : "pending"}`);
  return el(
    "tr",
    {},
    el("td", {}, name),
    el("td", {}, stations.map((one) => say(one.name)).join(t("list.comma"))),
    el("td", { class: "text" }, text || t("displays.empty")),
    el("td", {}, el("p", { class: trouble ? "problem" : "soft" }, state), trouble ? el("p", { class: "caption soft" }, t("displays.calls_go_on")) : null),
  );
}
