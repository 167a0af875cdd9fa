// Choosing the station to call from. A computer that is enrolled for one goes there without a choice.

import { get, NoAnswer, post, Refused, session } from "./api.js";
import { byId, el, fill, notice } from "./dom.js";
import { staffBar } from "./staff.js";
import { say, t } from "./words.js";

async function start() {
  staffBar(await session(), post);
  const { stations, bound } = await get("/api/station/choices");
  if (bound) {
    location.replace(`/station/${encodeURIComponent(bound)}`);
    return;
  }
  const form = byId("bind");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    bind(new FormData(form)).catch(tell);
  });
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
  const none = all.length ? t("station.choose.no_match", { wanted }) : t("station.choose.empty");
  fill(byId("stations"), stations.length ? stations.map(link) : el("p", { class: "empty" }, none));
}

/** Exchange an administrator's code; the credential stays in a cookie that no script can read. */
async function bind(data) {
  const { kind } = await post("/api/devices/enrol", { code: data.get("code"), name: data.get("name") });
  if (kind === "station") location.reload();
  else fill(byId("notices"), notice("fault", t("station.bind.other")));
}

function tell(error) {
  if (!(error instanceof Refused) && !(error instanceof NoAnswer)) throw error;
  const sentence = error instanceof Refused ? say(error.problem.message) : t("page.no_answer");
  fill(byId("notices"), notice("fault", sentence));
}

start().catch(tell);
