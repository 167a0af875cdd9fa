// The demo page: shows what the lobby says, sends what is pressed.
const byId = (id) => document.getElementById(id);
let shown = "";

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
  made.addEventListener("click", () => act(action, value));
  return made;
}

function showCards(cards, laid) {
  byId("cards").replaceChildren(...cards.map((card) => {
    const row = document.createElement("li");
    row.className = [card.story && "story", card.id === laid && "laid"].filter(Boolean).join(" ");
    row.append(button(card.name, card.note, "lay_card", card.id));
    return row;
  }));
  byId("take").disabled = !laid;
}

function showFaults(faults) {
  byId("faults").replaceChildren(...faults.map((fault) => {
    const made = button(fault.zh, fault.en, "fault", fault.id);
    made.setAttribute("aria-pressed", String(fault.on));
    return made;
  }));
}

function showAddresses(addresses) {
  byId("addresses").replaceChildren(...addresses.flatMap((one) => {
    const term = element("dt", one.name);
    const value = document.createElement("dd");
    if (one.url) value.append(element("a", one.url, { href: one.url, target: "_blank", rel: "noopener" }));
    if (one.secret) value.append(element("code", one.secret));
    return [term, value];
  }));
}

function showPapers(papers) {
  const wanted = papers.join();
  if (wanted === shown) return;
  shown = wanted;
  byId("papers").replaceChildren(...(papers.length
    ? papers.map((name) => element("img", "", { src: `/paper/${name}`, alt: "Printed ticket" }))
    : [element("p", "还没有小票 · No ticket yet", { class: "empty" })]));
}

function say(id, text, bad) {
  byId(id).textContent = text;
  byId(id).className = bad ? "state bad" : "state";
}

function show(state) {
  byId("clock").textContent = state.clock;
  showCards(state.cards, state.laid);
  showFaults(state.faults);
  showAddresses(state.addresses);
  showPapers(state.papers);
  say("reader", state.reader.text, state.reader.bad);
  say("printer", state.printer.text, state.printer.bad);
  say("count", state.power.text, state.power.bad);
  if (state.trouble) byId("message").textContent = state.trouble;
  byId("power").disabled = state.power.busy;
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
byId("power").addEventListener("click", () => act("power"));

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
