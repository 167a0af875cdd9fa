// Choosing the station to call from.

import { get, post, Refused, session } from "./api.js";
import { byId, el, fill, notice } from "./dom.js";
import { staffBar } from "./staff.js";
import { say, t } from "./words.js";

async function start() {
  staffBar(await session(), post);
  const { stations } = await get("/api/station/choices");
  const filter = byId("filter");
  const show = () => showStations(stations, filter.value.trim().toLowerCase());
  filter.addEventListener("input", show);
  show();
}

function showStations(all, wanted) {
  const words = (choice) => [choice.name, choice.note].map((text) => (text ? `${text.zh} ${text.en}` : "")).join(" ");
  const stations = all.filter((choice) => words(choice).toLowerCase().includes(wanted));
  const link = (choice) =>
    el(
      "a",
      { class: "button", href: `/station/${encodeURIComponent(choice.id)}` },
      el("strong", {}, say(choice.name)),
      el("span", { class: "soft caption" }, say(choice.note) === say(choice.name) ? "" : say(choice.note)),
    );
  fill(byId("stations"), stations.length ? stations.map(link) : el("p", { class: "empty" }, t("station.choose.empty")));
}

start().catch((error) => {
  const sentence = error instanceof Refused ? say(error.problem.message) : t("page.no_answer");
  fill(byId("notices"), notice("fault", sentence));
});
