// The demo page: shows what the lobby says, sends what is pressed.
import { figure } from "./boards.js";

const byId = (id) => document.getElementById(id);
const shown = new Map();

/** Draw a part anew only when what it shows has changed: a button that is held or a word that is marked stays. */
function part(id, state, nodes) {
  const now = JSON.stringify(state);
  if (shown.get(id) === now) return;
  shown.set(id, now);
  byId(id).replaceChildren(...nodes());
}

async function act(action, value = "") {
  const answer = await fetch("/do", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ action, value }),
  });
  const said = await answer.json();
  byId("message").textContent = said.error || said.detail || "";
}

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function button(text, small, action, value) {
  const made = element("button", text);
  if (small) made.append(" ", element("small", small));
  if (action) made.addEventListener("click", () => act(action, value));
  return made;
}

let chosen = "identity";

function showMeans(means) {
  part("means", [means, chosen], () => means.map((one) => {
    const made = element("button", one.zh, { type: "button", role: "radio", "aria-checked": String(one.id === chosen) });
    made.append(" ", element("small", one.en));
    made.disabled = Boolean(one.missing);
    made.title = one.missing;
    made.addEventListener("click", () => { chosen = one.id; showMeans(means); });
    return made;
  }));
}

function showCards(cards, laid) {
  part("cards", [cards, laid], () => cards.map((card) => {
    const row = document.createElement("li");
    row.className = [card.story && "story", laid.includes(card.id) && "laid"].filter(Boolean).join(" ");
    const made = button(card.name, card.note[0]);
    made.querySelector("small").append(element("span", card.note[1]));
    made.addEventListener("click", () => act("show_card", `${chosen}:${card.id}`));
    row.append(made);
    return row;
  }));
  byId("take").disabled = !laid.length;
}

/** A device's row. It is made once, so that it stays open, and a switch that is focused stays so. */
function deviceRow(device) {
  const row = element("details", "", { name: "device", id: `device-${device.id}` });
  const head = document.createElement("summary");
  for (const name of ["lamp", "name", "how", "told", "more"]) head.append(element("span", "", { class: name }));
  head.querySelector(".name").append(device.zh, element("small", device.en));
  const switches = element("div", "", { class: "switches" });
  switches.append(...device.faults.map((fault) => button(fault.zh, fault.en, "fault", `${device.id}:${fault.id}`)));
  row.append(head, element("p", "", { class: "why" }), switches);
  return row;
}

function showDevice(device) {
  const row = byId(`device-${device.id}`);
  const on = device.faults.filter((fault) => fault.on);
  const gone = on.some((fault) => fault.id === "gone");
  row.className = [device.bad && "bad", device.missing && "missing"].filter(Boolean).join(" ");
  const [zh, en] = on.length && !gone ? [on.map((fault) => fault.zh).join("，"), on.map((fault) => fault.en).join(", ")] : device.text;
  row.querySelector(".how").replaceChildren(zh, element("small", en));
  row.querySelector(".told").replaceChildren(...(device.told ? ["已报", element("small", "told")] : []));
  row.querySelector(".why").replaceChildren(device.text.join(" · "), ...(device.told
    ? [element("span", `已报给工作人员 Staff are told: ${device.told.join(" · ")}`)]
    : []));
  row.querySelectorAll(".switches button").forEach((made, at) => {
    made.setAttribute("aria-pressed", String(device.faults[at].on));
  });
}

function showDevices(devices) {
  part("devices", devices.map((device) => device.id), () => devices.map(deviceRow));
  devices.filter((device) => {
    const now = JSON.stringify(device);
    const same = shown.get(`device-${device.id}`) === now;
    shown.set(`device-${device.id}`, now);
    return !same;
  }).forEach(showDevice);
}

function showBoards(boards) {
  part("boards", boards, () => boards.map(figure));
}

function showAddresses(addresses) {
  const pages = addresses.filter((one) => one.url);
  const secrets = addresses.filter((one) => one.secret);
  part("addresses", pages, () => pages.map((one) => element("a", one.name, { href: one.url, target: "_blank", rel: "noopener" })));
  part("log-ins", secrets, () => secrets.flatMap((one) => {
    const value = document.createElement("dd");
    value.append(element("code", one.secret));
    return [element("dt", one.name), value];
  }));
}

/** A printed slip, which can be held to the scanner. */
function slip(name) {
  const made = document.createElement("figure");
  made.append(element("img", "", { src: `/paper/${name}`, alt: "小票 printed ticket" }), button("扫这张", "Scan this slip", "scan", name));
  return made;
}

function showPapers(papers) {
  part("papers", papers, () => (papers.length
    ? papers.map(slip)
    : [element("p", "还没有小票 · No ticket yet", { class: "empty" })]));
}

function showPower(power) {
  part("count", power, () => [power.zh, element("small", power.en)]);
  byId("count").className = power.bad ? "state bad" : "state";
  byId("power").disabled = power.busy;
}

function show(state) {
  byId("clock").textContent = state.clock;
  showMeans(state.means);
  showCards(state.cards, state.laid);
  showDevices(state.devices);
  showBoards(state.boards);
  showAddresses(state.addresses);
  showPapers(state.papers);
  showPower(state.power);
  byId("trouble").textContent = state.trouble;
}

async function showKiosk() {
  const { token } = await (await fetch("/view-token")).json();
  const { default: RFB } = await import("/novnc/core/rfb.js");
  const place = byId("screen");
  place.replaceChildren();
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const rfb = new RFB(place, `${scheme}://${location.host}/kiosk/${token}`, { shared: true });
  rfb.scaleViewport = true;
  rfb.addEventListener("disconnect", () => setTimeout(showKiosk, 1000));
}

byId("take").addEventListener("click", () => act("take_card"));
byId("power").addEventListener("click", (event) => {
  event.currentTarget.disabled = true;
  act("power");
});

byId("let-in").addEventListener("submit", (event) => {
  event.preventDefault();
  act("let_in", new FormData(event.target).get("code"));
});

const feed = new EventSource("/events");
let kioskShown = false;
feed.addEventListener("state", (event) => {
  const state = JSON.parse(event.data);
  show(state);
  if (!kioskShown && state.kiosk === "virtual") { kioskShown = true; showKiosk(); }
  if (state.kiosk === "window") byId("screen").replaceChildren(element("p", "自助机在它自己的窗口里 · The kiosk is in its own window", { class: "empty" }));
});
feed.addEventListener("error", () => { byId("message").textContent = "演示已经停止 · The demo has stopped"; });
feed.addEventListener("open", () => { byId("message").textContent = ""; });
